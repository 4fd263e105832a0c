"""From where a desk may be reached: beyond this machine only with TLS, its own or a proxy's."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path
from typing import Final, Protocol

import msgspec

from hedgerow.bootstrap.starting import CannotStart
from hedgerow.order_manager.http.front import Front

_ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - what must not be listened on by chance
_END: Final = "-----END CERTIFICATE-----"
_LARGEST: Final = 1024 * 1024


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
    """`tls` is what the door speaks with, and `certificate` its own certificate in PEM; `None` for plain HTTP."""

    front: Front
    tls: ssl.SSLContext | None
    certificate: str | None


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
        return Reach(front, None, None)
    certificate = _first_certificate(settings.tls_cert)
    return Reach(front, _context(settings.tls_cert, settings.tls_key), certificate)


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


def _first_certificate(path: Path) -> str:
    """A desk's own certificate is the first of its chain."""
    text = _readable(path, "certificate")
    body, end, _ = text.partition(_END)
    if not end:
        raise CannotStart(f"the certificate {path} is no PEM file with a certificate")
    return body + end + "\n"


def _context(cert: Path, key: Path) -> ssl.SSLContext:
    _readable(key, "key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key, password=lambda: "")  # one that has a password is refused, not asked for
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise CannotStart(f"the key {key} does not belong to the certificate {cert}") from None
        said = error.reason or "it cannot be read"
        raise CannotStart(
            f"the certificate {cert} and the key {key} cannot be used ({said}): both are PEM files, and the key has no"
            " password"
        ) from None
    return context


def _readable(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("ascii", errors="replace")
    except OSError as error:
        raise CannotStart(f"the {what} {path} cannot be read: {error.strerror}") from None
