"""The Messenger on Apprise: Telegram, ntfy, mail and its hundred others.

Apprise is slow to load and blocks, so it lives on threads of its own; it is loaded when the first address is looked at.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import unquote

from hedgerow.notices import Delivery
from hedgerow.notices.addresses import scheme_of, unfit_by_sight

_THREADS: Final = 4
_DEADLINE_S: Final = 20.0
_SOCKET_S: Final = 8.0  # for each connect and each read, whatever the address asks for
_REASON: Final = 300

_REFUSED: Final = re.compile(r"error=4(?!08|29)[0-9]{2}")  # an HTTP status: trying again brings the same
_LOGGER: Final = "apprise"
_OF_THE_WEB: Final = ("http", "https")  # Apprise knows some services by the addresses that they give out themselves
_BETWEEN: Final = re.compile(r"[/:@?&=,#]")
_SHORTEST: Final = 3  # of a piece of an address that is hidden
T = TypeVar("T")


class AppriseMessenger:
    """`Messenger`. A thread whose deadline has passed ends by its sockets' own deadlines."""

    def __init__(self, *, deadline_s: float = _DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="notices")

    async def unfit(self, url: str) -> str | None:
        amiss = unfit_by_sight(url)
        if amiss is not None:
            return amiss
        try:
            return await self._on_thread(partial(_unfit, url))
        except TimeoutError:
            return "could not be looked at in time; try again"

    async def send(self, url: str, title: str, body: str) -> Delivery:
        try:
            return await self._on_thread(partial(_send, url, title, body))
        except TimeoutError:
            return Delivery(False, f"no answer within {self._deadline_s:g} s", again=True)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        """Raises TimeoutError, at once where it was closed."""
        try:
            running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        except RuntimeError as closed:
            raise TimeoutError from closed
        async with asyncio.timeout(self._deadline_s):
            return await running

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _unfit(url: str) -> str | None:
    from apprise.manager_plugins import NotificationManager  # slow to load

    services: Any = NotificationManager()  # type: ignore[no-untyped-call]
    scheme = scheme_of(url)
    if scheme not in _OF_THE_WEB and scheme not in services:
        return f"begins with {scheme}://, which is no service that Apprise knows"
    if scheme not in _OF_THE_WEB and not services[scheme].enabled:
        return f"begins with {scheme}://, which needs a library that is not installed here"
    return None if _open(url) is not None else "is not whole, or not as Apprise's documentation writes it"


def _open(url: str) -> Any:
    """Apprise's own object for an address, or `None`."""
    import apprise  # slow to load

    with _heard():
        asset = apprise.AppriseAsset(
            app_id="Hedgerow", app_desc="Hedgerow", app_url="", storage_mode="memory", async_mode=False
        )
        opened: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        if opened is not None and (not opened.enabled or _names_a_file(opened, apprise.AppriseAttachment)):
            opened = None
        if opened is not None:
            opened.socket_connect_timeout = opened.socket_read_timeout = _SOCKET_S
    return opened


def _names_a_file(opened: Any, attachment: type[Any]) -> bool:
    """Whether it would read a file, by whatever parameter."""
    return any(isinstance(held, attachment) and len(held) for held in vars(opened).values())


def _send(url: str, title: str, body: str) -> Delivery:
    if unfit_by_sight(url) is not None:
        return Delivery(False, "the address is one that this version does not send to")
    opened = _open(url)
    if opened is None:
        return Delivery(False, "the address is not one that Apprise can use")
    with _heard() as said:
        try:
            delivered = opened.notify(body=body, title=title, body_format="text")
        except Exception as fault:  # Apprise's services raise what they like; it may show the address
            return Delivery(False, f"Apprise failed: {type(fault).__name__}")
    if delivered:
        return Delivery(True)
    reason = "; ".join(said)
    again = _REFUSED.search(reason) is None
    return Delivery(False, _without_secrets(reason, url) or "the service refused it, and did not say why", again)


# what Apprise says goes to its log: the reason of a failure is nowhere else


class _Ear(logging.Handler):
    """Takes what a thread's own calls say; nothing of it goes on to the desk's log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._of_thread = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        said: list[str] | None = getattr(self._of_thread, "said", None)
        if said is not None and len(said) < 10:
            said.append(record.getMessage())

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        said: list[str] = []
        self._of_thread.said = said
        try:
            yield said
        finally:
            self._of_thread.said = None


_ear: Final = _Ear()


@contextmanager
def _heard() -> Iterator[list[str]]:
    logger = logging.getLogger(_LOGGER)
    logger.propagate = False
    if _ear not in logger.handlers:
        logger.addHandler(_ear)
    with _ear.listening() as said:
        yield said


def _without_secrets(said: str, url: str) -> str:
    """What was said, without anything of the address: any piece of it may be a secret."""
    pieces = {piece for piece in _BETWEEN.split(url.partition("://")[2]) if len(piece) >= _SHORTEST}
    pieces |= {unquote(piece) for piece in pieces}
    for piece in sorted(pieces, key=len, reverse=True):
        said = re.sub(re.escape(piece), "…", said, flags=re.IGNORECASE)
    return said if len(said) <= _REASON else said[: _REASON - 1] + "…"
