"""Formats and the markers of long chains: what the prompt permits, where a marker ends a step, and what can be put there by force."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

import pytest

from rlm_core.core.errors import ModelError
from rlm_core.core.special_tokens import ALLOWING, BACKTRACK, END_THINK, ERROR, RESULT, REVISE, STEP, TAGS, THINK, TOOL, WAIT
from rlm_core.engine.loading.nano import build_tokenizer
from rlm_core.engine.request import Sample
from rlm_core.models.loading import load
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.prompts.line_text import ANSWER_CUE, REQUESTS
from rlm_core.models.prompts.lines import LineFormat
from rlm_core.models.prompts.nano import NanoFormat
from rlm_core.models.step_parser import StepParser
from rlm_core.problems import make
from rlm_core.training.traces import KINDS, draw_countdown
from tests.speaker import END, TEMPLATED, Letters, speaking

PROBLEM = make("words:seed=1")


@dataclass
class Ending(Letters):
    """A tokenizer whose chat template ends the prompt so, whatever was asked for; `merged`: letters that are one token together."""

    ends: str = ""
    merged: str = ""

    def apply_chat_template(self, messages, tokenize=True, **how):
        text = Letters.apply_chat_template(self, messages, tokenize=False) + self.ends
        return self.encode(text) if tokenize else text

    def encode(self, text, add_special_tokens=True):
        return [ord(c) for c in (text.replace(self.merged, chr(1)) if self.merged else text)]

    def decode(self, ids):
        return "".join(map(chr, ids)).replace(chr(1), self.merged)


def lines(tokenizer, chat=True) -> LineFormat:
    return LineFormat(tokenizer, chat=chat, end_ids=frozenset({END}))


THINKER, TALKER = lines(Letters(TEMPLATED)), lines(Letters("{template}"))


def ids(text: str) -> list[int]:
    return [ord(c) for c in text]


def prompt(fmt: LineFormat, allow=()) -> str:
    return fmt.tokenizer.decode(fmt.prompt(PROBLEM, allow))


def test_a_model_has_delimiters_if_its_template_or_its_vocabulary_does_and_it_is_a_chat_model():
    class Known(Letters):
        def get_vocab(self):
            return {END_THINK: 7}

    assert THINKER.delimited
    assert lines(Known("{template}")).delimited
    assert not TALKER.delimited
    assert not lines(Letters()).delimited
    assert not lines(Letters(TEMPLATED), chat=False).delimited


@pytest.mark.parametrize("ends", ["", f"{THINK}\n", f"\n{THINK}\n\n"])
def test_the_thinking_space_is_left_open_when_thinking_is_allowed(ends):
    text = prompt(lines(Ending(TEMPLATED, ends)), (THINK,)).rpartition("[assistant]")[2]
    assert text.count(THINK) == 1
    assert END_THINK not in text
    assert text.rstrip().endswith(THINK)


@pytest.mark.parametrize("ends", ["", f"{THINK}\n", f"{THINK}\n\n{END_THINK}\n\n"])
@pytest.mark.parametrize("allow", [(), (TOOL,), (BACKTRACK,), (REVISE,)])
def test_the_thinking_space_is_closed_when_it_is_not(ends, allow):
    text = prompt(lines(Ending(TEMPLATED, ends)), allow).rpartition("[assistant]")[2]
    assert (text.count(THINK), text.count(END_THINK)) == (1, 1)
    assert text.endswith(f"{END_THINK}\n\n")


def test_the_template_is_told_whether_to_think():
    class Told(Letters):
        def apply_chat_template(self, messages, enable_thinking=None, **how):
            return f"{Letters.apply_chat_template(self, messages, tokenize=False)}{enable_thinking}"

    fmt = lines(Told(TEMPLATED))
    built = (fmt.prompt(PROBLEM, (THINK,)), fmt.prompt(PROBLEM), fmt.dialogue(PROBLEM, ["a", "b"]))
    ends = ["".join(map(chr, ids)).rpartition("[assistant]")[2] for ids in built]
    assert ends == [f"True{THINK}\n", "False", "False"]  # such a template has its own way of not thinking


def test_a_model_without_delimiters_is_asked_to_think_in_words():
    for fmt in (TALKER, lines(Letters(), chat=False)):
        assert REQUESTS[THINK] in prompt(fmt, (THINK,))
        assert REQUESTS[THINK] not in prompt(fmt)
        assert THINK not in prompt(fmt, (THINK,))
        assert END_THINK not in prompt(fmt, (THINK,))


@pytest.mark.parametrize("fmt", [THINKER, TALKER, lines(Letters(), chat=False)])
def test_a_marker_is_asked_for_only_where_it_is_allowed(fmt):
    for marker in (TOOL, BACKTRACK, REVISE):
        for allow in ((), (THINK,), (marker,), (marker, THINK), ALLOWING):
            assert prompt(fmt, allow).count(REQUESTS[marker]) == (marker in allow)


def test_a_dialogue_ends_in_a_closed_thinking_space():
    text = THINKER.tokenizer.decode(THINKER.dialogue(PROBLEM, ["my solution", "check it"]))
    assert "[assistant]my solution\n[user]check it\n[assistant]" in text
    assert text.endswith(f"{END_THINK}\n\n")


def test_the_delimiter_is_taken_off_whole_and_nothing_else():
    assert THINKER.opened(ids(f"so\n{END_THINK}")) == ids("so\n")
    assert THINKER.opened(ids("so\n")) == ids("so\n")
    assert THINKER.opened(ids(END_THINK)) == []
    assert THINKER.opened([]) == []
    assert THINKER.opened(ids("a </b> c")) == ids("a </b> c")
    for merged in (END_THINK, f"{END_THINK}\n\n"):  # as most models have it: one token
        fmt = lines(Ending(TEMPLATED, merged=merged))
        assert fmt.opened([*ids("so\n"), 1]) == ids("so\n")


def test_the_end_of_thinking_is_a_delimiter_or_the_answer_cue():
    assert THINKER.forced(END_THINK) == ids(f"{END_THINK}\n\n")
    assert TALKER.forced(END_THINK) == ids(ANSWER_CUE)
    assert THINKER.forced(WAIT) == ids("Wait,")
    assert TALKER.forced(WAIT) == ids("Wait,")
    assert THINKER.forced("Hold on.") == ids("Hold on.")


@pytest.mark.parametrize(
    ("text", "allow", "mark"),
    [
        (f"so{END_THINK}", (THINK,), END_THINK),
        (f"lost {BACKTRACK}", (BACKTRACK,), BACKTRACK),
        (f"2+2=5{REVISE}", (REVISE,), REVISE),
        (f"so {TOOL}2*3{RESULT}", (TOOL,), TOOL),
        (f"so {TOOL}2*3{RESULT}", (TOOL, THINK), TOOL),
    ],
)
def test_a_line_is_interrupted_at_a_marker_only_where_it_is_allowed(text, allow, mark):
    assert THINKER.step_ended(ids(text), allow)
    assert THINKER.tag(ids(text), allow) == mark
    assert not any(THINKER.step_ended(ids(text[:i]), allow) for i in range(1, len(text)))
    assert not THINKER.step_ended(ids(text))
    assert THINKER.tag(ids(text)) == ""
    assert not THINKER.finished(ids(text), allow)


def test_a_line_that_begins_with_wait_is_a_second_look():
    assert [TALKER.tag(ids(t)) for t in ("Wait, no\n", "\n**Wait** …\n", "wait\n", "Waiter\n", "No, wait\n")] == [WAIT, WAIT, WAIT, "", ""]


def test_an_answer_within_the_thinking_space_ends_nothing():
    line = ids("Answer: 7\n")
    assert not THINKER.finished(line, (THINK,))
    assert not THINKER.solution_ended(line, (THINK,))
    assert THINKER.finished(line)
    assert TALKER.finished(line, (THINK,))
    assert TALKER.solution_ended(line, (THINK,))
    assert THINKER.solution_ended(ids(f"Answer: 7\n{END_THINK}\nAnswer: 8\n"), (THINK,))


@pytest.mark.parametrize(("marker", "text"), [(BACKTRACK, "Answer: 7 {}"), (REVISE, "Answer: 7{}"), (RESULT, "Answer: <tool>7*2{}")])
def test_what_is_taken_back_is_not_finished_even_if_the_line_ends_in_the_same_token(marker, text):
    """Tokenizers as Qwen's have ">" and the line's end in one token."""
    fmt = lines(Ending("{template}", merged=">\n"))
    allow = (TOOL if marker == RESULT else marker,)
    line = fmt.tokenizer.encode(text.format(f"{marker}\n"))
    assert line[-1] == 1
    assert fmt.step_ended(line, allow)
    assert fmt.tag(line, allow) == allow[0]
    assert not fmt.finished(line, allow)
    assert fmt.finished(ids("Answer: 7\n"), allow)


def test_generating_stops_at_a_call_and_at_a_backtrack_but_goes_on_after_a_correction():
    assert TALKER.solution_ended(ids(f"a\nso {TOOL}2*3{RESULT}"), (TOOL,))
    assert not TALKER.solution_ended(ids(f"{TOOL}2*3{RESULT}"))
    assert TALKER.solution_ended(ids(f"a\n{BACKTRACK}"), (BACKTRACK,))
    assert not TALKER.solution_ended(ids(f"a\n{BACKTRACK}"))
    assert not TALKER.solution_ended(ids(f"a\n{REVISE}"), (REVISE,))


def test_markers_are_no_part_of_a_lines_text():
    for marker in (END_THINK, BACKTRACK, REVISE, RESULT):
        assert TALKER.text(ids(f" 2+2=5 {marker}\n")) == "2+2=5"


# -- the bundled model's notation -------------------------------------------------------------


COUNTDOWN = make("countdown:given=25 2 4,target=46")


@pytest.fixture(scope="module")
def nano() -> NanoFormat:
    return NanoFormat(build_tokenizer())


def read(nano, ids) -> str:
    return nano.tokenizer.decode(ids)


def test_the_prompt_permits_in_the_order_it_was_trained_in(nano):
    rng = random.Random(0)
    drawn = draw_countdown(rng, (1, 1, 1), "train")
    switches = {kind: write(drawn, rng).prompt.removeprefix(drawn.compact) for kind, write in KINDS.items()}
    assert len(set(switches.values())) == len(KINDS)
    asked = {
        "plain": (), "backtracking": (BACKTRACK,), "correcting": (REVISE,), "calling": (TOOL,), "thinking": (THINK,),
        "thinking_with_tool": (THINK, TOOL),
    }  # fmt: skip
    for kind, allow in asked.items():
        for order in (allow, allow[::-1]):
            assert read(nano, nano.prompt(COUNTDOWN, order)) == f"<bos>{COUNTDOWN.compact}{switches[kind]}"


def test_every_forced_marker_is_one_token_and_so_is_a_tools_error(nano):
    for marker in (*TAGS, RESULT, ERROR, STEP):
        assert len(nano.forced(marker)) == 1
        assert read(nano, nano.forced(marker)) == marker
    for result in ("error: division by zero", "0.333333", "-0.5"):
        assert read(nano, nano.forced(result)) == ERROR
        assert len(nano.forced(result)) == 1
    assert read(nano, nano.forced("50")) == "50"
    assert read(nano, nano.forced("-3")) == "-3"
    with pytest.raises(ModelError, match="no sign for part of 'Hold on'"):
        nano.forced("Hold on")


@pytest.mark.parametrize(
    ("ending", "mark"),
    [(STEP, ""), ("<eos>", ""), (BACKTRACK, BACKTRACK), (REVISE, REVISE), (WAIT, WAIT), (END_THINK, END_THINK), (RESULT, TOOL)],
)
def test_a_step_ends_at_every_marker_and_at_no_other_token(nano, ending, mark):
    step = nano.tokenizer.encode(f"25*2=50{ending}", add_special_tokens=False)
    assert [nano.step_ended(step[: i + 1]) for i in range(len(step))] == [False] * (len(step) - 1) + [True]
    assert nano.tag(step) == mark
    assert nano.tag(step[:-1]) == ""
    assert nano.text(step) == "25*2=50"
    assert nano.finished(step) == (ending == "<eos>")
    if ending != STEP:
        assert nano.step_ended(step[-1:])
        assert nano.text(step[-1:]) == ""


def test_what_opens_a_call_or_states_an_answer_ends_no_step(nano):
    for sign in (TOOL, "<answer>", ERROR, THINK):
        assert not nano.step_ended(nano.tokenizer.encode(f"4{sign}", add_special_tokens=False))


def test_generating_stops_at_a_call_and_at_a_backtrack_where_they_are_allowed(nano):
    call, left = (nano.tokenizer.encode(t, add_special_tokens=False) for t in (f"{TOOL}25*2{RESULT}", f"25+2=27{BACKTRACK}"))
    assert nano.solution_ended(call, (TOOL,))
    assert not nano.solution_ended(call, (THINK,))
    assert nano.solution_ended(left, (BACKTRACK,))
    assert not nano.solution_ended(left, (THINK,))


def test_after_a_tools_result_the_model_writes_the_separator_itself(nano):
    step = nano.tokenizer.encode(f"{STEP}{TOOL}50-4{RESULT}", add_special_tokens=False)
    assert not nano.step_ended(step[:1])
    assert nano.step_ended(step)
    assert nano.text(step) == f"{TOOL}50-4"
    assert nano.tag(step) == TOOL
    answer = nano.tokenizer.encode(f"{STEP}50-4=46<answer>46<eos>", add_special_tokens=False)
    assert nano.text(answer) == "50-4=46<answer>46"
    end = nano.tokenizer.encode(f"{STEP}{BACKTRACK}", add_special_tokens=False)
    assert nano.step_ended(end)
    assert nano.text(end) == ""


def test_what_ended_a_step_is_taken_off_but_not_what_a_marker_means(nano):
    encode = lambda text: nano.tokenizer.encode(text, add_special_tokens=False)  # noqa: E731
    for ending in (STEP, END_THINK, "<eos>"):
        assert nano.opened(encode(f"25*2=50{ending}")) == encode("25*2=50")
    for kept in (f"25+2=27{BACKTRACK}", f"25*2=40{REVISE}", WAIT, f"{TOOL}25*2{RESULT}50", "25*2=50"):
        assert nano.opened(encode(kept)) == encode(kept)
    assert nano.opened([]) == []


@pytest.mark.parametrize(("call", "shown", "failed"), [("25*2", "25*2=50", False), ("7/0", "7/0=error: division by zero", True)])
def test_the_text_of_a_step_with_a_tools_result(call, shown, failed):
    policy = load("nano").policy()
    written = policy.format.tokenizer.encode(f"{STEP}{TOOL}{call}{RESULT}", add_special_tokens=False)
    made = StepParser(policy.format, policy.tokenizer, (TOOL,)).step(Sample(tuple(written), (-1.0,) * len(written), truncated=False))
    before = Step("25*2=50")
    step = asyncio.run(policy._with_result(COUNTDOWN, [before], made, Sampling(allow=(TOOL,))))
    assert (step.text, step.tag, step.finished) == (shown, TOOL, False)
    assert step.tool.failed == failed
    assert step.tool.call == call
    assert "".join(t.text for t in step.tokens) == f"{STEP}{TOOL}{call}{RESULT}{ERROR if failed else 50}"


def test_a_result_that_the_notation_cannot_write_is_an_error_to_it():
    policy = load("nano").policy()
    written = policy.format.tokenizer.encode(f"{TOOL}7/2{RESULT}", add_special_tokens=False)
    made = StepParser(policy.format, policy.tokenizer, (TOOL,)).step(Sample(tuple(written), (-1.0,) * len(written), truncated=False))
    step = asyncio.run(policy._with_result(COUNTDOWN, [], made, Sampling(allow=(TOOL,))))
    assert step.tool.failed
    assert step.tool.result == "error: 3.5 is no whole number"
    assert step.tokens[-1].text == ERROR


def written(text: str) -> list[str]:
    """The steps of a solution that a chat model goes on writing until it is stopped."""
    policy = speaking(lambda prompt: text)
    (solution,) = asyncio.run(policy.complete(make("text:question=?,answer=24"), (), [(1,)], Sampling()))
    return [s.text for s in solution]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("#### Step 1: Multiply\n4*6=24\nAnswer: 24\nmore", ["#### Step 1: Multiply", "4*6=24", "Answer: 24"]),
        ("Let me check the answer: 5 is small\nThe answer is 24.\nmore", ["Let me check the answer: 5 is small", "The answer is 24."]),
        ("4*6=24\n**Final Answer:**\n\n24\nmore", ["4*6=24", "**Final Answer:**\n\n24"]),
        ("4*6=24\n<answer>\n24\n</answer>", ["4*6=24", "<answer>\n24"]),
        ("So\n\\boxed{\n24\n}\nmore", ["So", "\\boxed{\n24\n}"]),
    ],
)
def test_a_solution_ends_at_its_answer_and_at_no_heading(text, steps):
    assert written(text) == steps


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("I think the answer is 5, but let me check.", False),
        ("The answer is an integer.", False),
        ("Maybe the answer is 5.", False),
        ("#### Step 2: Add", False),
        ("**Final Answer:**", False),
        ("So the answer is $7$.", True),
        ("7 is the answer.", True),
    ],
)
def test_only_a_stated_answer_ends_a_solution_not_a_hedge_or_a_heading(line, ends):
    fmt, said = lines(Letters()), ids(f"{line}\n")
    assert fmt.solution_ended(said) is ends
    assert fmt.finished(said) is ends
