"""LoRA: only the adapter learns, in the prompt that the app uses; what is saved is merged at loading and says the same."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    GPT2Config,
    GraniteConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from rlm_core import problems
from rlm_core.core.errors import ModelError, TrainingError
from rlm_core.core.paths import VARIABLE
from rlm_core.engine.loading.adapter import merged
from rlm_core.models import checkpoints
from rlm_core.models.checkpoints import card
from rlm_core.models.loading import load, read_weights
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.training import cold_start, lora
from rlm_core.training.checkpoints import write_card, write_checkpoint
from rlm_core.training.losses import IGNORE
from rlm_core.training.sft import Row, Schedule, adamw, fine_tune, whole_rows
from rlm_core.training.word_traces import word_traces

STORIES = {"words:steps=1": 0.5, "words:steps=2": 0.5}
CHAT = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"


def base(folder: Path, layers: int = 2, seed: int = 0) -> str:
    """A tiny chat model of random weights that reads bytes."""
    letters = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = decoders.ByteLevel()
    letters.add_special_tokens([AddedToken(t, special=True) for t in ("<|im_start|>", "<|im_end|>")])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<|im_end|>", chat_template=CHAT)
    torch.manual_seed(seed)
    shape = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=layers, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=4096, initializer_range=0.2, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    return tmp_path


def read(name: str):
    return read_weights(name, "cpu", torch.float32, True, lambda text: None)


def rows(name: str, count: int) -> list[Row]:
    form = replace(read(name).format, trained_on=frozenset({"words"}))
    return [lora.row(t, form) for t in itertools.islice(word_traces(0, mixture=STORIES), count)]


def plan(base: str, **changes) -> cold_start.ColdStart:
    short = Schedule(steps=2, learning_rate=1e-2, warmup=1)
    return cold_start.ColdStart("tiny", base=base, schedule=short, batch=2, shape=lora.Shape(4, 8), every=1, mixture=STORIES, **changes)


def trained(of: cold_start.ColdStart, report=lambda text: None, overwrite: bool = False) -> Path:
    folder = cold_start.cold_start(of, report, overwrite)
    assert folder is not None
    return folder


def test_traces_of_every_kind_are_right_and_end_with_the_answer():
    seen = set()
    for trace in itertools.islice(word_traces(1), 400):
        *steps, last = trace.solution.split("\n")
        problem = trace.problem
        assert last == f"Answer: {problem.reference}"
        assert final_answer([*steps, last]) is not None
        task = problems.task(problem.task)
        assert task.verify(problem, task.answer(problem, [*steps, last]))
        assert "split=train" in problem.spec
        seen.add((problem.task, len(steps), "stories=framed" in problem.spec))
    words = {(1, True), (2, True), (1, False), (2, False), (3, False), (4, False)}
    assert seen == {("words", *kind) for kind in words} | {("chain", 3, False), ("chain", 4, False)}


def test_traces_are_drawn_by_their_seed_alone():
    def first(seed: int) -> list[str]:
        return [t.problem.spec for t in itertools.islice(word_traces(seed), 20)]

    assert first(3) == first(3) != first(4)


def test_a_kind_without_worked_solutions_is_refused():
    with pytest.raises(TrainingError, match="allowed are kinds with worked solutions"):
        next(word_traces(0, mixture={"text:question=What?": 1.0}))


def test_a_trained_kind_is_put_without_examples_and_only_the_solution_is_learned(data):
    form = read(base(data / "base")).format
    trace = next(word_traces(0, mixture=STORIES))
    row = lora.row(trace, replace(form, trained_on=frozenset({"words"})))
    prompt = form.tokenizer.decode([i for i, t in zip(row.ids, row.targets) if t == IGNORE])
    learned = form.tokenizer.decode([t for t in row.targets if t != IGNORE])
    assert learned == trace.solution + "<|im_end|>"
    assert trace.problem.question in prompt
    shown = problems.task("words").examples[0].question
    assert shown not in prompt
    assert shown in form.tokenizer.decode(form.prompt(trace.problem))
    other = replace(form, trained_on=frozenset({"words"})).prompt(problems.make("chain:seed=1"))
    assert problems.task("chain").examples[0].question in form.tokenizer.decode(other)


def test_learned_positions_give_the_loss_and_the_gradient_of_whole_rows(data):
    name = base(data / "base")
    some, schedule = rows(name, 4), Schedule(steps=1, microbatch=3 * 400)
    found = []
    for gradient in (whole_rows, lora.learned_positions):
        model = lora.attach(read(name).model, name, lora.Shape(4, 8), 0)
        with torch.no_grad():
            for weight in (p for n, p in model.named_parameters() if "lora_B" in n):
                weight.normal_(std=0.1)
        torch.manual_seed(0)
        loss = gradient(model, some, schedule)
        found.append((loss, torch.cat([p.grad.flatten() for p in model.parameters() if p.requires_grad])))
    assert lora.shared_prefix(some) > 100
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    assert found[0][1].abs().max() > 1e-4
    assert torch.allclose(found[0][1], found[1][1], rtol=1e-3, atol=1e-6)


def test_rows_without_a_common_beginning_are_computed_too(data):
    name = base(data / "base")
    some = [Row([1, 2, 3, 4], [IGNORE, IGNORE, 3, 4]), Row([5, 6, 7], [IGNORE, 6, 7])]
    model = read(name).model
    assert lora.shared_prefix(some) == 0
    with torch.no_grad():
        both = [gradient(model, some, Schedule(steps=1)) for gradient in (whole_rows, lora.learned_positions)]
    assert both[0] == pytest.approx(both[1], rel=1e-5)


def test_one_batch_is_learned_by_heart_and_the_base_stays_as_it_was(data):
    name = base(data / "base")
    model, before = read(name).model, read(name).model
    attached = lora.attach(model, name, lora.Shape(16, 32), 0)
    some, schedule = rows(name, 2), Schedule(steps=60, learning_rate=2e-2, warmup=5)
    losses = [s.loss for s in fine_tune(attached, adamw(attached, schedule), lambda step: some, schedule, gradient=lora.learned_positions)]
    assert losses[-1] < losses[0] / 2
    learning = {n for n, p in attached.named_parameters() if p.requires_grad}
    assert learning and all("lora_" in n for n in learning)
    kept = {n.removeprefix("base_model.model.").replace(".base_layer", ""): p for n, p in attached.named_parameters() if n not in learning}
    assert all(torch.equal(kept[n], p) for n, p in before.named_parameters())


def test_batches_are_the_same_by_number_in_any_order_and_rows_of_like_length_meet():
    stream = lambda: (Row([0] * (1 + (7 * i) % 50), []) for i in itertools.count())  # noqa: E731
    of = lora.batches(stream, 4, 0)
    later, first = of(9), of(0)
    again = lora.batches(stream, 4, 0)
    assert [again(i) for i in range(10)][9] == later and again(0) == first
    lengths = [[len(r.ids) for r in of(i)] for i in range(8)]
    assert max(max(group) - min(group) for group in lengths) < 12


def test_what_is_saved_is_merged_at_loading_and_says_the_same(data):
    name = base(data / "base")
    folder = trained(plan(name), lambda text: None)
    facts = card(folder)
    assert (facts.name, facts.base, facts.kinds, facts.seed) == ("tiny", name, ("words",), 0)
    assert [p["step"] for p in facts.curve] == [1, 2]
    assert all(p["loss"] > 0 and p["held_out_loss"] > 0 for p in facts.curve)
    loaded = load("checkpoint:tiny")
    assert loaded.engine.runner.fingerprint != load(name).engine.runner.fingerprint == facts.base_weights
    assert loaded.format.trained_on == {"words"}
    assert load("checkpoint:tiny", fmt="plain").format.trained_on == frozenset()

    from rlm_core.engine.loading.adapter import peft

    apart = peft.PeftModel.from_pretrained(read(name).model, str(folder)).eval()
    ids = torch.tensor([loaded.format.prompt(problems.make("words:seed=1"))])
    with torch.inference_mode():
        assert torch.allclose(apart(ids).logits, loaded.engine.runner.model(ids).logits, atol=1e-4)
        assert not torch.allclose(apart(ids).logits, read(name).model(ids).logits, atol=1e-3)
    moved = data / "elsewhere"
    folder.rename(moved)
    assert load(str(moved)).engine.runner.fingerprint == loaded.engine.runner.fingerprint


def test_an_adapter_goes_on_learning_and_its_card_names_where_it_began(data):
    name = base(data / "base")
    first = trained(plan(name), lambda text: None)
    more = replace(plan("checkpoint:tiny"), name="more", mixture={"chain:steps=3": 1.0})
    second = trained(more, lambda text: None)
    facts = card(second)
    assert (facts.parent, facts.base, facts.kinds) == ("checkpoint:tiny", name, ("words", "chain"))
    assert (facts.settings["rank"], facts.settings["alpha"]) == (4, 8)
    assert facts.base_weights == card(first).base_weights
    weights = [load_file(folder / "adapter_model.safetensors") for folder in (first, second)]
    moved = [(weights[1][k].float() - w.float()).abs().max() for k, w in weights[0].items()]
    assert 0 < max(moved) < 0.1  # it began where the first ended: B began at 0, and A is as it was but for a few steps
    fresh = trained(replace(more, base=name, name="fresh"), lambda text: None)
    far = load_file(fresh / "adapter_model.safetensors")
    assert any(not torch.equal(far[k], w) for k, w in weights[1].items())
    assert load("checkpoint:more").format.trained_on == {"words", "chain"}
    base(data / "base", seed=5)
    with pytest.raises(TrainingError, match="was made for other weights"):
        trained(replace(more, name="again"), lambda text: None)


def test_a_cold_start_that_was_cut_off_goes_on_along_the_same_curve(data):
    name = base(data / "base")
    whole = replace(plan(name), schedule=Schedule(steps=4, learning_rate=1e-2, warmup=1))

    def cut_off(text: str) -> None:
        if text.startswith("step 3/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(whole, cut_off)
    assert not (checkpoints.checkpoints_folder() / "tiny").exists() and checkpoints.listed() == bundled()
    with pytest.raises(TrainingError, match="^An unfinished training tiny has other settings; go on with the same, choose another name"):
        trained(replace(whole, seed=1), lambda text: None)
    said = list[str]()
    folders = [trained(whole, said.append), trained(replace(whole, name="other"), lambda text: None)]
    assert "Going on after step 2." in said
    curves = [[{k: v for k, v in point.items() if k != "seconds"} for point in card(folder).curve] for folder in folders]
    assert curves[0] == curves[1] and len(curves[0]) == 4
    assert len({(folder / "adapter_model.safetensors").read_bytes() for folder in folders}) == 1
    assert not whole.state.exists()


@pytest.mark.slow
def test_a_cold_start_that_was_stopped_is_gone_on_with(data):
    whole = plan(base(data / "base"), measure=("words:n=1,steps=1,stories=framed",), measure_samples=1)
    assert cold_start.cold_start(whole, lambda text: None, stop=lambda: True) is None
    assert whole.state.exists() and checkpoints.find("tiny") is None
    folder = trained(whole)
    facts = card(folder)
    assert [p["step"] for p in facts.curve] == [1, 2]
    assert facts.measures.keys() == facts.base_measures.keys() == set(whole.measure)
    write_card(folder, msgspec.structs.replace(facts, measures={}, base_measures={}))  # as if it had been killed while it was measured
    before = (folder / "adapter_model.safetensors").stat().st_mtime_ns
    again = card(trained(whole)).measures
    assert {spec: m["pass@1"] for spec, m in again.items()} == {spec: m["pass@1"] for spec, m in facts.measures.items()}
    assert (folder / "adapter_model.safetensors").stat().st_mtime_ns == before


def test_an_adapter_is_saved_and_read_without_asking_the_network_for_its_base(data, monkeypatch):
    asked = list[tuple[str, ...]]()
    monkeypatch.setattr("peft.utils.save_and_load.check_file_exists_on_hf_hub", lambda *what, **more: asked.append(what))
    name = base(data / "base")
    _, model, form = read(name)
    learned = lora.attach(model, "someone/base", lora.Shape(4, 8), 0)
    facts = checkpoints.Card(name="tiny", title="", base="someone/base", data="", command="", seed=0, licence="", tokenizer="", created=0)
    folder = write_checkpoint(lora.halved(learned), form.tokenizer, facts)
    merged("checkpoint:tiny", read(name).model, folder, "someone/base")
    assert asked == []


def bundled() -> list[checkpoints.Card]:
    return [facts for facts in checkpoints.listed() if checkpoints.is_bundled(facts.name)]


@pytest.mark.parametrize(
    "config",
    [
        GraniteConfig(logits_scaling=8.0, embedding_multiplier=2.0),
        Gemma2Config(final_logit_softcapping=3.0, head_dim=8),
        CohereConfig(logit_scale=0.25),
        GPT2Config(n_embd=32, n_layer=2, n_head=2),
    ],
    ids=lambda config: config.model_type,
)
def test_models_that_change_their_logits_behind_the_output_layer_are_learned_as_they_are(data, config):
    some = rows(base(data / "base"), 3)
    size = {"vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    for name, value in (size | {"num_key_value_heads": 2, "pad_token_id": 0}).items():
        if config.model_type != "gpt2" or name in ("vocab_size", "pad_token_id"):
            setattr(config, name, value)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3) if weight.dim() > 1 else None
    assert max(max(row.ids) for row in some) < config.vocab_size
    found = [gradient(model.eval(), some, Schedule(steps=1)) for gradient in (whole_rows, lora.learned_positions)]
    assert found[0] == pytest.approx(found[1], rel=1e-4) and found[0] > 0


def test_the_same_plan_gives_the_same_adapter(data):
    name = base(data / "base")
    first, second = ((trained(plan(name), lambda text: None, overwrite=True) / "adapter_model.safetensors").read_bytes() for _ in "ab")
    assert first == second


def refused(name: str) -> str:
    with pytest.raises(ModelError) as caught:
        load(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_adapter_of_another_model_is_refused_in_a_sentence(data):
    name = base(data / "base")
    folder = trained(plan(name), lambda text: None)
    base(data / "base", seed=5)
    assert "was made for other weights of" in refused("checkpoint:tiny")
    (folder / "card.json").unlink()
    base(data / "base", layers=3)
    assert "is an adapter of another model than" in refused(str(folder))
    base(data / "base")
    settings = json.loads((folder / "adapter_config.json").read_text())
    for wrong, sentence in (
        ("no_such_model", "There is no model named 'no_such_model'"),
        (None, "names no base"),
        (str(folder), "an adapter itself"),
        ("nano", "adapters are read for models in words alone"),
    ):
        (folder / "adapter_config.json").write_text(json.dumps({**settings, "base_model_name_or_path": wrong}))
        assert sentence in refused(str(folder))
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    (folder / "adapter_model.safetensors").write_bytes(b"no weights")
    assert "without a readable adapter_model.safetensors" in refused(str(folder))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"base": "nano"}, "adapters are for models in words, such as smollm2"),
        ({"name": "no/name"}, "cannot be called"),
        ({"mixture": {"text:question=What?": 1.0}}, "kinds with worked solutions"),
        ({"mixture": {"words:steps=9": 1.0}}, "steps"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_before_anything_is_read(data, changes, sentence):
    with pytest.raises(Exception, match=sentence):
        trained(replace(plan("smollm2"), **changes), pytest.fail)
    assert not checkpoints.checkpoints_folder().exists()


def test_cards_of_adapters_are_read_back_as_they_were_written(data):
    facts = card(trained(plan(base(data / "base")), lambda text: None))
    assert msgspec.json.decode(msgspec.json.encode(facts), type=checkpoints.Card) == facts
