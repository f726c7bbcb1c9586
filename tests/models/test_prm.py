"""Each published PRM format on a tiny random-weight model: the score equals what the raw model gives at hand-located positions."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    MistralConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from rlm_core.core.errors import ConfigError, ModelError, RewardError
from rlm_core.models.prm import qwen, reasoneval, thinkprm
from rlm_core.models.prm.loading import PUBLISHED, load_step_scorer
from rlm_core.models.source import RECIPES
from rlm_core.problems import make
from rlm_core.rewards import reward
from rlm_core.rewards.base import RewardContext

PROBLEM = make("text:question=What is 2+3?,answer=5")
STEPS = ("2+3=5", "so 5")
TEMPLATE = "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}[end]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
CHARACTERS = "".join(sorted(set("".join(map(chr, range(32, 127))) + "\n")))
BACKBONES = {"llama": LlamaConfig, "qwen2": Qwen2Config, "mistral": MistralConfig}
MARKS = ["<pad>", "<s>", "</s>", "<unk>", "<extra_0>", " ки", " Yes", " No", ".\n"]


def tokenizer(left_out: tuple[str, ...] = (), byte_level: bool = False) -> PreTrainedTokenizerFast:
    """One token a character; the marks of all families but those left out. byte_level: also Qwen's signs for a space and a line break."""
    marks = [m for m in MARKS if m not in left_out]
    characters = [c for c in CHARACTERS + "ĠĊ" * byte_level if c not in left_out]
    vocabulary = {t: i for i, t in enumerate([*marks, *characters])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    core.add_special_tokens([AddedToken(m, normalized=False, special=False) for m in marks])
    made = PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    made.chat_template = TEMPLATE
    return made


def saved(
    folder,
    head: dict[str, torch.Tensor] | None = None,
    left_out: tuple[str, ...] = (),
    architecture: str = "",
    backbone: str = "llama",
) -> PreTrainedModel:
    """A tiny language model in a folder, with a head among its weights."""
    torch.manual_seed(7)
    tok = tokenizer(left_out, backbone == "qwen2")
    config = BACKBONES[backbone](
        vocab_size=len(tok),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        initializer_range=0.3,
        eos_token_id=tok.eos_token_id,
    )
    model = AutoModelForCausalLM.from_config(config).eval()
    model.save_pretrained(folder)
    tok.save_pretrained(folder)
    if head:
        weights = load_file(folder / "model.safetensors")
        save_file({**weights, **head}, folder / "model.safetensors", metadata={"format": "pt"})
    if architecture:
        written = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**written, "architectures": [architecture]}))
    return model


def scored(folder, recipe: str, steps: tuple[str, ...] = STEPS) -> list[float]:
    return asyncio.run(load_step_scorer(str(folder), recipe).score_steps(PROBLEM, steps)).scores


def ids_of(text: str, left_out: tuple[str, ...] = ()) -> list[int]:
    return tokenizer(left_out).encode(text, add_special_tokens=False)


def byte_ids_of(text: str) -> list[int]:
    """As Qwen's own tokenizer spells it, which transformers puts in place of any other in a folder of that family."""
    return tokenizer(byte_level=True).encode(text.replace(" ", "Ġ").replace("\n", "Ċ"), add_special_tokens=False)


def assert_agrees(found: list[float], expected: list[float] | torch.Tensor) -> None:
    """The scores are those worked out here, and far enough from 0, 1 and one another for a wrong place to show."""
    wanted = [float(e) for e in expected]
    assert all(0.002 < w < 0.998 for w in wanted)
    assert len({round(w, 3) for w in wanted}) == len(wanted)
    assert found == pytest.approx(wanted, abs=1e-5)


@torch.inference_mode()
def hidden(model, ids: list[int]) -> torch.Tensor:
    return model.model(torch.tensor([ids])).last_hidden_state[0]


@torch.inference_mode()
def logits(model, ids: list[int]) -> torch.Tensor:
    return model(torch.tensor([ids])).logits[0]


def linear(out: int, name: str, wide: int = 32, bias: bool = True) -> dict[str, torch.Tensor]:
    torch.manual_seed(len(name) + out)
    made = {f"{name}.weight": 0.2 * torch.randn(out, wide)}
    return made | ({f"{name}.bias": 0.2 * torch.randn(out)} if bias else {})


