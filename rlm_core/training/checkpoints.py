"""Writing checkpoints: a model, its tokenizer and its card in one folder that is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import msgspec
from peft import PeftModel
from transformers import PreTrainedTokenizerBase

from rlm_core.core.errors import ModelError
from rlm_core.models.checkpoints import CARD, PREFIX, Card, card, checkpoints_folder, refuse_name, tokenizer_id

OWN_LICENCE = "that of this repository"


class Saveable(Protocol):
    """A model of transformers, or of peft: that asks the network for its base's configuration unless told that no embedding is to be
    saved.
    """

    def save_pretrained(self, save_directory: str, **kwargs: Any) -> Any: ...


def write_checkpoint(model: Saveable, tokenizer: PreTrainedTokenizerBase, facts: Card, overwrite: bool = False) -> Path:
    """Write a checkpoint and return its folder; the card's tokenizer and time are filled in. An earlier one of the same name is replaced
    only with `overwrite`.

    model: a whole model, or one of peft, of which the adapter is written.
    """
    refuse_name(facts.name, overwrite)
    checkpoints_folder().mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".", dir=checkpoints_folder()))
    try:
        adapter: dict[str, Any] = {"save_embedding_layers": False} if isinstance(model, PeftModel) else {}
        model.save_pretrained(str(made), safe_serialization=True, **adapter)
        tokenizer.save_pretrained(str(made))
        facts = msgspec.structs.replace(facts, tokenizer=tokenizer_id(made), created=time.time())
        write_card(made, facts)
        folder = checkpoints_folder() / facts.name
        if folder.exists():
            shutil.rmtree(folder)
        made.chmod(0o755)
        os.replace(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def write_card(folder: Path, facts: Card) -> None:
    """Write a checkpoint's card, or write it anew, as when more was measured."""
    (folder / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n")


def refuse_other_tokenizer(folder: Path, wanted: str) -> None:
    """ModelError if a checkpoint reads other tokens than the training it is to be used in. wanted: `tokenizer_id`."""
    found = tokenizer_id(folder)
    if found != wanted:
        name = card(folder).name if (folder / CARD).is_file() else str(folder)
        raise ModelError(
            f"{PREFIX}{name} was trained with another tokenizer ({found or 'none'}, wanted is {wanted}), so its weights mean other tokens; "
            "choose a checkpoint of the same base."
        )
