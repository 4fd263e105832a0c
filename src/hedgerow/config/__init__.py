"""Settings of a desk: frozen, read once, from the command line's flags over the environment over the defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from hedgerow.config.sources import names, optional_address, optional_path, yes_or_no

DEFAULT_PORT = 8040
DEFAULT_SIMULATOR_PORT = 8041
T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the desk lives and listens.

    Attributes:
        data_dir: everything that the desk keeps; only its owner may read it.
        host: the address to listen on; loopback unless told otherwise.
        port: 0 takes a free one.
        allowed_hosts: names beyond loopback under which the desk may be asked for (the Host header).
        public_url: the page's address for links and QR codes; its name is answered to.
        tls_cert, tls_key: PEM files; with them the desk speaks TLS.
        behind_proxy: a proxy with TLS stands before the desk: what it says of host and scheme is believed.
        partitions: of the embedded journal, fixed when it is made.
        ops_host, ops_port: of /healthz, /readyz and /metrics; `None` for none.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    allowed_hosts: tuple[str, ...] = ()
    public_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
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
    """How the owner's command line on the same machine finds and enters a running desk.

    Attributes:
        certificate: the desk's own, in PEM, where it speaks TLS: no other is to be trusted for it.
    """

    url: str
    token: str
    pid: int
    certificate: str | None = None


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """`HEDGEROW_DATA`, else the user's data folder."""
    if chosen := environment.get("HEDGEROW_DATA"):
        return Path(chosen)
    home = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "hedgerow"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read `HEDGEROW_DATA`, `HEDGEROW_HOST`, `HEDGEROW_PORT`, `HEDGEROW_ALLOWED_HOSTS` (comma-separated),
    `HEDGEROW_PUBLIC_URL`, `HEDGEROW_TLS_CERT`, `HEDGEROW_TLS_KEY`, `HEDGEROW_BEHIND_PROXY` (1 or 0),
    `HEDGEROW_OPS_HOST` and `HEDGEROW_OPS_PORT`.

    Raises:
        ValueError: a setting cannot be read; the message names it.
    """
    port = _port(environment, "HEDGEROW_PORT")
    return Settings(
        data_dir=default_data_dir(environment),
        host=environment.get("HEDGEROW_HOST", "127.0.0.1"),
        port=DEFAULT_PORT if port is None else port,
        allowed_hosts=names(environment.get("HEDGEROW_ALLOWED_HOSTS", "")),
        public_url=_read(environment, "HEDGEROW_PUBLIC_URL", optional_address),
        tls_cert=_read(environment, "HEDGEROW_TLS_CERT", optional_path),
        tls_key=_read(environment, "HEDGEROW_TLS_KEY", optional_path),
        behind_proxy=_read(environment, "HEDGEROW_BEHIND_PROXY", yes_or_no),
        ops_host=environment.get("HEDGEROW_OPS_HOST", "127.0.0.1"),
        ops_port=_port(environment, "HEDGEROW_OPS_PORT"),
    )


def _read(environment: Mapping[str, str], name: str, read: Callable[[str], T]) -> T:
    try:
        return read(environment.get(name, "").strip())
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _port(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise ValueError(f"{name} must be a port number, not {text!r}")
    return int(text)
