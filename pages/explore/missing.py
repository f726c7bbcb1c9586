"""What a run lacks, offered where it is missed: a model that reads the problem, or the weights of SmolLM2."""

from __future__ import annotations

import streamlit as st

from pages.shared.jobs import job_progress
from pages.shared.language import tr
from pages.shared.services import jobs
from pages.shared.state import set_value
from rlm_core.core.errors import NotInstalled, RlmError, UnreadableProblem
from rlm_core.core.words import RunStatus
from rlm_core.jobs.install import DESCRIPTION, InstallJob
from rlm_core.models.listed import SMOLLM2
from rlm_core.models.packaged import MEGABYTES


def offer(error: RlmError) -> None:
    """The button that mends the error, where one can."""
    if isinstance(error, UnreadableProblem):
        st.button(
            tr("Use {title}", title=SMOLLM2.title), key="use_smollm2", icon=":material/swap_horiz:", width="stretch", on_click=_use_smollm2
        )
    elif isinstance(error, NotInstalled):
        _install()


def _use_smollm2() -> None:
    set_value("model", SMOLLM2.name)


def _install() -> None:
    """The button that installs SmolLM2, or how far the installation is."""
    newest = next(iter(jobs().list(DESCRIPTION.name)), None)
    if newest is not None and newest.status != RunStatus.FINISHED:
        job_progress(newest)
        return
    if st.button(
        tr("Install it now ({megabytes} MB)", megabytes=MEGABYTES), key="install_smollm2", icon=":material/download:", width="stretch"
    ):
        jobs().create(InstallJob())
        st.rerun()
