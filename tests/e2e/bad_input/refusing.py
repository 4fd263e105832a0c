"""What every no must look like."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec

from tests.e2e.desk_client import ANSWER_S, Answer, DeskClient

_MOST = 400
_NOT_FOR_PEOPLE = ("`", "Traceback", "msgspec", "Expected", "canarykey", "canarysecret", "hgt_")


def is_problem(document: dict[str, Any], status: int, code: str, field: str | None) -> None:
    """RFC 9457, with a stable code, the field at fault, and a sentence for a person."""
    assert (document["status"], document["code"], document.get("field")) == (status, code, field), document
    assert document["type"] == f"urn:hedgerow:problem:{code}", document
    assert document["title"], document
    sentence = document["detail"]
    assert 10 < len(sentence) <= _MOST, sentence
    assert " " in sentence, sentence
    assert not any(word in sentence for word in _NOT_FOR_PEOPLE), sentence


def refused(answer: Answer, status: int, code: str, field: str | None = None) -> None:
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json", answer
    is_problem(answer.body, status, code, field)


async def ask(
    desk: DeskClient,
    method: str,
    path: str,
    headers: dict[str, Any],
    content: bytes | AsyncIterator[bytes] | None = None,
) -> Answer:
    """One request with exactly these headers beside Host."""
    async with httpx.AsyncClient(base_url=desk.url, timeout=ANSWER_S, trust_env=False) as http:
        answer = await http.request(method, path, content=content, headers=headers)
    return Answer(answer.status_code, msgspec.json.decode(answer.content) if answer.content else None, answer.headers)