def test_qwen_reads_class_one_at_every_extra_token(tmp_path):
    head = linear(32, "score.0") | linear(2, "score.2")
    model = saved(tmp_path, head, architecture="Qwen2ForProcessRewardModel", backbone="qwen2")
    text = f"[system]{qwen.SYSTEM}[end][user]{PROBLEM.question}[end][assistant]2+3=5<extra_0>so 5<extra_0>[end]"
    ids = byte_ids_of(text)
    places = [i for i, t in enumerate(ids) if t == MARKS.index("<extra_0>")]
    assert len(places) == 2
    inner = torch.relu(hidden(model, ids)[places] @ head["score.0.weight"].T + head["score.0.bias"])
    expected = torch.softmax(inner @ head["score.2.weight"].T + head["score.2.bias"], -1)[:, 1]
    assert_agrees(scored(tmp_path, "qwen"), expected)
    assert scored(tmp_path, "auto") == scored(tmp_path, "qwen")  # known by its architecture


def test_math_shepherd_weighs_plus_against_minus_at_every_tag(tmp_path):
    model = saved(tmp_path, backbone="mistral")
    ids = ids_of("What is 2+3? 2+3=5 ки\nso 5 ки")
    places = [i for i, t in enumerate(ids) if t == MARKS.index(" ки")]
    assert len(places) == 2
    both = logits(model, ids)[places][:, [ids_of("+")[0], ids_of("-")[0]]]
    assert_agrees(scored(tmp_path, "math_shepherd"), torch.softmax(both, -1)[:, 0])


def test_rlhflow_predicts_plus_after_each_turn(tmp_path):
    model = saved(tmp_path)
    first = "[user]What is 2+3? 2+3=5[end][assistant]"
    second = first + "+[end][user]so 5[end][assistant]"
    expected = []
    for text in (first, second):
        last = logits(model, ids_of(text))[-1]
        expected.append(float(torch.softmax(last[[ids_of("+")[0], ids_of("-")[0]]], -1)[0]))
    assert_agrees(scored(tmp_path, "rlhflow"), expected)


def test_skywork_reads_its_value_head_at_the_last_token_of_every_step(tmp_path):
    head = linear(1, "v_head.summary")
    model = saved(tmp_path, head, architecture="Qwen2ForPrmModel", backbone="qwen2")
    question, first, second = (byte_ids_of(t) for t in ("<s>What is 2+3?\n", "2+3=5\n", "so 5\n"))
    places = [len(question) + len(first) - 1, len(question) + len(first) + len(second) - 1]
    values = hidden(model, question + first + second)[places] @ head["v_head.summary.weight"].T + head["v_head.summary.bias"]
    assert_agrees(scored(tmp_path, "skywork"), torch.sigmoid(values)[:, 0])
    assert scored(tmp_path, "auto") == scored(tmp_path, "skywork")  # known by its architecture


def test_skywork_never_merges_a_steps_line_break_with_its_full_stop(tmp_path):
    head = linear(1, "v_head.summary")
    model = saved(tmp_path, head)
    assert len(ids_of(".\n")) == 1
    ids = ids_of("<s>What is 2+3?\n") + ids_of("2+3=5.") + ids_of("\n")
    value = hidden(model, ids)[-1] @ head["v_head.summary.weight"].T + head["v_head.summary.bias"]
    assert_agrees(scored(tmp_path, "skywork", ("2+3=5.",)), torch.sigmoid(value))


def test_reasoneval_takes_its_separators_out_and_adds_two_classes(tmp_path):
    head = linear(3, "score_head", bias=False)
    model = saved(tmp_path, head)
    start, first, second = (ids_of(t) for t in (reasoneval.PROMPT.format(PROBLEM.question), "2+3=5", "so 5"))
    places = [len(start) + len(first) - 1, len(start) + len(first) + len(second) - 1]
    shares = torch.softmax(hidden(model, start + first + second)[places] @ head["score_head.weight"].T, -1)
    assert_agrees(scored(tmp_path, "reasoneval"), shares[:, 1] + shares[:, 2])


