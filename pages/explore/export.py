"""Exports of a run: its log, and nodes, events, candidates, graph and picture of one moment. Each file is named by its moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import networkx as nx
import pandas as pd
import streamlit as st

from pages.explore.export_picture import pictures
from pages.shared.downloads import Download, downloads
from pages.shared.escape import markdown_text
from pages.shared.language import deferred, language, tr
from pages.shared.services import Reading
from rlm_core.core.events import AnyEvent, Record, RunFinished
from rlm_core.core.tree import SearchTree
from rlm_core.figures.replay_page import replay_html
from rlm_core.runs import frames, logfile
from rlm_core.runs.formats import formats
from rlm_core.runs.formats.base import Format
from rlm_core.runs.formats.graph import to_networkx
from rlm_core.runs.log_reader import file_ending, write_run
from rlm_core.runs.store import RunRow
from rlm_core.runs.summary import summarise

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
        after = tr(", the end of the run") if self.end else "" if self.over else tr(" so far")
        return tr("event {event:,} of {last:,}{after}", event=self.event, last=self.last, after=after)


def moment_of(run: str, records: list[Record], tree: SearchTree) -> Moment:
    """The moment of `tree`, the replay of the first records of a run."""
    return Moment(run, tree.seq, len(records), over=isinstance(records[-1].event, RunFinished))


def export(row: RunRow, read: Reading, tree: SearchTree) -> None:
    """Draw the buttons, and the figures of the moment."""
    run, records = row.id, read.records
    st.caption(tr("The log is the whole run; import it on the Saved runs page, or read it with `python -m rlm_core replay`."))
    moment = moment_of(run, records, tree)
    downloads(_offered(records, tree, moment), key="exports")
    st.caption(
        tr(
            "Nodes, events, candidates and graph are those of {words}, and say so in their names. The replay is one "
            "page with the tree, the timeline, the sentences and the inspector of the whole run; it opens in any "
            "browser, without this app and without a network.",
            words=moment.words,
        )
    )
    pictures(records, tree, moment.file)
    with st.expander(tr("For other programs"), icon=":material/output:"):
        writable = [f for f in formats().values() if f.write]
        downloads(tuple(_for_others(f, records, moment) for f in writable), key="others")
        st.caption("\n".join(f"- {markdown_text(tr(f.description.sentence))}" for f in writable))
    with st.expander(tr("Figures of this moment"), icon=":material/data_object:"):
        st.json(summarise(tree).as_dict())


def _offered(records: list[Record], tree: SearchTree, moment: Moment) -> tuple[Download, ...]:
    final = Moment(moment.run, moment.last, moment.last, moment.over)
    return (
        Download(
            tr("Event log (JSONL)"), "data_object", f"{final.file}.jsonl", "application/jsonl", lambda: logfile.write(records).decode()
        ),
        Download(tr("Nodes (CSV)"), "table", f"{moment.file}-nodes.csv", "text/csv", lambda: nodes_csv(tree, moment)),
        Download(tr("Events (CSV)"), "list", f"{moment.file}-events.csv", "text/csv", lambda: events_csv(records[: moment.event])),
        Download(tr("Candidates (CSV)"), "grid_view", f"{moment.file}-candidates.csv", "text/csv", lambda: candidates_csv(tree)),
        Download(tr("Graph (JSON)"), "hub", f"{moment.file}-graph.json", "application/json", lambda: graph_json(tree, moment)),
        Download(
            tr("Replay (HTML)"), "movie", f"{moment.run}-replay.html", "text/html", lambda: replay_html(moment.run, records, language())
        ),
    )


def _for_others(chosen: Format, records: list[Record], moment: Moment) -> Download:
    """The whole run in another program's format."""
    name, ending = chosen.description.name, file_ending(chosen)
    file = f"{Moment(moment.run, moment.last, moment.last, moment.over).file}-{name}.{ending}"
    return Download(tr(chosen.description.title), "output", file, "application/json", lambda: write_run(records, name).decode())


def nodes_frame(tree: SearchTree) -> pd.DataFrame:
    """One row per node: its text and its statistics at this moment. Its heads are English, as in a file."""
    rows = [
        {
            deferred("node"): n.id,
            deferred("parent"): n.parent,
            deferred("depth"): n.depth,
            deferred("step"): n.text,
            deferred("state"): n.state,
            deferred("visits N"): n.visits,
            deferred("value Q"): n.q,
            deferred("prior P"): n.prior,
            deferred("score"): n.score,
            deferred("mean log p"): n.logprob,
            deferred("answer"): n.answer,
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
