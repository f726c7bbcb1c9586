"""Exports of a run: its log, and nodes, events, candidates, graph and picture of one moment. Each file is named by its moment."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.explore.export_picture import pictures
from pages.shared.downloads import Download, downloads
from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.plot import PRIVATE
from pages.shared.run_figure import run_figure
from pages.shared.services import Reading
from rlm_core import catalogue
from rlm_core.core.events import AnyEvent, Record, RunFinished, RunStarted
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures.palette import Theme
from rlm_core.narrate.sentences import headline, sentence
from rlm_core.runs import frames, logfile
from rlm_core.runs.formats import formats
from rlm_core.runs.formats.base import Format
from rlm_core.runs.formats.graph import to_networkx
from rlm_core.runs.log_reader import file_ending, write_run
from rlm_core.runs.store import RunRow
from rlm_core.runs.summary import summarise

PICTURE_HEIGHT = "76vh"
WORDED = ("text", "note", "problem", "config", "call", "result", "detail")
"""Fields of events that the sentence or the log holds and a table of numbers does not."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment of an export.

    run: id of the run.
    event: number of the latest event at that moment.
    last: number of the last event of the run so far.
    over: has the run ended?
    """

    run: str
    event: int
    last: int
    over: bool

    @property
    def end(self) -> bool:
        """Is it the last event of a run that has ended?"""
        return self.over and self.event == self.last

    @property
    def file(self) -> str:
        """The beginning of a file's name: "1c2f-at-event-12", "1c2f-at-event-234-the-end"."""
        return f"{self.run}-at-event-{self.event}{'-the-end' if self.end else ''}"

    @property
    def words(self) -> str:
        """ "event 12 of 234", "event 234 of 234, the end of the run", "event 40 of 40 so far"."""
        after = ", the end of the run" if self.end else "" if self.over else " so far"
        return f"event {self.event:,} of {self.last:,}{after}"


def moment_of(run: str, records: list[Record], tree: SearchTree) -> Moment:
    """The moment of `tree`, the replay of the first records of a run."""
    return Moment(run, tree.seq, len(records), over=isinstance(records[-1].event, RunFinished))


def export(row: RunRow, read: Reading, tree: SearchTree) -> None:
    """Draw the buttons, and the figures of the moment."""
    run, records = row.id, read.records
    st.caption("The log is the whole run; import it on the Saved runs page, or read it with `python -m rlm_core replay`.")
    moment = moment_of(run, records, tree)
    look = {"theme": theme(), "selected": None, "width": 960, "height": 560}
    kind = catalogue.structure(row.config.search).pictures[0]
    downloads(_offered(records, tree, moment, lambda: run_figure(kind, tree, read.tree, (), look)), key="exports")
    st.caption(f"Nodes, events, candidates, graph and picture are those of {moment.words}, and say so in their names.")
    pictures(records, tree, moment.file)
    with st.expander("For other programs", icon=":material/output:"):
        writable = [f for f in formats().values() if f.write]
        downloads(tuple(_for_others(f, records, moment) for f in writable), key="others")
        st.caption("\n".join(f"- {markdown_text(f.description.sentence)}" for f in writable))
    with st.expander("Figures of this moment", icon=":material/data_object:"):
        st.json(summarise(tree).as_dict())


def _offered(records: list[Record], tree: SearchTree, moment: Moment, figure: Callable[[], go.Figure]) -> tuple[Download, ...]:
    look = theme()
    final = Moment(moment.run, moment.last, moment.last, moment.over)
    return (
        Download("Event log (JSONL)", "data_object", f"{final.file}.jsonl", "application/jsonl", lambda: logfile.write(records).decode()),
        Download("Nodes (CSV)", "table", f"{moment.file}-nodes.csv", "text/csv", lambda: nodes_csv(tree, moment)),
        Download("Events (CSV)", "list", f"{moment.file}-events.csv", "text/csv", lambda: events_csv(records[: moment.event])),
        Download("Candidates (CSV)", "grid_view", f"{moment.file}-candidates.csv", "text/csv", lambda: candidates_csv(tree)),
        Download("Graph (JSON)", "hub", f"{moment.file}-graph.json", "application/json", lambda: graph_json(tree, moment)),
        Download("Picture (HTML)", "image", f"{moment.file}.html", "text/html", lambda: picture_html(records, moment, figure(), look)),
    )


