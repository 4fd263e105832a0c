"""Answers: JSON by our own codec, and what a command came to as a status."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.enums import MediaType

from hedgerow.core.codec import to_json
from hedgerow.core.refusals import Refusal
from hedgerow.order_manager.commanding import Done
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.problems import PROBLEM_JSON, problem
from hedgerow.order_manager.schemas import CommandResult


class JsonResponse(Response[Any]):
    """Money leaves as plain text, whoever renders it."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        return content if isinstance(content, bytes) else to_json(content)

    @classmethod
    def raw(cls, body: bytes, status: int) -> JsonResponse:
        kind = MediaType.JSON if status < 400 else PROBLEM_JSON
        return cls(content=body, status_code=status, media_type=kind)


def command_response(done: Done | Refusal) -> CommandResult:
    """200 accepted, 202 in doubt; a refusal is a problem. Raises RefusedError."""
    if isinstance(done, Refusal):
        raise RefusedError(done)
    if done.refusal is not None:
        document = problem(done.refusal, done.order)
        return JsonResponse.raw(to_json(document), document.status)  # type: ignore[return-value]
    result = CommandResult(
        command_id=done.command_id, outcome=done.outcome, order=done.order, orders=list(done.orders), note=done.note
    )
    status = 202 if done.outcome == "in_doubt" else 200
    return JsonResponse(content=result, status_code=status)  # type: ignore[return-value]
