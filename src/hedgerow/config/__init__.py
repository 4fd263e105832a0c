"""Settings of a desk: frozen, read once, from the command line's flags over the environment over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

DEFAULT_PORT = 8040
DEFAULT_SIMULATOR_PORT = 8041


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the desk lives and listens.

    Attributes:
        data_dir: everything that the desk keeps; only its owner may read it.
        host: the address to listen on; loopback unless told otherwise.
        port: 0 takes a free one.
        allowed_hosts: names beyond loopback under which the desk may be asked for (the Host header).
        partitions: of the embedded journal, fixed when it is made.
        ops_host, ops_port: of /healthz, /readyz and /metrics; `None` for none.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    allowed_hosts: tuple[str, ...] = ()
    partitions: int = 4
    ops_host: str = "127.0.0.1"
    ops_port: int | None = None

    @property
    def journal_path(self) -> Path:
        return self.data_dir / "journal.sqlite"

    @property
    def history_path(self) -> Path:
        return self.data_dir / "history.sqlite"

    @property
    def vault_path(self) -> Path:
        return self.data_dir / "vault.sqlite"

    @property
    def key_path(self) -> Path:
        return self.data_dir / "vault.key"

    @property
    def simulator_dir(self) -> Path:
        return self.data_dir / "simulator"

    @property
    def door_path(self) -> Path:
        """Where a running desk leaves its address and a token for its owner's command line; 0600."""
        return self.data_dir / "desk.json"


class Door(msgspec.Struct, frozen=True):
    """How the owner's command line on the same machine finds and enters a running desk."""

    url: str
    token: str
    pid: int


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """`HEDGEROW_DATA`, else the user's data folder."""
    if chosen := environment.get("HEDGEROW_DATA"):
        return Path(chosen)
    home = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "hedgerow"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read `HEDGEROW_DATA`, `HEDGEROW_HOST`, `HEDGEROW_PORT`, `HEDGEROW_ALLOWED_HOSTS` (comma-separated),
    `HEDGEROW_OPS_HOST` and `HEDGEROW_OPS_PORT`.

    Raises:
        ValueError: a setting cannot be read; the message names it.
    """
    port = _port(environment, "HEDGEROW_PORT")
    hosts = tuple(host.strip() for host in environment.get("HEDGEROW_ALLOWED_HOSTS", "").split(",") if host.strip())
    return Settings(
        data_dir=default_data_dir(environment),
        host=environment.get("HEDGEROW_HOST", "127.0.0.1"),
        port=DEFAULT_PORT if port is None else port,
        allowed_hosts=hosts,
        ops_host=environment.get("HEDGEROW_OPS_HOST", "127.0.0.1"),
        ops_port=_port(environment, "HEDGEROW_OPS_PORT"),
    )


def _port(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise ValueError(f"{name} must be a port number, not {text!r}")
    return int(text)
