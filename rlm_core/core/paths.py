"""Where the app writes: one data folder, so that a test, a classroom and a backup are each one folder."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

_PACKAGE = Path(__file__).parents[1]

ROOT = _PACKAGE / "_app" if (_PACKAGE / "_app").is_dir() else _PACKAGE.parent
"""The folder that holds app.py, pages/, assets/ and docs/: of the checkout, or where the wheel has put them (see pyproject.toml)."""

ASSETS = ROOT / "assets"
"""The bundled model and rewards."""

VARIABLE = "RLM_EXPLORER_DATA"
"""Environment variable that names the data folder; the default is the platform's user data folder."""

STORE_VARIABLE = "RLM_EXPLORER_STORE"
"""Environment variable with the URL of the database of runs; the default is a file in the data folder."""


def data_folder() -> Path:
    """The data folder, made if it is not there."""
    folder = Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else user_data_path("rlm-explorer")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cache_folder() -> Path:
    """Converted models; safe to delete."""
    folder = data_folder() / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
