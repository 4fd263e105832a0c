"""`doctor`: what a person should know before they trust the desk with money, and what to do about it."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import socket
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer

from hedgerow.cli import words
from hedgerow.cli.client import decode, part
from hedgerow.cli.command import Invocation, command
from hedgerow.cli.door import NoDeskError
from hedgerow.cli.exits import CommandFault, FailedError
from hedgerow.cli.folder import on_vault
from hedgerow.config import DEFAULT_SIMULATOR_PORT, Settings
from hedgerow.core.codec import to_json
from hedgerow.order_manager.schemas import AccountCheck, AccountView, CheckFinding, Health

_MIN_FREE: Final = 1024**3
_MIN_PYTHON: Final = (3, 11)
# sqlite.org/wal.html: the WAL-reset race is mended from these versions on; within 3.44 and 3.50 too.
_MENDED: Final = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


def add_to(app: typer.Typer) -> None:
    command(app, "doctor", ("doctor", "doctor --json"))(doctor)


def doctor(here: Invocation) -> None:
    """Check machine, data folder, desk and accounts.

    Each line says `ok` or `BAD`, and what to do. Nothing is changed.
    """
    findings: list[CheckFinding] = []
    for finding in _findings(here):
        findings.append(finding)
        if not here.terminal.json:
            here.terminal.say(f"{'ok  ' if finding.well else 'BAD '} {finding.subject}: {finding.message}")
    if here.terminal.json:
        here.terminal.give(to_json(findings))
    ill = sum(not finding.well for finding in findings)
    if ill:
        raise FailedError(f"{ill} of {len(findings)} checks failed.")


def _findings(here: Invocation) -> Iterator[CheckFinding]:
    yield _python()
    yield _sqlite(sqlite3.sqlite_version_info)
    if not here.elsewhere:
        yield _folder(here.settings.data_dir)
        yield _disk(here.settings.data_dir)
    try:
        here.desk()
    except NoDeskError as nobody:
        yield _finding("desk", True, str(nobody))
        yield from _ports(here.settings)
        if here.settings.vault_path.exists():
            yield _vault(here)
    except CommandFault as fault:
        yield _finding("desk", False, str(fault))
    else:
        yield from _desk(here)


def _finding(subject: str, well: bool, message: str) -> CheckFinding:
    return CheckFinding(subject=subject, well=well, message=message)


def _python() -> CheckFinding:
    version = platform.python_version()
    old = tuple(map(int, platform.python_version_tuple()[:2])) < _MIN_PYTHON
    return _finding("python", not old, f"{version} is too old: 3.11 or newer is needed" if old else version)


def _sqlite(version: tuple[int, ...]) -> CheckFinding:
    text = ".".join(map(str, version))
    if _mended(version):
        return _finding("sqlite", True, text)
    note = "it has the WAL-reset race; the desk's one connection that writes and checkpoints keeps clear of it"
    return _finding("sqlite", True, f"{text}: {note}. Let no other program write to its files")


def _mended(version: tuple[int, ...]) -> bool:
    if version >= _MENDED[0]:
        return True
    return any(version[:2] == mended[:2] and version >= mended for mended in _MENDED)


def _folder(path: Path) -> CheckFinding:
    try:
        state = path.stat()
    except FileNotFoundError:
        return _finding("data folder", True, f"{path} is not there yet; the desk makes it")
    except OSError as error:
        return _finding("data folder", False, f"{path}: {error.strerror}")
    if not stat.S_ISDIR(state.st_mode):
        return _finding("data folder", False, f"{path} is no folder")
    if state.st_uid != os.getuid():
        return _finding("data folder", False, f"{path} belongs to another user")
    if state.st_mode & 0o077:
        return _finding("data folder", False, f"{path} is open to others: chmod 700 {path}")
    return _finding("data folder", True, f"{path}, yours alone")


def _disk(path: Path) -> CheckFinding:
    there = next((folder for folder in (path, *path.parents) if folder.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    gibibytes = f"{free / 1024**3:.1f} GiB free"
    return _finding("disk", free >= _MIN_FREE, gibibytes if free >= _MIN_FREE else f"{gibibytes}: too little")


def _ports(settings: Settings) -> Iterator[CheckFinding]:
    wanted = (("port", settings.host, settings.port), ("simulator port", "127.0.0.1", DEFAULT_SIMULATOR_PORT))
    for subject, host, port in wanted:
        taken = _taken(host, port) if port else None
        yield _finding(subject, taken is None, taken or f"{port} is free")


def _taken(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            used = error.errno == errno.EADDRINUSE
            return f"{port} is taken by another program" if used else f"{host}:{port}: {error.strerror or error}"
    return None


def _vault(here: Invocation) -> CheckFinding:
    try:
        accounts = on_vault(here, lambda vault: vault.accounts())
    except CommandFault as fault:
        return _finding("vault", False, str(fault))
    return _finding("vault", True, f"opens; {len(accounts)} accounts")


def _desk(here: Invocation) -> Iterator[CheckFinding]:
    try:
        health = decode(here.client.get("/api/health", also=503), Health)
        accounts = decode(here.client.get("/api/accounts"), list[AccountView])
    except CommandFault as fault:
        yield _finding("desk", False, str(fault))
        return
    yield _finding("desk", health.state == "up", f"{health.state} at {here.client.desk.url}, version {health.version}")
    for piece in health.parts or ():
        heard = "" if piece.age_ms is None else f", heard of {words.age(piece.age_ms / 1000)} ago"
        yield _finding(piece.name, piece.state == "up", f"{piece.state}: {piece.message}{heard}")
    for account in accounts:
        yield from _account(here, account)


def _account(here: Invocation, account: AccountView) -> Iterator[CheckFinding]:
    """What the exchange says: credentials, modes, the clock's offset."""
    try:
        answer = decode(here.client.ask(f"/api/accounts/{part(account.name)}/check"), AccountCheck)
    except CommandFault as fault:
        yield _finding(account.name, False, str(fault))
        return
    for finding in answer.findings:
        yield _finding(f"{account.name} {finding.subject}", finding.well, finding.message)
