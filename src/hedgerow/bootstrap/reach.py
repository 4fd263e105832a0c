"""From where a desk may be reached: beyond this machine only with TLS, its own or a proxy's."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from hedgerow.bootstrap.starting import CannotStart
from hedgerow.bootstrap.tls import Tls
from hedgerow.clock import Clock
from hedgerow.order_manager.http.front import Front

_ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - what must not be listened on by chance


class Reached(Protocol):
    """The settings that matter, of either deployment."""

    @property
    def host(self) -> str: ...

    @property
    def allowed_hosts(self) -> tuple[str, ...]: ...

    @property
    def public_url(self) -> str | None: ...

    @property
    def tls_cert(self) -> Path | None: ...

    @property
    def tls_key(self) -> Path | None: ...

    @property
    def behind_proxy(self) -> bool: ...


class Names(msgspec.Struct, frozen=True):
    """How the settings are called where they are given."""

    cert: str
    key: str
    proxy: str


FLAGS: Final = Names("--tls-cert FILE", "--tls-key FILE", "--behind-proxy")
VARIABLES: Final = Names("HEDGEROW_TLS_CERT", "HEDGEROW_TLS_KEY", "HEDGEROW_BEHIND_PROXY=1")


class Reach(msgspec.Struct, frozen=True):
    """`tls` is what the door speaks with; `None` for plain HTTP."""

    front: Front
    tls: Tls | None

    @property
    def context(self) -> ssl.SSLContext | None:
        return None if self.tls is None else self.tls.context

    @property
    def certificate(self) -> str | None:
        """The desk's own by now, in PEM."""
        return None if self.tls is None else self.tls.certificate

    async def keep_fresh(self, clock: Clock, renewed: Callable[[], None]) -> None:
        """See `Tls.keep_fresh`; nothing to do for plain HTTP."""
        if self.tls is not None:
            await self.tls.keep_fresh(clock, renewed)


def reach(settings: Reached, names: Names) -> Reach:
    """Raises CannotStart: the certificate cannot be used, or others could listen in."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise CannotStart(f"TLS needs a certificate and its key: give both {names.cert} and {names.key}")
    if settings.tls_cert is None and not settings.behind_proxy and not is_loopback(settings.host):
        raise CannotStart(
            f"{settings.host} is not this machine alone, and without TLS others could listen in: give {names.cert} and"
            f" {names.key}, or {names.proxy} where a proxy with TLS stands before it, or listen on 127.0.0.1"
        )
    own = () if settings.host in _ANY else (_in_a_host_header(settings.host),)
    front = Front(
        allowed_hosts=(*settings.allowed_hosts, *own),
        tls=settings.tls_cert is not None,
        behind_proxy=settings.behind_proxy,
        public_url=settings.public_url,
    )
    if settings.tls_cert is None or settings.tls_key is None:
        return Reach(front, None)
    return Reach(front, Tls(settings.tls_cert, settings.tls_key))


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address(host: str, port: int, *, tls: bool) -> str:
    """Of a desk that listens there, for people and programs on the same machine."""
    local = is_loopback(host) and ":" not in host and host in ("127.0.0.1", "localhost")
    name = "localhost" if local or host in _ANY else _in_a_host_header(host)
    return f"{'https' if tls else 'http'}://{name}:{port}"


def _in_a_host_header(host: str) -> str:
    return f"[{host}]" if ":" in host else host
