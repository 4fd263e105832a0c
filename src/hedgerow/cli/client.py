"""The desk's API over HTTP: one request, one deadline, and never a guess about what became of a command."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from hedgerow.cli.door import START, Desk, trust
from hedgerow.cli.exits import FailedError, InDoubtError, ProblemError, UnreachableError
from hedgerow.core.codec import to_json
from hedgerow.core.refusals import Code
from hedgerow.order_manager.schemas import Problem

Answer = TypeVar("Answer")
Query = Mapping[str, str | int | Sequence[str] | None]

CONNECT_TIMEOUT_S: Final = 3.0
ANSWER_TIMEOUT_S: Final = 30.0
_MAX_BODY: Final = 64 * 1024 * 1024
_CHUNK: Final = 256 * 1024
_REASONS: Final = frozenset(Code)  # a no with a reason; any other failure of the desk decides nothing


class _NoAnswerError(Exception):
    """The request went out, and no whole answer came back."""


class Client:
    """A desk, asked one thing at a time."""

    def __init__(self, desk: Desk, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self.desk = desk
        self._parts = urlsplit(desk.url)
        self._timeout_s = answer_timeout_s

    def get(self, path: str, query: Query | None = None, *, also: int = 200) -> bytes:
        """Ask; the answer's body. `also` is a status of failure whose body is an answer all the same.

        Raises:
            ProblemError: the desk said no.
            UnreachableError: it did not answer.
        """
        return self._ask("GET", _target(path, query), None, also)

    def ask(self, path: str, body: msgspec.Struct | None = None) -> bytes:
        """Ask by POST, where the question needs a body or costs the desk something; as `get`, it changes nothing."""
        return self._ask("POST", path, None if body is None else to_json(body))

    def _ask(self, method: str, target: str, encoded: bytes | None, also: int = 200) -> bytes:
        try:
            status, body = self._exchange(method, target, encoded, None)
        except _NoAnswerError as error:
            raise UnreachableError(f"The desk at {self.desk.url} did not answer: {error}.") from None
        if status >= 400 and status != also:
            raise _no(status, body) or UnreachableError(f"{self.desk.url} answered {status}, and not as a desk does.")
        return body

    def command(
        self, method: str, path: str, body: msgspec.Struct | None = None, *, key: str, query: Query | None = None
    ) -> bytes:
        """Ask for something to be done, once, under an Idempotency-Key; the answer's body.

        Raises:
            ProblemError: the desk said no.
            UnreachableError: nothing was sent.
            InDoubtError: it was sent, and what became of it is not known.
        """
        encoded = None if body is None else to_json(body)
        try:
            status, answer = self._exchange(method, _target(path, query), encoded, key)
        except (_NoAnswerError, KeyboardInterrupt) as error:
            why = "you stopped waiting" if isinstance(error, KeyboardInterrupt) else str(error)
            raise InDoubtError(_doubt(why, key)) from None
        if status < 400:
            return answer
        no = _no(status, answer)
        if no is None or (status >= 500 and no.problem.code not in _REASONS):
            said = f"the answer was {status}" if no is None else f"{no} ({status})"
            raise InDoubtError(_doubt(said, key))
        raise no

    def _exchange(self, method: str, target: str, body: bytes | None, key: str | None) -> tuple[int, bytes]:
        connection = self._connect()
        try:
            headers = {"Authorization": f"Bearer {self.desk.token}", "Accept": "application/json"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            if key is not None:
                headers["Idempotency-Key"] = key
            return self._talk(connection, method, target, body, headers)
        except TimeoutError:
            raise _NoAnswerError(f"no answer within {self._timeout_s:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise _NoAnswerError(f"the connection broke ({type(error).__name__})") from None
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        host, port, context = self._parts.hostname or "", self._parts.port, trust(self.desk)
        connection = (
            http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)
            if context is None
            else http.client.HTTPSConnection(host, port, timeout=CONNECT_TIMEOUT_S, context=context)
        )
        try:
            connection.connect()
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
            raise UnreachableError(f"No desk answers at {self.desk.url} ({reason}): {START}.") from None
        return connection

    def _talk(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> tuple[int, bytes]:
        """One deadline over sending, waiting and reading."""
        deadline = time.monotonic() + self._timeout_s
        _limit(connection, deadline)
        connection.request(method, self._parts.path + target, body=body, headers=dict(headers))
        socket = connection.sock
        response = connection.getresponse()
        chunks: list[bytes] = []
        size = 0
        while True:
            socket.settimeout(_left(deadline))
            chunk = response.read1(_CHUNK)
            if not chunk:
                break
            chunks.append(chunk)
            size += len(chunk)
            if size > _MAX_BODY:
                raise FailedError("The answer is too large; ask for less.")
        if response.length:
            raise http.client.IncompleteRead(b"".join(chunks))
        return response.status, b"".join(chunks)


def _limit(connection: http.client.HTTPConnection, deadline: float) -> None:
    connection.sock.settimeout(_left(deadline))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _target(path: str, query: Query | None) -> str:
    """Only what was given is asked for."""
    given = {name: value for name, value in (query or {}).items() if value is not None and value != [] and value != ()}
    return path + (f"?{urlencode(given, doseq=True)}" if given else "")


def part(text: str) -> str:
    """A name as one part of a path."""
    return quote(text, safe="")


def _no(status: int, body: bytes) -> ProblemError | None:
    """`None` where the body is no problem of ours: something else answered."""
    try:
        return ProblemError(msgspec.json.decode(body, type=Problem), body)
    except msgspec.DecodeError:
        return None


def _doubt(why: str, key: str) -> str:
    return (
        f"In doubt: {why}. It may have taken effect. Look with `hedgerow orders --all`, or give the same command again "
        f"with --key {key}: under one key it is done only once."
    )


def decode(body: bytes, kind: type[Answer]) -> Answer:
    """Read an answer.

    Raises:
        FailedError: it is not what this version of the command line understands.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise FailedError(f"The desk's answer cannot be read ({error}): is it of another version?") from None
