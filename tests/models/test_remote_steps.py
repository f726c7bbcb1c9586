"""Texts of a server as steps: nothing of the text is lost or said twice, and each token counts once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.events import Token
from rlm_core.core.special_tokens import BACKTRACK
from rlm_core.models.remote.replies import Written, covering
from rlm_core.models.remote.steps import Reading, Sampled

LINES = st.lists(st.sampled_from(["3+4=7", "\n", "**Answer:**", "Answer: 7", " ", "so", BACKTRACK, "é", ".\n\n", "<answer>"]), max_size=12)


def sampled(words: list[str]) -> Sampled:
    text = "".join(words)
    return Sampled(text, tuple(Token(i, w, -0.5) for i, w in enumerate(words)), ended=True, generated=len(words))


@given(LINES)
def test_the_steps_of_a_text_are_the_text(words):
    whole = sampled(words)
    steps = Reading(allow=(BACKTRACK,)).steps(whole)
    written = "".join("".join(t.text for t in s.tokens) for s in steps)
    assert sum(len(s.tokens) for s in steps) == len(words)
    assert whole.text.startswith(written)
    assert whole.text[len(written) :] in ("", *(words[-1][k:] for k in range(len(words[-1] if words else ""))))


@given(LINES, st.integers(0, 60))
def test_where_a_step_ends_does_not_depend_on_what_comes_after_it(words, more):
    text = "".join(words)
    lines = Reading(allow=(BACKTRACK,))
    end = lines.step_end(text)
    if end is not None:
        assert lines.step_end(text[:end]) == end
        assert lines.step_end(text[: end + more]) == end


@given(LINES)
def test_a_solution_ends_at_the_end_of_one_of_its_steps(words):
    text = "".join(words)
    end = Reading().solution_end(text)
    if end is not None:
        assert Reading().steps(Sampled(text[:end]))[-1].finished
        assert not any(s.finished for s in Reading().steps(Sampled(text[:end]))[:-1])


@given(st.text("ab \n", max_size=8), st.lists(st.text("ab \n", max_size=3), max_size=6))
def test_tokens_cover_the_text_whatever_a_server_tells(text, told):
    tokens, _ = covering(text, [Written(0, t, -0.1) for t in told])
    assert "".join(t.text for t in tokens) == (text if tokens else "")


def test_what_behind_a_text_was_cut_away_is_told():
    assert covering("4", [Written(0, "4", -0.1), Written(0, "\n", -0.2)])[1] == "\n"
    assert covering("4", [Written(0, "4", -0.1), Written(0, "", -0.2)])[1] == ""
    assert covering("4", [Written(0, "4", -0.1)])[1] is None
