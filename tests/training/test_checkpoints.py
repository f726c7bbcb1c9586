"""A checkpoint is written whole, listed at once, loaded by its name like any model, and refused where it cannot be."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from rlm_core import catalogue
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ModelError
from rlm_core.core.paths import VARIABLE
from rlm_core.models import checkpoints
from rlm_core.models.checkpoints import Card
from rlm_core.models.listed import NANO, describe, refuse_unnamed

FACTS = Card(name="mine", title="mine (nano)", base="nano", data="nothing", command="none", seed=0, licence="none", tokenizer="", created=0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(checkpoints, "bundled_folder", lambda: tmp_path / "bundled")
    return tmp_path


def write(facts: Card = FACTS, overwrite: bool = False) -> Path:
    from rlm_core.engine.loading.nano import build_model, build_tokenizer
    from rlm_core.training.checkpoints import write_checkpoint

    return write_checkpoint(build_model(), build_tokenizer(), facts, overwrite)


def test_a_checkpoint_is_a_model_like_any_other(folder: Path) -> None:
    from rlm_core.models.loading import load
    from rlm_core.models.policy import Sampling
    from rlm_core.problems import make

    assert list(catalogue.models()) == ["nano", "smollm2", "other"]
    made = write()
    assert list(catalogue.models()) == ["nano", "smollm2", "checkpoint:mine", "other"]
    known = describe("checkpoint:mine")
    assert (known.title, known.offers, known.fit) == ("mine (nano)", NANO.offers, NANO.fit)
    refuse_unnamed("checkpoint:mine")
    config = catalogue.checked(RunConfig(model="checkpoint:mine", problem="countdown:seed=0"))
    assert config.temperature == NANO.fit.temperature
    loaded = load("checkpoint:mine")
    steps = asyncio.run(loaded.policy().propose(make("countdown:seed=0"), (), [(0, 0)], Sampling(max_step_tokens=4)))
    assert steps[0].tokens
    card = checkpoints.card(made)
    assert card.created > 0 and card.tokenizer == checkpoints.tokenizer_id(made) and len(card.tokenizer) == 12


def test_there_is_nothing_by_a_wrong_name(folder: Path) -> None:
    with pytest.raises(ModelError, match="There is no checkpoint 'gone'; none was trained here yet"):
        refuse_unnamed("checkpoint:gone")
    write()
    with pytest.raises(ModelError, match="no checkpoint '../mine'; there are checkpoint:mine"):
        checkpoints.place("checkpoint:../mine")
    with pytest.raises(ModelError, match=r"cannot be called 'a/b'"):
        write(msgspec.structs.replace(FACTS, name="a/b"))


def test_a_checkpoint_is_only_replaced_on_purpose_and_leaves_nothing_behind(folder: Path) -> None:
    write()
    with pytest.raises(ModelError, match="There is a checkpoint mine already"):
        write()
    write(msgspec.structs.replace(FACTS, title="again"), overwrite=True)
    assert [c.title for c in checkpoints.listed()] == ["again"]
    assert [p.name for p in (folder / "checkpoints").iterdir()] == ["mine"]


def test_a_damaged_card_hides_no_other(folder: Path) -> None:
    write()
    write(msgspec.structs.replace(FACTS, name="other"))
    (folder / "checkpoints" / "other" / "card.json").write_text("{")
    assert [c.name for c in checkpoints.listed()] == ["mine"]


def test_one_of_your_own_comes_before_a_bundled_one(folder: Path) -> None:
    write()
    (folder / "checkpoints").rename(folder / "bundled")
    assert checkpoints.place("checkpoint:mine") == str(folder / "bundled" / "mine") and checkpoints.is_bundled("mine")
    assert describe("checkpoint:mine").sentence == "Bundled with the app, trained from nano: nothing"
    write(msgspec.structs.replace(FACTS, title="own"))
    assert [c.title for c in checkpoints.listed()] == ["own"] and not checkpoints.is_bundled("mine")


def test_other_tokens_are_refused(folder: Path) -> None:
    from rlm_core.engine.loading.nano import FOLDER, build_model, build_tokenizer
    from rlm_core.models.loading import load
    from rlm_core.training.checkpoints import refuse_other_tokenizer

    made = write()
    refuse_other_tokenizer(made, checkpoints.tokenizer_id(FOLDER))
    with pytest.raises(ModelError, match="checkpoint:mine was trained with another tokenizer"):
        refuse_other_tokenizer(made, "0" * 12)
    tokenizer = json.loads((made / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["x"] = len(tokenizer["model"]["vocab"])
    (made / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert checkpoints.tokenizer_id(made) != checkpoints.tokenizer_id(FOLDER)
    with pytest.raises(ModelError, match="weights for 37 tokens and a tokenizer of 38"):
        load("checkpoint:mine")
    assert build_model().config.vocab_size == len(build_tokenizer())


def test_listing_needs_no_torch() -> None:
    code = "import sys; from rlm_core.models import checkpoints; checkpoints.listed(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
