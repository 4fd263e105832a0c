"""Answers: JSON by our own codec, and what a command came to as a status."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec

from hedgerow.core.codec import to_json
from hedgerow.core.refusals import Refusal
from hedgerow.order_manager.commanding import Done
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.problems import PROBLEM_JSON, ProblemError, problem
from hedgerow.order_manager.schemas import CommandResult, Problem

_PROBLEM = {
    400: "the request cannot be understood",
    401: "not signed in",
    403: "whoever asks may not, or not from there",
    404: "no such account, symbol, order or position",
    409: "the key was used for another request, or the order has ended",
    413: "the body is larger than any command needs",
    421: "this desk does not go by that name",
    422: "denied by the desk, or rejected by the exchange",
    429: "too many codes were wrong: Retry-After says how long to wait",
    502: "the exchange did not answer a question",
    503: "the journal, history or the account is not there; nothing was sent",
}


def answers(*statuses: int, in_doubt: type | None = None) -> dict[int, ResponseSpec]:
    """The problems that a route may answer with, and what it answers while the outcome is in doubt."""
    specs = {
        status: ResponseSpec(Problem, generate_examples=False, description=_PROBLEM[status], media_type=PROBLEM_JSON)
        for status in (401, 421, *statuses)
    }
    if in_doubt is not None:
        specs[202] = ResponseSpec(in_doubt, generate_examples=False, description="in doubt: the desk is finding out")
    return specs


_ASKED = (400, 403, 404)
_COMMANDED = (400, 403, 404, 409, 413, 422, 503)


def asks() -> dict[int, ResponseSpec]:
    """Of a route that answers a question."""
    return answers(*_ASKED, 502, 503)


def commands(in_doubt: type | None = None) -> dict[int, ResponseSpec]:
    """Of a route that takes a command."""
    return answers(*_COMMANDED, in_doubt=in_doubt)


class JsonResponse(Response[Any]):
    """Money leaves as plain text, whoever renders it, and nothing on the way keeps it."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.headers.setdefault("cache-control", "no-store")
        self.headers.setdefault("x-content-type-options", "nosniff")

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        return content if isinstance(content, bytes) else to_json(content)

    @classmethod
    def raw(cls, body: bytes, status: int) -> JsonResponse:
        kind = MediaType.JSON if status < 400 else PROBLEM_JSON
        return cls(content=body, status_code=status, media_type=kind)


def command_response(done: Done | Refusal) -> Response[CommandResult]:
    """200 accepted, 202 in doubt. Raises RefusedError, or ProblemError with the order as it stands."""
    if isinstance(done, Refusal):
        raise RefusedError(done)
    if done.refusal is not None:
        raise ProblemError(problem(done.refusal, done.order))
    result = CommandResult(
        command_id=done.command_id, outcome=done.outcome, order=done.order, orders=list(done.orders), note=done.note
    )
    status = 202 if done.outcome == "in_doubt" else 200
    return JsonResponse(content=result, status_code=status)
