"""A real PostgreSQL server for the tests, in a folder of its own, with a password."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from tests.patience import PATIENCE, until

USER, PASSWORD = "rlm", "s3cret-word"


def programs() -> Path | None:
    """The folder of the server's programs; Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).parent if named else None


class PostgresServer:
    """A server on a free port of this machine; each schema of it is an empty store."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # It refuses to be root: then it is the user that its package has made.
        self._as: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        self._folder = Path(tempfile.mkdtemp(prefix="rlm-explorer-postgres-"))
        (self._folder / "password").write_text(PASSWORD)
        if self._as:
            for path in (self._folder, self._folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        options = ("--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C")
        self._run("initdb", "-D", str(self._folder / "data"), "-U", USER, f"--pwfile={self._folder / 'password'}", *options)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._schemas = 0
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, cwd="/", env={"LC_ALL": "C"}, capture_output=True, timeout=PATIENCE, **self._as)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = (f"port={self.port}", "listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "max_connections=300")
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), "-k", str(self._folder)]
        command += [word for setting in settings for word in ("-c", setting)]
        said = subprocess.DEVNULL
        self._process = subprocess.Popen(command, cwd="/", env={"LC_ALL": "C"}, stdout=said, stderr=said, **self._as)
        until(self._answers)

    def _answers(self) -> bool:
        assert self._process.poll() is None, "the server has ended"
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop it; all connections are cut."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def url(self, schema: str = "", password: str = PASSWORD) -> str:
        within = f"?options=-csearch_path%3D{schema}" if schema else ""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/postgres{within}"

    def fresh(self) -> str:
        """The URL of an empty store."""
        self._schemas += 1
        schema = f"store_{self._schemas}"
        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {schema}")  # type: ignore[arg-type]
        return self.url(schema)
