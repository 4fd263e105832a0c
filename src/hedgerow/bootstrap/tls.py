"""The desk's own certificate: loaded at the start, and again when its files are renewed."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from hedgerow.bootstrap.starting import CannotStart
from hedgerow.clock import Clock

_END: Final = "-----END CERTIFICATE-----"
_LARGEST: Final = 1024 * 1024
_LOOK_S: Final = 5.0

_log = structlog.get_logger(__name__)


class _Stamp(NamedTuple):
    """By what a file that was written anew is known."""

    inode: int
    bytes: int
    time_ns: int


class Tls:
    """
    Attributes:
        context: what connections are accepted with; a renewed certificate holds for those that come after it.
        certificate: the desk's own, in PEM.

    Raises:
        CannotStart: certificate and key cannot be used; `str()` says why.
    """

    def __init__(self, cert: Path, key: Path) -> None:
        self._cert = cert
        self._key = key
        self._seen = self._look()
        self.certificate = _first_certificate(cert)
        self._newest = self.context = _context(cert, key)
        self.context.sni_callback = self._show_the_newest

    async def keep_fresh(self, clock: Clock, renewed: Callable[[], None]) -> None:
        """Take in a renewed certificate, for ever; one that cannot be used is told of, and the old one is kept.

        Args:
            renewed: is told when there is another.
        """
        while True:
            await clock.sleep(_LOOK_S)
            seen = self._look()
            if seen == self._seen:
                continue
            self._seen = seen
            try:
                self._load()
            except CannotStart as fault:
                _log.error("certificate not renewed; the one before is used on", fault=str(fault))
            else:
                _log.info("certificate renewed", certificate=str(self._cert))
                renewed()

    def _load(self) -> None:
        """A context of its own each time: one would keep a key of another kind beside the new one, and show either."""
        certificate = _first_certificate(self._cert)
        self._newest = _context(self._cert, self._key)
        self.certificate = certificate

    def _show_the_newest(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """Asked at the beginning of each handshake, whether the client names a host or not."""
        connection.context = self._newest

    def _look(self) -> tuple[_Stamp | None, ...]:
        return tuple(_stamp(path) for path in (self._cert, self._key))


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


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
