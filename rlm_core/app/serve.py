"""Start the app: the worker first, since it takes longest to come up, and the web server beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from rlm_core.app.supervisor import HAS_WORKER, Supervisor
from rlm_core.core.paths import ROOT
from rlm_core.runs.store import Store

STREAMLIT = """from streamlit.runtime.pages_manager import PagesManager
PagesManager.uses_pages_directory = False
from streamlit.web.cli import main
main()"""
"""Streamlit, told that app.py names the pages: else the first link into a page of a fresh server would show its raw folder."""


def serve(port: int) -> int:
    """Serve until interrupted; returns the web server's exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    supervisor = Supervisor(Store())
    command = [sys.executable, "-c", STREAMLIT, "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {HAS_WORKER: "1"})
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        supervisor.stop()