def test_reasoneval_counts_as_its_authors_do_where_the_separator_is_the_first_token_too(tmp_path):
    """As in ReasonEval-7B: one score a step, read at the step's last token but one."""
    head = linear(3, "score_head", bias=False)
    model = saved(tmp_path, head, backbone="mistral")
    parted = tokenizer()
    parted.pad_token = "<s>"
    parted.backend_tokenizer.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    parted.save_pretrained(tmp_path)
    start, first, second = (ids_of(t) for t in ("<s>" + reasoneval.PROMPT.format(PROBLEM.question), "2+3=5", "so 5"))
    places = [len(start) + len(first) - 2, len(start) + len(first) + len(second) - 2]
    shares = torch.softmax(hidden(model, start + first + second)[places] @ head["score_head.weight"].T, -1)
    assert_agrees(scored(tmp_path, "reasoneval"), shares[:, 1] + shares[:, 2])


def test_thinkprm_asks_for_a_verdict_after_the_critique_it_wrote(tmp_path, monkeypatch):
    monkeypatch.setattr(thinkprm, "MAX_CRITIQUE_TOKENS", 9)
    model = saved(tmp_path)
    prompt = "[user]" + thinkprm.PROMPT.format(PROBLEM.question, "Step 1: 2+3=5\nStep 2: so 5") + "[end][assistant]"
    ids = ids_of(prompt)
    written = 0
    while written < 9:  # greedy by hand
        token = int(logits(model, ids)[-1].argmax())
        written += 1
        if token == 2:
            break
        ids.append(token)
    last = logits(model, ids + ids_of("\nIs the solution correct?"))[-1]
    expected = float(torch.softmax(last[[MARKS.index(" Yes"), MARKS.index(" No")]], -1)[0])
    found = asyncio.run(load_step_scorer(str(tmp_path), "thinkprm").score_steps(PROBLEM, STEPS))
    assert_agrees(found.scores, [expected])
    assert found.generated == written


def test_thinkprm_reads_the_verdict_where_the_critique_asks_for_it_itself(tmp_path, monkeypatch):
    """What the question is to be is taken from what the model writes anyway."""
    model = saved(tmp_path)
    prompt = ids_of("[user]" + thinkprm.PROMPT.format(PROBLEM.question, "Step 1: 2+3=5\nStep 2: so 5") + "[end][assistant]")
    written: list[int] = []
    while len(written) < 12:
        written.append(int(logits(model, prompt + written)[-1].argmax()))
    asked = tokenizer().decode(written[4:7])
    monkeypatch.setattr(thinkprm, "VERDICT_QUESTION", asked)
    end = next(i for i in range(1, 12) if tokenizer().decode(written[:i]).endswith(asked))
    assert asked == asked.rstrip()
    assert end <= 7
    last = logits(model, prompt + written[:end])[-1]
    expected = float(torch.softmax(last[[MARKS.index(" Yes"), MARKS.index(" No")]], -1)[0])
    found = asyncio.run(load_step_scorer(str(tmp_path), "thinkprm").score_steps(PROBLEM, STEPS))
    assert_agrees(found.scores, [expected])
    assert found.generated == end


def test_a_chat_template_that_rewrites_earlier_turns_is_refused(tmp_path):
    saved(tmp_path)
    last_only = tokenizer()
    last_only.chat_template = "[{{ messages[-1]['content'] }}]"
    last_only.save_pretrained(tmp_path)
    with pytest.raises(RewardError, match="rewrites earlier turns"):
        scored(tmp_path, "rlhflow")


def test_weights_that_are_missing_are_never_made_up(tmp_path):
    saved(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights.pop("model.layers.1.mlp.up_proj.weight")
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"has no model\.layers\.1\.mlp\.up_proj\.weight among its weights \(1 are missing\)"):
        load_step_scorer(str(tmp_path), "math_shepherd")


def test_what_is_longer_than_the_model_reads_is_refused(tmp_path):
    saved(tmp_path)
    with pytest.raises(RewardError, match=r"reads at most 2,048 tokens, and is given 3,014"):
        scored(tmp_path, "math_shepherd", ("x" * 3000,))


