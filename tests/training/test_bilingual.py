"""The model that a training begins with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from rlm_core.core.errors import ModelError
from rlm_core.core.paths import VARIABLE
from rlm_core.engine.loading import nano
from rlm_core.training import bilingual


def weights(base: str, seed: int = 0) -> dict[str, torch.Tensor]:
    return bilingual.build_base(seed, base)[0].state_dict()


def test_random_weights_come_from_the_seed_alone() -> None:
    first, again, other = (weights("random", seed) for seed in (1, 1, 2))
    assert all(torch.equal(w, again[name]) for name, w in first.items())
    assert any(not torch.equal(w, other[name]) for name, w in first.items())
    assert len(first["model.embed_tokens.weight"]) == len(nano.build_tokenizer(japanese=True))


def test_a_model_without_the_signs_gets_them_as_the_bundled_one_does(tmp_path: Path) -> None:
    nano.build_tokenizer().save_pretrained(tmp_path)
    LlamaForCausalLM.from_pretrained(nano.FOLDER).save_pretrained(tmp_path)
    mine, bundled = weights(str(tmp_path)), weights("nano")
    assert all(torch.equal(w, bundled[name]) for name, w in mine.items())


def test_a_model_with_other_tokens_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(ModelError, match="There is no checkpoint 'lost'"):
        bilingual.build_base(0, "checkpoint:lost")
    with pytest.raises(
        ModelError, match="^HuggingFaceTB/x cannot be the base: its tokens are not the bundled model's; choose nano, random"
    ):
        bilingual.build_base(0, "HuggingFaceTB/x")