def _for_others(chosen: Format, records: list[Record], moment: Moment) -> Download:
    """The whole run in another program's format."""
    name, ending = chosen.description.name, file_ending(chosen)
    file = f"{Moment(moment.run, moment.last, moment.last, moment.over).file}-{name}.{ending}"
    return Download(chosen.description.title, "output", file, "application/json", lambda: write_run(records, name).decode())


def nodes_frame(tree: SearchTree) -> pd.DataFrame:
    """One row per node: its text and its statistics at this moment."""
    rows = [
        {
            "node": n.id,
            "parent": n.parent,
            "depth": n.depth,
            "step": n.text,
            "state": n.state,
            "visits N": n.visits,
            "value Q": n.q,
            "prior P": n.prior,
            "score": n.score,
            "mean log p": n.logprob,
            "answer": n.answer,
        }
        for n in tree.nodes.values()
    ]
    return pd.DataFrame(rows).astype({"parent": "Int64"}) if rows else pd.DataFrame()


def nodes_csv(tree: SearchTree, moment: Moment) -> str:
    """The nodes, with the moment in every row: the run, the number of the latest event, and whether that is the end of the run."""
    frame = nodes_frame(tree)
    for column, value in (("the end", moment.end), ("at event", moment.event), ("run", moment.run)):
        frame.insert(0, column, value)
    return frame.to_csv(index=False)


def events_csv(records: list[Record]) -> str:
    """One row per event, in a sentence, and its numbers: columns that an event does not have are empty."""
    frame = frames.events(records)
    frame["nodes"] = [" ".join(map(str, nodes)) for nodes in frame["nodes"]]
    numbers = pd.DataFrame([_numbers(r.event) for r in records], index=frame.index)
    return frame.join(numbers.convert_dtypes()).to_csv()


def _numbers(event: AnyEvent) -> dict[str, Any]:
    """Those fields of an event that are a number, a word or a verdict by themselves."""
    plain = ((name, getattr(event, name)) for name in event.__struct_fields__ if name not in WORDED)
    return {name: value for name, value in plain if isinstance(value, (int, float, str)) and value != ""}


def candidates_csv(tree: SearchTree) -> str:
    """One row per finished solution, with the weight of its answer in the vote."""
    frame = frames.candidates(tree)
    votes = tree.answered.votes if tree.answered else ()
    weights = {n: v.weight for v in votes for n in v.nodes}
    if not len(frame):
        return "node\n"
    frame["weight of its answer"] = [weights.get(int(n)) for n in frame.index]
    return frame.to_csv()


def graph_json(tree: SearchTree, moment: Moment) -> str:
    """networkx's node-link data, with the moment in its graph attributes."""
    graph = to_networkx(tree)
    graph.graph |= {"run": moment.run, "event": moment.event, "events": moment.last, "the_end": moment.end}
    return json.dumps(nx.node_link_data(graph))


def picture_html(records: list[Record], moment: Moment, figure: go.Figure, look: Theme) -> str:
    """The picture as an HTML page that loads nothing, with the problem, the settings and the moment."""
    before = replay(records[: moment.event - 1])
    record = records[moment.event - 1]
    started = records[0].event
    assert isinstance(started, RunStarted), "the first event of a log is run_started"
    search, seed = started.config.get("search", ""), started.config.get("seed", "")
    facts = [catalogue.title("search", str(search)), catalogue.title("model", str(started.config.get("model", ""))), f"seed {seed}"]
    shown = go.Figure(figure).update_layout(height=None, width=None, autosize=True)
    drawn = shown.to_html(full_html=False, include_plotlyjs=True, config=PRIVATE, default_height=PICTURE_HEIGHT)
    return _PAGE.format(
        title=html.escape(f"Run {moment.run}, {moment.words}"),
        question=html.escape(started.problem.question),
        facts=html.escape(" · ".join(f for f in facts if f)),
        said=html.escape(f"{headline(record.event)}: {sentence(record, before)}"),
        moment=html.escape(f"Run {moment.run}, {moment.words}, {record.time:.2f} s after the start."),
        paper=look.surface,
        ink=look.ink,
        drawn=drawn,
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ margin: 1.2rem 2rem; font: 16px/1.45 system-ui, sans-serif; background: {paper}; color: {ink}; }}
h1 {{ font-size: 1.3rem; margin: 0 0 .2rem; }} p {{ margin: .2rem 0; }} small {{ opacity: .75; }}</style></head>
<body><h1>{question}</h1><p>{facts}</p><p>{said}</p><p><small>{moment}</small></p>{drawn}</body></html>
"""
