"""Every causal language model of the library, tiny and with random weights: the engine computes what the library does, or refuses it."""

from __future__ import annotations

import pytest
import torch

from rlm_core.core.errors import ModelError
from rlm_core.engine.backends.choice import runner_for
from rlm_core.engine.backends.stateful import StatefulRunner
from rlm_core.engine.backends.torch import ModelRunner
from tests.engine.tiny import WINDOW, WINDOWED, architectures, tiny_model

pytestmark = pytest.mark.slow

TEXTS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [9, 8, 3], [11, 13, 17, 19, 23]]
"""The first and the last are longer than any window."""
TOLERANCE = 1e-4
"""Of log-probabilities, in float32."""
DRIVEN = """
    afmoe apertus arcee aria_text axk1 axk2 bailing_hybrid beam biogpt bitnet bloom codegen cohere cohere2 cohere2_moe ctrl cwm
    deepseek_v3 deepseek_v32 deepseek_v4 diffllama doge emu3 ernie4_5 ernie4_5_moe exaone4 exaone_moe falcon_mamba flex_olmo flint
    fuyu gemma gemma2 gemma3 gemma3_text gemma3n_text gemma4_text glm glm4 glm4_moe glm4_moe_lite glm_moe_dsa gpt2 gpt_bigcode
    gpt_neo gpt_neox gpt_neox_japanese gpt_oss gptj granite granite_swa granitemoe granitemoe_swa granitemoeshared helium hrm_text
    hy_v3 hy_v4 hyperclovax inkling2_text internlm3 iquestcoder jais2 jamba jetmoe kolibri1 laguna lfm2 lfm3 llama llama4
    llama4_text mamba mellum mimo_v2_flash minicpm3 minimax minimax_m2 minimax_m3_vl_text ministral ministral3 mistral mixtral
    mllama nanochat nemotron_h olmo olmo2 olmo3 olmo_hybrid olmoe openai-gpt opt persimmon phi phi3 phimoe qwen2 qwen2_moe qwen3
    qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text qwen3_moe qwen3_next rwkv seed_oss smollm3 solar_open stablelm starcoder2
    trocr vaultgemma xglm youtu
""".split()  # noqa: SIM905 - a list would be a page long
"""Architectures that are driven. Of the others some cannot be made tiny by default sizes, and some are refused."""
STATEFUL = """
    axk1 axk2 bailing_hybrid bloom deepseek_v3 deepseek_v32 deepseek_v4 falcon_mamba gemma4_text glm4_moe_lite glm_moe_dsa
    gpt_bigcode gpt_neo hy_v4 inkling2_text jamba lfm3 mamba mimo_v2_flash minicpm3 minimax nemotron_h olmo_hybrid openai-gpt
    qwen3_5 qwen3_5_moe qwen3_5_moe_text qwen3_5_text qwen3_next rwkv trocr youtu
""".split()  # noqa: SIM905 - as above
"""Those of them that are driven through the library's own cache; all others go over rows."""
ALWAYS = """
    gpt2 llama mistral qwen2 qwen3 qwen3_moe gemma2 gemma3 llama4_text phi3 olmo2 opt bloom cohere2 granite gpt_oss deepseek_v3
    mamba qwen3_next
""".split()  # noqa: SIM905 - as above
"""`make test` takes these; `make exhaustive` takes all."""


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads of a busy machine wait for each other at every one of many small operations."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@torch.inference_mode()
def by_the_library(model) -> list[torch.Tensor]:
    """Log-probabilities [length, V] of each text by a full pass."""
    return [torch.log_softmax(model(input_ids=torch.tensor([text]), use_cache=False).logits[0], -1) for text in TEXTS]


@torch.inference_mode()
def by_the_engine(runner: ModelRunner, texts: list[list[int]], kept: int = 0) -> list[torch.Tensor]:
    """The same, all but two tokens of each text computed together and these one by one, the texts side by side.

    kept: first tokens of the first text whose states were computed before.
    """
    known = [runner.prefill([[]], [texts[0][:kept]])] if kept else [[]]
    known += [[] for _ in texts[1:]]
    prompts = runner.prefill(known, [text[len(k) and kept : -2] for text, k in zip(texts, known, strict=True)])
    for states in prompts:
        runner.add([states], 12)
    steps = [runner.decode([text[k] for text in texts]).clone() for k in (-2, -1)]
    runner.clear()
    hidden = [torch.cat([states.hidden, *(step[i : i + 1] for step in steps)]) for i, states in enumerate(prompts)]
    return [torch.log_softmax(runner.logits(h), -1) for h in hidden]


def test_what_is_always_tried_is_driven():
    assert set(ALWAYS) <= set(DRIVEN)


def test_the_texts_are_longer_than_the_windows():
    assert len(TEXTS[0]) > 2 * WINDOW


def all_but(always: list[str], names: list[str]) -> list[object]:
    """The names, all but some of them marked as exhaustive."""
    return [name if name in always else pytest.param(name, marks=pytest.mark.exhaustive) for name in names]


@pytest.mark.parametrize("model_type", all_but(ALWAYS, DRIVEN))
def test_log_probabilities_are_the_librarys_alone_and_in_a_crowd(model_type):
    model = tiny_model(model_type)
    runner = runner_for("it", model)
    assert isinstance(runner, StatefulRunner) == (model_type in STATEFUL)
    assert_as_the_library(runner)


@pytest.mark.parametrize("model_type", all_but(["qwen2", "gemma3_text"], list(WINDOWED)))
def test_windows_are_masks_over_the_same_rows(model_type):
    runner = runner_for("it", tiny_model(model_type, **WINDOWED[model_type]))
    assert runner.reuses_prefixes
    assert runner.windows
    assert_as_the_library(runner)


def assert_as_the_library(runner: ModelRunner) -> None:
    """Alone, in a crowd, and behind a beginning that was computed before."""
    expected = by_the_library(runner.model)
    found = [[by_the_engine(runner, [text])[0] for text in TEXTS], by_the_engine(runner, TEXTS)]
    if runner.reuses_prefixes:
        found += [by_the_engine(runner, TEXTS, kept) for kept in range(1, len(TEXTS[0]) - 2)]
    for logprobs in found:
        for ours, library in zip(logprobs, expected, strict=True):
            assert (ours - library).abs().max() < TOLERANCE


@pytest.mark.parametrize("model_type", all_but(["bert", "moshi", "bamba"], sorted(set(architectures()) - set(DRIVEN))))
def test_any_other_architecture_is_computed_rightly_or_refused_in_a_sentence(model_type):
    try:
        model = tiny_model(model_type)
        expected = by_the_library(model)
    except Exception as error:  # noqa: BLE001 - whatever the library raises about the sizes of tiny.py
        pytest.skip(f"the library does not compute it at tiny sizes: {error}")
    try:
        runner = runner_for("it", model)
    except ModelError as refused:
        assert str(refused).startswith("it (")
        assert "\n" not in str(refused)
        return
    for ours, library in zip(by_the_engine(runner, TEXTS), expected, strict=True):
        assert (ours - library).abs().max() < 0.01