def test_a_configuration_nobody_knows_is_one_sentence(tmp_path):
    saved(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "nonesuch"}')
    with pytest.raises(ModelError, match="could not be loaded"):
        load_step_scorer(str(tmp_path), "math_shepherd")


@pytest.mark.parametrize(
    ("recipe", "lacks", "head"),
    [
        ("qwen", "<extra_0>", linear(32, "score.0") | linear(2, "score.2")),
        ("math_shepherd", " ки", None),
        ("skywork", "\n", linear(1, "v_head.summary")),
        ("math_shepherd", "+", None),
        ("math_shepherd", "-", None),
        ("rlhflow", "+", None),
        ("rlhflow", "-", None),
        ("thinkprm", " Yes", None),
        ("thinkprm", " No", None),
    ],
)
def test_a_tokenizer_without_the_special_token_is_refused_by_its_name(tmp_path, recipe, lacks, head):
    saved(tmp_path, head, left_out=(lacks,))
    with pytest.raises(RewardError, match=re.escape(f"has no token {lacks!r}, which this recipe needs")):
        scored(tmp_path, recipe)


@pytest.mark.parametrize(
    ("recipe", "mark", "head"),
    [
        ("qwen", "<extra_0>", linear(32, "score.0") | linear(2, "score.2")),
        ("math_shepherd", " ки", None),
        ("reasoneval", "<pad>", linear(3, "score_head", bias=False)),
    ],
)
def test_a_step_cannot_earn_a_score_more_by_writing_the_mark_itself(tmp_path, recipe, mark, head):
    saved(tmp_path, head)
    assert len(scored(tmp_path, recipe)) == 2
    with pytest.raises(RewardError, match=f"by '{mark}' and finds 3 of them for 2 steps"):
        scored(tmp_path, recipe, (f"2+3{mark}=5", "so 5"))
    asked = make(f"text:question=What{mark} is 2+3?,answer=5")
    with pytest.raises(RewardError, match="finds 3 of them for 2 steps"):
        asyncio.run(load_step_scorer(str(tmp_path), recipe).score_steps(asked, STEPS))


@pytest.mark.parametrize(
    ("published", "recipe"),
    [
        ("peiyi9979/math-shepherd-mistral-7b-prm", "math_shepherd"),
        ("RLHFlow/Llama3.1-8B-PRM-Mistral-Data", "rlhflow"),
        ("launch/ThinkPRM-1.5B", "thinkprm"),
    ],
)
def test_a_family_is_known_by_the_name_it_was_published_under(tmp_path, published, recipe):
    folder = tmp_path / published
    folder.mkdir(parents=True)
    saved(folder)
    assert load_step_scorer(str(folder), "auto").recipe.name == recipe


def test_every_recipe_that_can_be_chosen_has_its_file():
    assert tuple(recipe.name for recipe in PUBLISHED) == RECIPES


def test_a_model_without_the_head_or_of_no_known_family_is_refused(tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    saved(folder)
    with pytest.raises(RewardError, match=r"has no score\.0\.weight in its weights"):
        load_step_scorer(str(folder), "qwen")
    with pytest.raises(RewardError, match="cannot be told from its name or configuration; choose a recipe among qwen"):
        load_step_scorer(str(folder), "auto")


def test_a_published_prm_judges_a_search(tmp_path):
    from rlm_core.models.policy import Sampling, Step
    from rlm_core.models.pool import ModelPool
    from rlm_core.models.scripted import ScriptedPolicy

    saved(tmp_path)
    chosen = reward("hub_prm")
    made = chosen.description.configure({"model": str(tmp_path), "recipe": "math_shepherd", "aggregate": "min"})
    model = chosen.make(RewardContext(PROBLEM, ScriptedPolicy({}), Sampling(), ModelPool()), made)
    found = asyncio.run(model.score(PROBLEM, [Step(t) for t in STEPS], (0,)))
    assert len(found.steps) == 2
    assert found.score == min(found.steps)
    assert found.passes == 1
    with pytest.raises(ConfigError, match="No process reward model is named"):
        chosen.make(RewardContext(PROBLEM, ScriptedPolicy({}), Sampling(), ModelPool()), chosen.description.configure({}))
