"""Loading: what can be loaded works, and what cannot is refused in one sentence that says what to do."""

from __future__ import annotations

import asyncio
import json
import re
import threading

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from rlm_core.core.errors import ModelError
from rlm_core.engine.loading.nano import build_tokenizer
from rlm_core.models.loading import load, pick_device
from rlm_core.models.policy import Sampling
from rlm_core.problems import make

COUNTDOWN = make("countdown:numbers=3,seed=7")
SMALL = {
    "vocab_size": len(build_tokenizer()),
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SMALL, max_position_embeddings=2048)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SMALL, max_position_embeddings=2048)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=SMALL["vocab_size"], n_positions=2048, n_embd=16, n_layer=2, n_head=2)),
}


def saved(folder, model, **how) -> str:
    model.save_pretrained(folder, **how)
    build_tokenizer().save_pretrained(folder)
    return str(folder)


def refused(name: str, **how) -> str:
    """The one sentence with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        load(name, **how)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    return sentence


def test_the_bundled_model_loads_in_double_precision():
    loaded = load("nano")
    assert loaded.engine.exact
    assert loaded.engine.runner.dtype == torch.float64
    assert loaded.format.name == "nano"


@pytest.mark.parametrize("kind", MODELS)
def test_any_causal_model_in_a_folder_works_as_a_base_model(tmp_path, kind):
    torch.manual_seed(1)
    model = MODELS[kind]().eval()
    loaded = load(saved(tmp_path, model), fmt="plain")
    policy = loaded.policy()
    (greedy,) = asyncio.run(policy.complete(COUNTDOWN, (), [(0,)], Sampling(0.0, max_solution_tokens=8)))
    prompt = loaded.format.prompt(COUNTDOWN)
    expected = list(prompt)
    with torch.inference_mode():
        for _ in range(8):
            expected.append(int(model(torch.tensor([expected]), use_cache=False).logits[0, -1].argmax()))
    got = [t.id for s in greedy for t in s.tokens]
    assert got
    assert got == expected[len(prompt) :][: len(got)]


def test_a_model_without_a_chat_template_is_refused_unless_plain(tmp_path):
    name = saved(tmp_path, MODELS["llama"]())
    assert refused(name) == f"{name} has no chat template; set the prompt format to plain to use it as a base model."
    assert load(name, fmt="plain").format.name == "plain"


def test_a_prompt_longer_than_the_model_reads_is_refused(tmp_path):
    name = saved(tmp_path, LlamaForCausalLM(LlamaConfig(**SMALL, max_position_embeddings=64)))
    with pytest.raises(ModelError, match="reads at most 64 tokens"):
        asyncio.run(load(name, fmt="plain").policy().propose(COUNTDOWN, (), [(0,)], Sampling()))


@pytest.mark.parametrize(
    "config",
    [
        MistralConfig(**SMALL, sliding_window=16, max_position_embeddings=64),
        Qwen2Config(**SMALL, use_sliding_window=True, sliding_window=16, max_window_layers=1),
    ],
    ids=["mistral", "qwen2"],
)
def test_sliding_windows_go_over_the_same_rows_with_reuse_of_prefixes(tmp_path, config):
    model = MistralForCausalLM(config) if isinstance(config, MistralConfig) else Qwen2ForCausalLM(config)
    said: list[str] = []
    name = saved(tmp_path, model)
    loaded = load(name, fmt="plain", report=said.append)
    assert loaded.engine.runner.reuses_prefixes
    assert not any("one text at a time" in sentence for sentence in said)
    assert refused(name, fmt="plain", backend="openvino").endswith(
        "has layers that look back through a window, so OpenVINO cannot compute it; choose the back end torch."
    )


def test_states_that_cannot_be_cut_are_driven_without_reuse_of_prefixes_and_it_is_said(tmp_path):
    config = MambaConfig(vocab_size=len(build_tokenizer()), hidden_size=16, num_hidden_layers=2, state_size=4)
    said: list[str] = []
    loaded = load(saved(tmp_path, MambaForCausalLM(config)), fmt="plain", report=said.append)
    assert not loaded.engine.runner.reuses_prefixes
    assert "computes every prompt whole, one text at a time" in said[-1]


def test_a_window_as_long_as_the_model_reads_is_no_window(tmp_path):
    model = MistralForCausalLM(MistralConfig(**SMALL, sliding_window=64, max_position_embeddings=64))
    assert load(saved(tmp_path, model), fmt="plain").engine.runner.max_length == 64


def test_an_unknown_name_lists_what_is_allowed():
    assert refused("nanoo").startswith("There is no model named 'nanoo'; allowed are nano, smollm2,")


def test_a_missing_gguf_file_is_named(tmp_path):
    assert refused(str(tmp_path / "x.gguf")) == f"There is no GGUF file {tmp_path / 'x.gguf'}."


def test_a_broken_gguf_file_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_EXPLORER_DATA", str(tmp_path))
    (tmp_path / "x.gguf").write_bytes(b"GGUFgarbage")
    assert refused(str(tmp_path / "x.gguf")).startswith("x.gguf could not be read as a GGUF model: ")


def test_a_folder_without_a_configuration_is_no_model(tmp_path):
    assert refused(str(tmp_path)) == f"The folder {tmp_path} holds no config.json, so it is not a model."


def test_pickled_weights_are_refused(tmp_path):
    name = saved(tmp_path, MODELS["llama"]())
    weights = LlamaForCausalLM.from_pretrained(tmp_path).state_dict()
    (tmp_path / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    assert refused(name, fmt="plain").startswith(f"{name} could not be loaded: ")


def test_code_that_comes_with_a_model_is_never_run(tmp_path):
    name = saved(tmp_path, MODELS["llama"]())
    config = json.loads((tmp_path / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Evil: pass\n")
    refused(name, fmt="plain")
    assert not (tmp_path / "ran").exists()


def test_a_device_that_is_not_there_is_refused():
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(ModelError, match=r"cuda is not available on this machine; available: auto, .*cpu"):
        pick_device("cuda")


def test_smollm2_splits_text_as_it_was_trained(smollm2):
    tokenizer = smollm2[0].tokenizer
    pieces = [tokenizer.decode([i]) for i in tokenizer.encode("\n\n2. 48/12=4", add_special_tokens=False)]
    assert "".join(pieces) == "\n\n2. 48/12=4"
    assert all(len(p) == 1 for p in pieces if any(c.isdigit() for c in p)), pieces


def test_smollm2_proposes_a_step_for_a_problem_in_words(smollm2):
    loaded, told = smollm2
    assert any(re.fullmatch(r"Converting SmolLM2.*: 100 % \((\d+) of \1 tensors\), \d+ s", said) for said in told), told
    assert loaded.format.name == "chat"
    policy = loaded.policy()
    steps = asyncio.run(policy.propose(make("words:seed=1"), (), [(0, 0), (0, 1)], Sampling(0.7, max_step_tokens=24)))
    assert all(s.text.strip() and "\n" not in s.text and "<|" not in s.text for s in steps)
    assert policy.usage.generated == sum(len(s.tokens) for s in steps)


def test_models_that_are_loaded_at_once_are_all_there():
    names = ["nano", "checkpoint:five-minutes-0-0-base", "checkpoint:five-minutes-0-4-final-rl"] * 3
    ready, failed = threading.Barrier(len(names)), list[Exception]()

    def one(name: str) -> None:
        ready.wait()
        try:
            load(name)
        except Exception as error:  # noqa: BLE001 - told below, in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
