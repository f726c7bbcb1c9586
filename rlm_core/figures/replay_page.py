"""A whole run as one HTML page that needs neither this program nor a network: tree, timeline, sentences and inspector."""

from __future__ import annotations

import html
from collections.abc import Sequence

from rlm_core import catalogue
from rlm_core.core import events as ev
from rlm_core.core.tree import replay
from rlm_core.core.wording import readable
from rlm_core.figures import browser
from rlm_core.figures.tree.history import encoded, history, look
from rlm_core.runs.outcome import VERDICTS, right_answer, two_choices
from rlm_core.search.breakpoints import stops


def replay_html(run: str, records: Sequence[ev.Record]) -> str:
    """The page, or LogError if the records cannot be replayed.

    run: its id, for the title.
    records: all events of the run so far; at least the first.
    """
    tree = replay(records)
    assert tree.started is not None, "the first event of a log is run_started"
    config = tree.started.config
    facts = [catalogue.title("search", str(config.get("search", ""))), catalogue.title("model", str(config.get("model", "")))]
    facts += [f"seed {config['seed']}"] if "seed" in config else []
    facts += ["the search sees the reference answer (oracle)"] if tree.oracle else []
    facts += [two_choices(tree)]
    data = {"history": history(run, records, tree, narrated=True), "look": look(), "stops": stops(records)}
    return browser.source("replay.html").format(
        title=html.escape(f"{tree.problem.question} – RLM Explorer, run {run}"),
        question=html.escape(tree.problem.question),
        answer=html.escape(_answer(tree.answered, right_answer(tree.problem))),
        facts=html.escape(" · ".join(f for f in facts if f)),
        sheet=browser.source("tree.css", "player.css", "replay.css"),
        script=browser.source(*browser.TREE, *browser.PLAYER, "replay.js"),
        data=encoded(data).decode().replace("<", "\\u003c"),  # so that no text ends the element it stands in
    )


def _answer(answered: ev.Answered | None, right: str) -> str:
    if answered is None or answered.answer is None:
        return "No answer" + (f"; right: {right}" if right else "")
    verdict = VERDICTS[answered.correct]
    return f"Answer {readable(answered.answer)}, {verdict}" + (f"; right: {right}" if right and answered.correct is not True else "")
