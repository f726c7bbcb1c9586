"""Checkpoints of trained policies, those of the data folder and the bundled ones, as they are found, named and read. No torch here.

`<data folder>/checkpoints/NAME` or `assets/checkpoints/NAME` holds a model as transformers writes it (`config.json`,
`model.safetensors`, the tokenizer's files), or an adapter of peft, and `card.json`, a `Card`. Everywhere a model is named,
`checkpoint:NAME` is that one. `training.checkpoints` writes them.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import msgspec

from rlm_core.core.errors import ModelError
from rlm_core.core.paths import ASSETS, data_folder

PREFIX = "checkpoint:"
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")
CARD = "card.json"
ADAPTER = "adapter_config.json"
"""The file by which a folder is known to hold an adapter of peft."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint is and came from.

    name: of its folder.
    title: a few words for lists.
    base: the model that training began with, as it is named everywhere.
    parent: the checkpoint it was trained from; "" for the base.
    stage: of a pipeline; "" outside of one.
    data: what it learned from, in a sentence.
    command: makes it again.
    seed: of its training.
    licence: of its weights.
    tokenizer: `tokenizer_id` of its tokenizer.
    created: seconds since 1970.
    settings: of its training.
    curve: rows over the optimiser steps, as in `curve.jsonl` or thinned out.
    measures: what was measured on held-out problems.
    base_measures: the same measures of the base.
    kinds: kinds of problems whose solutions it learned in words without worked examples, which it is then not shown.
    base_weights: fingerprint of the base's weights, for an adapter; "" where it is not known.
    """

    name: str
    title: str
    base: str
    data: str
    command: str
    seed: int
    licence: str
    tokenizer: str
    created: float
    parent: str = ""
    stage: str = ""
    settings: dict[str, Any] = {}
    curve: list[dict[str, Any]] = []
    measures: dict[str, Any] = {}
    base_measures: dict[str, Any] = {}
    kinds: tuple[str, ...] = ()
    base_weights: str = ""


def checkpoints_folder() -> Path:
    """Where checkpoints are written; it need not be there."""
    return data_folder() / "checkpoints"


def unfinished(name: str) -> Path:
    """The file from which the training of an adapter goes on; it is there while the training is not finished."""
    return checkpoints_folder() / f".{name}.state.safetensors"


def bundled_folder() -> Path:
    """Where the checkpoints are that come with the app."""
    return ASSETS / "checkpoints"


def find(name: str) -> Path | None:
    """The folder of the checkpoint of that name: one of the data folder before a bundled one. None if there is none."""
    if not NAME.fullmatch(name):
        return None
    folders = (folder / name for folder in (checkpoints_folder(), bundled_folder()))
    return next((folder for folder in folders if (folder / CARD).is_file()), None)


def refuse_name(name: str, overwrite: bool = False) -> None:
    """ModelError if no checkpoint may be called so, or if the data folder has one already that must not be overwritten."""
    if not NAME.fullmatch(name):
        raise ModelError(
            f"A checkpoint cannot be called '{name}'; "
            "allowed are letters, digits, '.', '-' and '_', a letter or digit first, such as nano-r1."
        )
    if not overwrite and (checkpoints_folder() / name).exists():
        raise ModelError(f"There is a checkpoint {name} already; choose another name.")


def is_checkpoint(model: str) -> bool:
    """Does this name of a model mean a checkpoint?"""
    return model.startswith(PREFIX)


def place(model: str) -> str:
    """The folder of a checkpoint; any other name as it stands. ModelError for a name that no checkpoint has.

    >>> place("nano")
    'nano'
    """
    if not is_checkpoint(model):
        return model
    name = model.removeprefix(PREFIX)
    folder = find(name)
    if folder is None:
        there = ", ".join(PREFIX + c.name for c in listed())
        raise ModelError(f"There is no checkpoint '{name}'; {f'there are {there}' if there else 'none was trained here yet'}.")
    return str(folder)


def card(folder: Path) -> Card:
    """The card of a checkpoint. ModelError if it cannot be read."""
    try:
        return msgspec.json.decode((folder / CARD).read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"The card of the checkpoint {folder.name} cannot be read: {error}") from None


class _AdapterFile(msgspec.Struct):
    """The part of an adapter's configuration that is read here."""

    base_model_name_or_path: str | None = None


def adapter_folder(model: str) -> Path | None:
    """The folder of the adapter that a name or path means; None for any other model."""
    folder = Path(os.path.expanduser(place(model)))
    return folder if os.path.isfile(folder / ADAPTER) else None


def base_of(folder: Path) -> str:
    """The model that an adapter was made for, as its configuration names it. ModelError if it names none, or another adapter."""
    try:
        base = msgspec.json.decode((folder / ADAPTER).read_bytes(), type=_AdapterFile).base_model_name_or_path
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"The {ADAPTER} of {folder.name} cannot be read: {error}") from None
    if not base:
        raise ModelError(f"The adapter {folder.name} names no base in its {ADAPTER}; write there the model it was made for.")
    if adapter_folder(base):
        raise ModelError(f"The base of the adapter {folder.name} is {base}, an adapter itself; merge that into its own base first.")
    return base


def listed() -> list[Card]:
    """The cards of every checkpoint, the newest first, then the bundled ones. One whose card cannot be read is left out."""
    own = _cards(checkpoints_folder())
    return own + [card for card in _cards(bundled_folder()) if card.name not in {mine.name for mine in own}]


def is_bundled(name: str) -> bool:
    """Did the checkpoint of that name come with the app?"""
    folder = find(name)
    return folder is not None and folder.parent == bundled_folder()


def _cards(parent: Path) -> list[Card]:
    """The cards in a folder of checkpoints, the newest first."""
    found: list[Card] = []
    for folder in parent.iterdir() if parent.is_dir() else ():
        try:
            if NAME.fullmatch(folder.name) and (folder / CARD).is_file():
                found.append(msgspec.structs.replace(card(folder), name=folder.name))
        except ModelError:
            continue
    return sorted(found, key=lambda c: (-c.created, c.name))


def tokenizer_id(folder: str | os.PathLike[str]) -> str:
    """12 hex digits that differ for tokenizers with other tokens; "" where the folder holds no tokenizer.json."""
    try:
        content = msgspec.json.decode(Path(folder, "tokenizer.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return ""
    told = {key: content.get(key) for key in ("model", "added_tokens", "pre_tokenizer", "normalizer")}
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()[:12]
