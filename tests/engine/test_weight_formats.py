"""Formats of weights give nearly the numbers of 32 bits, and the quickest of those that answer alike is taken."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, Qwen2Config

from rlm_core.core.errors import ModelError
from rlm_core.core.paths import VARIABLE
from rlm_core.engine import calibration
from rlm_core.engine.backends.llama import LlamaRunner
from rlm_core.engine.backends.torch import TorchRunner
from rlm_core.engine.backends.weight_formats import BFLOAT16, FLOAT32, FORMATS, INT8, PACKED, Linear
from rlm_core.engine.engine import Engine
from rlm_core.models import loading
from tests.engine.test_llama import SMALL, crowd

DISTANCE = {FLOAT32: 0.0, PACKED: 1e-5, BFLOAT16: 0.05, INT8: 0.05}
"""How far logits of a tiny model may lie apart, by the norm of those in 32 bits."""


def tiny(config=LlamaConfig):
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(config(**SMALL)).eval()


@pytest.fixture
def engine(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return Engine(LlamaRunner(tiny()))


def test_every_format_has_a_bound():
    assert DISTANCE.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_a_model_gives_nearly_the_same_logits_in_every_format(name):
    runner = LlamaRunner(tiny(Qwen2Config))  # it has biases
    expected = crowd(runner)
    runner.clear()
    runner.use(name)
    for found, wanted in zip(crowd(runner), expected, strict=True):
        assert float((found - wanted).norm() / wanted.norm()) <= DISTANCE[name]


@pytest.mark.parametrize("name", [PACKED, BFLOAT16, INT8])
def test_a_product_takes_inputs_of_any_shape(name):
    torch.manual_seed(0)
    linear = Linear(torch.randn(48, 32), torch.randn(48))
    product = FORMATS[name](linear)
    for shape in ((32,), (1, 32), (3, 32), (2, 4, 32), (2, 5, 32), (100, 1, 32)):
        x = torch.randn(shape)
        assert float((product(x) - linear(x)).norm() / linear(x).norm()) < 0.01


def test_int8_rounds_weights_to_the_same_numbers_for_few_rows_and_for_many():
    torch.manual_seed(0)
    product, x = FORMATS[INT8](Linear(torch.randn(48, 32), None)), torch.randn(8, 32).bfloat16().float()
    few, many = product(x), product(x.repeat(4, 1))[:8]
    assert float((few - many).norm() / many.norm()) < 0.005  # what bfloat16 rounds of the sums


def test_an_output_whose_weights_are_all_zero_stays_zero_in_int8():
    weight = torch.randn(4, 32)
    weight[2] = 0
    found = FORMATS[INT8](Linear(weight, None))(torch.randn(5, 32))
    assert found.isfinite().all()
    assert (found[:, 2] == 0).all()


def test_the_runner_uses_what_was_found_and_it_is_measured_once(engine, monkeypatch):
    said, again = [], []
    chosen = calibration.quickest_format(engine, engine.runner, [1, 2, 3], said.append)
    assert chosen in FORMATS
    monkeypatch.setattr(calibration, "greedy", lambda *given: pytest.fail("it was measured again"))
    assert calibration.quickest_format(engine, engine.runner, [1, 2, 3], again.append) == chosen
    assert said[0] == "Measuring which number format is quicker here, once on this machine: 0 % (0 of 28 trials), 0 s"
    assert said[-2].startswith("Measuring which number format is quicker here, once on this machine: 100 % (28 of 28 trials), ")
    assert again == said[-1:]
    assert again[0].startswith(f"{chosen} is the quickest number format here: tokens/s at batch 1, 8, 32 were float32 ")


def test_a_format_that_answers_otherwise_or_cannot_be_computed_is_not_taken(engine, monkeypatch):
    def refusing(linear):
        raise NotImplementedError("no such kernel")

    def forgetful(linear):
        return lambda x: torch.zeros(*x.shape[:-1], linear.weight.shape[0])

    monkeypatch.setitem(FORMATS, INT8, refusing)
    monkeypatch.setitem(FORMATS, BFLOAT16, forgetful)
    said = []
    assert calibration.quickest_format(engine, engine.runner, [1, 2, 3], said.append) in (FLOAT32, PACKED)
    assert "int8" not in said[-1]
    assert "bfloat16" not in said[-1]
    assert "100 % (28 of 28 trials)" in said[-2]  # the timings that were not needed count as done


def test_int8_is_computed_where_it_is_asked_for():
    runner = LlamaRunner(tiny())
    engine = Engine(runner)
    before = runner.logits(torch.ones(1, 32))
    assert loading._number_format("it", engine, runner, "int8", [1, 2], pytest.fail) == "int8"
    assert not torch.equal(runner.logits(torch.ones(1, 32)), before)


def test_int8_of_a_model_that_is_not_built_as_llama_is_is_refused_in_a_sentence():
    model = AutoModelForCausalLM.from_config(GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4))
    runner = TorchRunner(model.eval())
    with pytest.raises(ModelError, match=r"^it \(gpt2\) is not built as Llama is, so it has no int8; choose float32 or bfloat16\.$"):
        loading._number_format("it", Engine(runner), runner, "int8", [1], pytest.fail)


def test_a_small_model_is_not_measured_and_says_its_number_format():
    runner = LlamaRunner(tiny())
    assert loading._number_format("it", Engine(runner), runner, "auto", [1, 2], pytest.fail) == "float32"
