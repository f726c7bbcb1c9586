"""A whole run as one HTML page that needs neither this program nor a network: tree, timeline, sentences and inspector."""

from __future__ import annotations

import html
from collections.abc import Sequence

from rlm_core import catalogue
from rlm_core.core import events as ev
from rlm_core.core.languages import ENGLISH, lookup
from rlm_core.core.phrases import say, told
from rlm_core.core.tree import replay
from rlm_core.core.wording import readable
from rlm_core.figures import browser
from rlm_core.figures.tree.history import encoded, history, look
from rlm_core.runs.outcome import VERDICTS, right_answer, two_choices
from rlm_core.search.breakpoints import stops


def replay_html(run: str, records: Sequence[ev.Record], language: str = ENGLISH) -> str:
    """The page; LogError if the records cannot be replayed, ConfigError for a language that there is not.

    run: its id, for the title.
    records: all events of the run so far; at least the first.
    language: code of the language of all that the page says.
    """
    return told(lookup(language), _page, run, records, language)


def _page(run: str, records: Sequence[ev.Record], language: str) -> str:
    tree = replay(records)
    assert tree.started is not None, "the first event of a log is run_started"
    config = tree.started.config
    facts = [say(catalogue.title(kind, str(config.get(kind, "")))) for kind in ("search", "model")]
    facts += [say("seed {seed}", seed=config["seed"])] if "seed" in config else []
    facts += [say("the search sees the reference answer (oracle)")] if tree.oracle else []
    facts += [two_choices(tree)]
    stopped = stops(records)
    words = {text: say(text) for text in (*browser.PLAYER_WORDS, *browser.REPLAY_WORDS, "event", *stopped)}
    data = {"history": history(run, records, tree, narrated=True), "look": look(), "stops": stopped, "words": words}
    return browser.source("replay.html").format(
        language=language,
        title=html.escape(f"{tree.problem.question} – {say('RLM Explorer, run {run}', run=run)}"),
        question=html.escape(tree.problem.question),
        answer=html.escape(_answer(tree.answered, right_answer(tree.problem))),
        facts=html.escape(" · ".join(f for f in facts if f)),
        sheet=browser.source("tree.css", "player.css", "replay.css"),
        script=browser.source(*browser.TREE, *browser.PLAYER, "replay.js"),
        data=encoded(data).decode().replace("<", "\\u003c"),  # so that no text ends the element it stands in
    )


def _answer(answered: ev.Answered | None, right: str) -> str:
    if answered is None or answered.answer is None:
        said = say("No answer")
    else:
        said = say("Answer {answer}, {verdict}", answer=readable(answered.answer), verdict=say(VERDICTS[answered.correct]))
        right = "" if answered.correct else right
    return said + (say("; right: {right}", right=right) if right else "")
