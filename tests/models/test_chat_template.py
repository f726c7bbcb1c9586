"""Every kind of chat template gets all of the messages, arranged so that it takes them, or is refused in one sentence."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from rlm_core.core.errors import ModelError
from rlm_core.core.special_tokens import END_THINK, THINK
from rlm_core.models.prompts.chat_template import ChatTemplate
from rlm_core.models.prompts.line_text import REVIEW, REVISION
from rlm_core.models.prompts.lines import LineFormat
from rlm_core.problems import make, task

PROBLEM = make("words:seed=1")
EXAMPLES = task("words").examples
TURN = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}"
ENDING = "{% if add_generation_prompt %}<assistant>{% endif %}"
ALTERNATING = "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}"
TEMPLATES = {
    "takes all": TURN + ENDING,
    "no system role": "{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system role') }}{% endif %}" + TURN + ENDING,
    "alternating": ALTERNATING + "{% endif %}{% endfor %}" + TURN,
    "drops the system": "{% for m in messages %}{% if m['role'] != 'system' %}<{{ m['role'] }}>{{ m['content'] }}{% endif %}{% endfor %}",
    "system before the last turn": "{% for m in messages if m['role'] != 'system' %}<{{ m['role'] }}>"
    "{% if loop.last and messages[0]['role'] == 'system' %}{{ messages[0]['content'] }} {% endif %}{{ m['content'] }}{% endfor %}",
    "trims": "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] | trim }}{% endfor %}",
    "parts": "{% for m in messages %}<{{ m['role'] }}>{% for p in m['content'] %}{% if p['type'] == 'text' %}{{ p['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}",
    "parts, no system role": "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('No') }}{% endif %}<{{ m['role'] }}>"
    "{{ m['content'][0]['text'] }}{% endfor %}",
    "a system and one question": "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ raise_exception('one question') }}{% endif %}"
    "{% endfor %}" + TURN,
    "the last turn only": "<user>{{ messages[-1]['content'] }}",
}


def tokenizer(template) -> PreTrainedTokenizerFast:
    """One token a byte."""
    letters = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    letters.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=letters, bos_token="[", eos_token="]")
    made.chat_template = template
    return made


def chat(template) -> LineFormat:
    return LineFormat(tokenizer(template), chat=True, end_ids=frozenset())


def read(fmt: LineFormat, ids: list[int]) -> str:
    text = fmt.tokenizer.decode(ids)
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_template_is_given_the_instruction_the_examples_and_the_question(kind):
    fmt = chat(TEMPLATES[kind])
    text = read(fmt, fmt.prompt(PROBLEM))
    wanted = [task("words").instruction, PROBLEM.question, *(e.question for e in EXAMPLES), *(s for e in EXAMPLES for s in e.steps)]
    assert all(text.count(part) == 1 for part in wanted), text


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_template_is_given_a_dialogue_and_a_request(kind):
    fmt = chat(TEMPLATES[kind])
    text = read(fmt, fmt.dialogue(PROBLEM, ["my solution", REVIEW, "Wrong step: 1", REVISION]))
    parts = [PROBLEM.question, "my solution", REVIEW, "Wrong step: 1", REVISION]
    assert [text.find(p) for p in parts] == sorted(text.find(p) for p in parts)
    assert parts[0] in text
    assert "Is 2+2=4?" in read(fmt, fmt.request("Is 2+2=4?"))


def test_a_template_that_takes_the_messages_gets_them_unchanged():
    fmt = chat(TEMPLATES["takes all"])
    text = read(fmt, fmt.prompt(PROBLEM))
    assert text.startswith(f"<system>{task('words').instruction}")
    assert text.endswith(f"<user>{PROBLEM.question}<assistant>")


@pytest.mark.parametrize("kind", ["no system role", "alternating", "drops the system", "parts, no system role"])
def test_without_a_system_role_its_text_stands_before_the_first_turns(kind):
    fmt = chat(TEMPLATES[kind])
    text = read(fmt, fmt.prompt(PROBLEM))
    first = text.removeprefix("<user>").split("<assistant>")[0]
    assert text.startswith("<user>")
    assert first.startswith(task("words").instruction)
    assert first.endswith(f"\n\n{EXAMPLES[0].question}")
    assert "<system>" not in text
    assert text.count("<user>") == len(EXAMPLES) + 1


def test_where_earlier_turns_are_refused_all_is_told_in_one_question():
    fmt = chat(TEMPLATES["a system and one question"])
    text = read(fmt, fmt.prompt(PROBLEM))
    assert text.startswith("<system>")
    assert text.count("<user>") == 1
    assert f"User: {EXAMPLES[0].question}\n\nAssistant: " in text
    assert text.endswith(f"User: {PROBLEM.question}")


@pytest.mark.parametrize("names", [("default", "tool_use"), ("tool_use", "rag", "default"), ("rag", "chat")])
def test_of_several_templates_the_one_for_talking_is_taken(names):
    other = "{{ raise_exception('not for this') }}"
    fmt = chat({n: other if n in ("tool_use", "rag") else TEMPLATES["takes all"] + END_THINK for n in names})
    assert fmt.delimited
    assert PROBLEM.question in read(fmt, fmt.prompt(PROBLEM))


@pytest.mark.parametrize("switch", ["enable_thinking", "thinking"])
def test_a_thinking_space_is_opened_by_whichever_name_the_template_has_for_it(switch):
    fmt = chat(TURN + "<assistant>{% if " + switch + " %}<think>{% else %}</think>{% endif %}")
    assert read(fmt, fmt.prompt(PROBLEM, (THINK,))).endswith("<assistant><think>")
    assert read(fmt, fmt.prompt(PROBLEM)).endswith("<assistant></think>")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('Nothing is taken here.') }}", "Nothing is taken here"),
        ("{% for m in messages %}{{ m['content'] }}", "Unexpected end of template"),
        ("{{ tools[0]['name'] }}", "None has no element 0"),
        ("{{ 1 // 0 }}", "by zero"),
        ("Hello!", "it leaves part of them out"),
    ],
)
def test_a_template_that_takes_them_in_no_way_is_refused_in_one_sentence(template, said):
    fmt = chat(template)
    for ask in (lambda: fmt.prompt(PROBLEM), lambda: fmt.dialogue(PROBLEM, ["a", "b"]), lambda: fmt.request("Is it so?")):
        with pytest.raises(ModelError) as caught:
            ask()
        sentence = str(caught.value)
        assert said in sentence
        assert sentence.endswith("set the prompt format to plain.")
        assert "\n" not in sentence


def test_a_template_that_stumbles_over_a_text_is_refused_in_one_sentence():
    """As trial texts it took them all."""
    fmt = chat(
        TURN + "{% if 'groups' in messages[-1]['content'] or '?' in messages[-1]['content'] %}{{ raise_exception('What?') }}{% endif %}"
    )
    with pytest.raises(ModelError, match=r"cannot take the messages \(What\?\)"):
        fmt.prompt(PROBLEM)


def test_an_arrangement_is_looked_for_once(monkeypatch):
    template, rendered = ChatTemplate(tokenizer(TEMPLATES["no system role"])), []
    apply = template._apply
    monkeypatch.setattr(template, "_apply", lambda messages, thinking: rendered.append(messages) or apply(messages, thinking))
    messages = [{"role": role, "content": "so"} for role in ("system", "user")]
    template.render(messages, thinking=False)
    tried = len(rendered)
    template.render(messages, thinking=True)
    assert tried > 2
    assert len(rendered) == tried + 1
