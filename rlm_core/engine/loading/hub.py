"""Downloading a model from the Hugging Face hub, with progress in bytes and plain words for what failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import get_safetensors_metadata, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    NotASafetensorsRepoError,
    RepositoryNotFoundError,
    SafetensorsParsingError,
)
from tqdm.auto import tqdm

from rlm_core.core.errors import ModelError

FILE_PATTERNS = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
"""Configuration, tokenizer and safetensors weights; never pickles or code."""


def elements(name: str) -> int | None:
    """Numbers in the weights of a hub id that is not on this machine yet, by the headers there; None where they are not told."""
    if isinstance(try_to_load_from_cache(name, "config.json"), str):
        return None
    try:
        return sum(get_safetensors_metadata(name).parameter_count.values())
    except (HfHubHTTPError, NotASafetensorsRepoError, SafetensorsParsingError, OSError):  # the download says what is in the way
        return None


def download(name: str, report: Callable[[str], None]) -> Path:
    """The local snapshot of a hub id; files that are already there are not fetched again."""
    report(f"Looking for {name} on the Hugging Face hub …")
    try:
        folder = Path(snapshot_download(name, allow_patterns=FILE_PATTERNS, tqdm_class=_reporting(name, report)))
    except GatedRepoError:
        raise ModelError(f"{name} is gated: accept its licence on the hub and log in with `hf auth login`.") from None
    except RepositoryNotFoundError:
        raise ModelError(f"The hub has no model named '{name}' (or it is private); check the spelling owner/name.") from None
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError):
        raise ModelError(
            f"{name} is not on this machine and the Hugging Face hub cannot be reached; connect, or choose the bundled model."
        ) from None
    if not list(folder.glob("*.safetensors")):
        raise ModelError(f"{name} offers no safetensors weights; pickled weights are not loaded because they can run code.")
    return folder


def _reporting(name: str, report: Callable[[str], None]) -> type[tqdm[Any]]:
    """A progress bar that tells `report` the bytes instead of drawing."""

    class Reporting(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": False, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            changed = super().update(n)
            if self.unit == "B" and self.total:
                report(f"Downloading {name}: {int(self.n) >> 20} of {int(self.total) >> 20} MB")
            return changed

    return Reporting


class _Nowhere:
    def write(self, text: str) -> None:
        """Drawing is left out; the numbers go to `report`."""

    def flush(self) -> None:
        """Nothing is buffered."""
