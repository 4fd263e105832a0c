"""Routes on notices: where they go, which ones, and whether they arrive. For the owner alone."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from hedgerow.core.refusals import Code, Refusal
from hedgerow.notices import TEST_MESSAGE, Kind
from hedgerow.notices.addresses import scheme_of
from hedgerow.order_manager.http.answers import asks, commands
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.owner_only import owner_only
from hedgerow.order_manager.http.problems import ProblemError, make, shortened
from hedgerow.order_manager.notice_schemas import (
    AddDestinationBody,
    ChangeDestinationBody,
    DeliveryView,
    DestinationView,
)
from hedgerow.vault import NameTakenError, Secret
from hedgerow.vault.notices import Destination

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)
_MOST = 32  # destinations
_TAGS = ["notices"]


@get("/api/notices", tags=_TAGS, summary="Where notices go", responses=asks())
async def destinations(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> list[DestinationView]:
    owner_only(request)
    return [_view(destination) for destination in await desk.vault.notices.destinations()]


@post(
    "/api/notices",
    tags=_TAGS,
    summary="Add a destination; its address never comes out again",
    responses=commands(),
)
async def add_destination(
    data: JSONBody[AddDestinationBody], desk: NamedDependency[Desk], request: Request[Any, Any, Any]
) -> DestinationView:
    owner_only(request)
    if _NAME.fullmatch(data.name) is None:
        message = "a name is 1 to 32 lower-case letters, digits, - and _"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="name"))
    kinds = _chosen(data.kinds)
    if len(await desk.vault.notices.destinations()) >= _MOST:
        raise RefusedError(Refusal(Code.NOT_SUPPORTED, f"there are {_MOST} destinations already", field="name"))
    amiss = await desk.notices.messenger.unfit(data.url)
    if amiss is not None:
        raise RefusedError(Refusal(Code.NOT_SUPPORTED, f"url {amiss}", field="url"))
    now_ms = desk.now_ms()
    destination = Destination(
        name=data.name, scheme=scheme_of(data.url) or "", kinds=kinds, created_ms=now_ms, since_ms=now_ms
    )
    try:
        await desk.vault.notices.add_destination(destination, Secret(data.url))
    except NameTakenError as fault:
        raise RefusedError(Refusal(Code.KEY_REUSED, str(fault), field="name")) from fault
    desk.notices.look_again()
    return _view(destination)


@patch("/api/notices/{name:str}", tags=_TAGS, summary="Choose its kinds, switch it on or off", responses=commands())
async def change_destination(
    name: FromPath[str],
    data: JSONBody[ChangeDestinationBody],
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
) -> DestinationView:
    owner_only(request)
    before = await _named(desk, name)
    if before is None:
        raise _unknown(name)
    enabled = before.enabled if data.enabled is None else data.enabled
    after = msgspec.structs.replace(
        before,
        kinds=before.kinds if data.kinds is None else _chosen(data.kinds),
        enabled=enabled,
        since_ms=desk.now_ms() if enabled and not before.enabled else before.since_ms,
    )
    if not await desk.vault.notices.change_destination(after):
        raise _unknown(name)
    desk.notices.look_again()
    return _view(after)


@delete("/api/notices/{name:str}", tags=_TAGS, status_code=200, summary="Remove a destination", responses=commands())
async def remove_destination(
    name: FromPath[str], desk: NamedDependency[Desk], request: Request[Any, Any, Any]
) -> DestinationView:
    owner_only(request)
    before = await _named(desk, name)
    if before is None or not await desk.vault.notices.remove_destination(name):
        raise _unknown(name)
    desk.notices.look_again()
    return _view(before)


@post(
    "/api/notices/{name:str}/test",
    tags=_TAGS,
    status_code=200,
    summary="Send a test message; whether it was delivered, and why not",
    responses=commands(),
)
async def test_destination(
    name: FromPath[str], desk: NamedDependency[Desk], request: Request[Any, Any, Any]
) -> DeliveryView:
    owner_only(request)
    url = await desk.vault.notices.destination_url(name)
    if url is None:
        raise _unknown(name)
    delivery = await desk.notices.messenger.send(url.reveal(), *TEST_MESSAGE)
    return DeliveryView(delivered=delivery.delivered, reason=delivery.reason or None)


async def _named(desk: Desk, name: str) -> Destination | None:
    return next((each for each in await desk.vault.notices.destinations() if each.name == name), None)


def _unknown(name: str) -> ProblemError:
    return ProblemError(make(404, "unknown_destination", f"there is no destination {shortened(name)!r}", field="name"))


def _chosen(kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    """Each once, in the order that all have. Raises RefusedError."""
    if not kinds:
        raise RefusedError(Refusal(Code.MISSING, f"kinds are some of {', '.join(Kind)}", field="kinds"))
    return tuple(kind.value for kind in Kind if kind in kinds)


def _view(destination: Destination) -> DestinationView:
    return DestinationView(
        name=destination.name,
        scheme=destination.scheme,
        kinds=tuple(Kind(kind) for kind in destination.kinds),
        enabled=destination.enabled,
        created_ms=destination.created_ms,
    )


ROUTES = (destinations, add_destination, change_destination, remove_destination, test_destination)
