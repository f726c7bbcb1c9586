"""Rewards that could not score: their errors above the results of the others."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.language import words_of
from pages.shared.reward_picker import reward_title


def without_failures(results: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Show the error of each reward that failed; returns the results of the others, by reward."""
    for name, result in results.items():
        if "error" in result:
            st.error(f"**{markdown_text(reward_title(name))}**: {words_of(result['error'])}", icon=":material/error:")
    return {name: result for name, result in results.items() if "error" not in result}
