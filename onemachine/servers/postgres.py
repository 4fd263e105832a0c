"""PostgreSQL on a free port of loopback and a socket of its own, with a password that is made for it."""

from __future__ import annotations

import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg

from onemachine.servers.server import HOST, MissingError, Server, StartError, free_port

USER = "hedgerow"
_PACKAGES = Path("/usr/lib/postgresql")  # Debian keeps initdb and postgres out of PATH
_UNPRIVILEGED = "postgres"
_INITDB_S = 60.0
_READY_S = 30.0
_GONE_S = 10.0
_SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
}


class Postgres:
    """One cluster. It outlives its server: after `stop` or `kill`, `start` brings it back on the same port.

    Args:
        folder: where it is kept; a temporary one by default, removed by `remove`.
        durable: whether commits wait for the disk. Without it they survive `kill`, but no power cut.
    """

    def __init__(self, folder: Path | None = None, *, durable: bool = False) -> None:
        self._programs = _find_programs()
        self._temporary = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="hedgerow-postgres-")) if folder is None else folder
        self.port = free_port()
        self._durable = durable
        self._server: Server | None = None
        self._tls: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._make()

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        _give_away(self.folder)
        password = self.folder / "password"
        if not password.exists():
            password.write_text(secrets.token_urlsafe(24))
            password.chmod(0o600)
            _give_away(password)
        self.password = password.read_text()
        if (self.folder / "cluster" / "PG_VERSION").exists():
            return
        command: list[str | Path] = [
            self._programs / "initdb",
            "--no-sync",
            "--no-instructions",
            "--encoding=UTF8",
            "--locale=C",
        ]
        command += ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password}", "-D", self._cluster]
        made = subprocess.run(
            _as_nobody_special(command), cwd=self.folder, capture_output=True, timeout=_INITDB_S, check=False
        )
        if made.returncode:
            raise StartError(f"initdb ended with {made.returncode}:\n{made.stderr.decode(errors='replace')}")

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    def guard(self, cert: Path, key: Path) -> None:
        """Speak TLS too, from the next start on: to whoever asks for it."""
        self._tls["ssl"] = "on"
        for setting, given in (("ssl_cert_file", cert), ("ssl_key_file", key)):
            own = self.folder / given.name
            own.write_bytes(given.read_bytes())
            _give_away(own)
            self._tls[setting] = str(own)

    def start(self) -> Postgres:
        settings = {**_SETTINGS, **self._tls, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        command: list[str | Path] = [self._programs / "postgres", "-D", self._cluster]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._server = Server.start("postgres", _as_nobody_special(command), folder=self.folder)
        try:
            self._server.wait_until(self._answers, _READY_S)
        except StartError:
            self.kill()
            raise
        return self

    def ensure_running(self) -> None:
        """Start it where it was stopped or killed, and nobody brought it back."""
        if self.code is not None:
            self.start()

    def stop(self) -> None:
        """The fast way: whoever is connected is cut off, and nothing is lost."""
        self._signal(signal.SIGINT)
        self._wait()

    def kill(self) -> None:
        """SIGKILL to the server and to every process of it: it comes back by its log."""
        for pid in [*self._backends(), *self._postmaster()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._wait()
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def pause(self) -> None:
        """SIGSTOP to all of it: connections stay open, and nobody answers."""
        for pid in [*self._postmaster(), *self._backends()]:
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self._server is not None:
            self._server.resume()  # `runuser` stops with its child
        for pid in [*self._backends(), *self._postmaster()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def remove(self) -> None:
        """Stop it, and remove a temporary folder."""
        if self._server is not None and self.code is None:
            self.resume()
            try:
                self.stop()
            except StartError:
                self.kill()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}:{self.password}@{HOST}:{self.port}/{database}"

    def new_database(self, template: str = "template0") -> str:
        """A database of its own, as a copy of `template`, which nobody may be connected to; returns its URL."""
        name = f"test_{next(self._numbers)}_{secrets.token_hex(4)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            # Copied by its files: with fsync off that is quicker than through the log.
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'.encode())
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database that `new_database` made, whoever is connected to it."""
        name = url.rsplit("/", 1)[1]
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._postmaster():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _wait(self) -> None:
        if self._server is not None:
            self._server.wait_until(lambda: self.code is not None, _GONE_S)

    @property
    def code(self) -> int | None:
        """Its exit code; `None` while it runs, or where it was never started."""
        return None if self._server is None else self._server.code

    def _postmaster(self) -> list[int]:
        """Not the process that was started: under root, that one is `runuser`. None where it does not run."""
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split()[0])
            ours = Path(f"/proc/{pid}/cwd").resolve() == self._cluster.resolve()  # and no other's, after a crash
        except (OSError, IndexError):
            return []
        return [pid] if ours else []

    def _backends(self) -> list[int]:
        return [
            int(child)
            for pid in self._postmaster()
            for task in Path(f"/proc/{pid}/task").glob("*/children")
            for child in task.read_text().split()
        ]

    def __enter__(self) -> Postgres:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.remove()


def _find_programs() -> Path:
    """The folder of initdb and postgres. Raises MissingError."""
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(_PACKAGES.glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]), reverse=True)
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise MissingError("PostgreSQL's initdb and postgres are not on this machine: install the package postgresql")


def _give_away(path: Path) -> None:
    """PostgreSQL refuses to run as root, so under root its files are another user's."""
    path.chmod(0o700 if path.is_dir() else 0o600)
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam(_UNPRIVILEGED)
        except KeyError:
            raise MissingError(f"PostgreSQL does not run as root, and there is no user {_UNPRIVILEGED}") from None
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _as_nobody_special(command: list[str | Path]) -> list[str | Path]:
    return ["runuser", "-u", _UNPRIVILEGED, "--", *command] if os.geteuid() == 0 else command
