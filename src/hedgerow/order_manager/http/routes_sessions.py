"""Routes on sessions, the devices that have them, and the pairings that begin one."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.http.answers import JsonResponse, answers
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.front import Headers
from hedgerow.order_manager.http.gate import Principal
from hedgerow.order_manager.http.owner_only import owner_only
from hedgerow.order_manager.http.problems import ProblemError, at_the_gate
from hedgerow.order_manager.pairing_links import link, qr_svg
from hedgerow.order_manager.session_schemas import (
    DeviceNameBody,
    DeviceView,
    PairingView,
    RevokedView,
    SessionView,
    SignInBody,
)
from hedgerow.vault.sessions import OWNER, Device, Session, SignedIn, TooManyTries

_NAME_MOST: Final = 64
_CHANGES: Final = (400, 403, 413, 503)

AnyRequest = Request[Any, Any, Any]


def _session(request: AnyRequest) -> Session | None:
    session: Session | None = request.scope["state"]["session"]
    return session


def _headers(request: AnyRequest) -> Headers:
    headers: Headers = request.scope["state"]["headers"]
    return headers


def _named(field: str, text: str) -> str:
    """A device's name. Raises RefusedError."""
    name = text.strip()
    if not 1 <= len(name) <= _NAME_MOST or not name.isprintable():
        message = f"a device's name is 1 to {_NAME_MOST} printable characters"
        raise RefusedError(Refusal(Code.MALFORMED, message, field=field))
    return name


@post(
    "/api/session",
    tags=["session"],
    summary="Sign a browser in with a link's secret or a short code; the session is in the cookie alone",
    responses=answers(*_CHANGES, 429),
)
async def sign_in(
    data: JSONBody[SignInBody], desk: NamedDependency[Desk], request: AnyRequest
) -> Response[SessionView]:
    agent = _headers(request).get(b"user-agent", b"").decode("latin-1")
    device = Device(name=_named("device", data.device), user_agent="".join(filter(str.isprintable, agent)))
    found = await desk.vault.sessions.redeem(data.code, device, desk.now_ms())
    if isinstance(found, TooManyTries):
        raise _too_many(found)
    if not isinstance(found, SignedIn):
        detail = "this code is mistyped, used or older than ten minutes; 'hedgerow pair' makes a new one"
        raise ProblemError(at_the_gate("wrong_code", detail, field="code"))
    before = _session(request)
    if before is not None:  # the same browser again: it is one device
        await desk.vault.sessions.revoke(before.session_id, desk.now_ms())
        desk.forget_tokens()
    cookie = desk.doorway.cookie(_headers(request)).given(found.text.reveal())
    user = found.session.user
    view = SessionView(user=user.name, scope=user.scope, owner=user.owner, device=_view(found.session, found.session))
    return JsonResponse(content=view, status_code=201, headers={"set-cookie": cookie.decode()})


def _too_many(found: TooManyTries) -> ProblemError:
    seconds = -(-found.retry_after_ms // 1000)
    detail = f"too many wrong codes: wait {seconds} s, or use the link or the QR code of 'hedgerow pair'"
    return ProblemError(at_the_gate("too_many_tries", detail, field="code"), {"retry-after": str(seconds)})


@get("/api/session", tags=["session"], summary="Who is signed in, on which device", responses=answers(400, 403, 503))
async def session(request: AnyRequest) -> SessionView:
    principal: Principal = request.scope["state"]["principal"]
    here = _session(request)
    device = None if here is None else _view(here, here)
    return SessionView(user=principal.name, scope=principal.scope, owner=principal.owner, device=device)


@delete("/api/session", tags=["session"], status_code=204, summary="Sign out", responses=answers(400, 403, 409, 503))
async def sign_out(desk: NamedDependency[Desk], request: AnyRequest) -> None:
    here = _session(request)
    if here is None:
        detail = "this was asked with a token, and there is no session to end; 'hedgerow tokens revoke' ends a token"
        raise ProblemError(at_the_gate("no_session", detail, field="Authorization"))
    await desk.vault.sessions.revoke(here.session_id, desk.now_ms())
    desk.forget_tokens()
    cookie = desk.doorway.cookie(_headers(request)).taken_back()
    # `Response[None]` would be described as a body of null
    return JsonResponse(content=b"", status_code=204, headers={"set-cookie": cookie.decode()})  # type: ignore[return-value]


@get(
    "/api/devices", tags=["session"], summary="Every signed-in browser, oldest first", responses=answers(400, 403, 503)
)
async def devices(desk: NamedDependency[Desk], request: AnyRequest) -> list[DeviceView]:
    owner_only(request)
    here = _session(request)
    return [_view(each, here) for each in await desk.vault.sessions.living(desk.now_ms())]


@patch("/api/devices/{device_id:str}", tags=["session"], summary="Rename a device", responses=answers(*_CHANGES, 404))
async def rename_device(
    data: JSONBody[DeviceNameBody], desk: NamedDependency[Desk], device_id: FromPath[str], request: AnyRequest
) -> DeviceView:
    owner_only(request)
    name = _named("name", data.name)
    return _known(await desk.vault.sessions.rename(device_id, name, desk.now_ms()), request)


@delete(
    "/api/devices/{device_id:str}",
    tags=["session"],
    status_code=200,
    summary="Sign a device out",
    responses=answers(*_CHANGES, 404),
)
async def revoke_device(desk: NamedDependency[Desk], device_id: FromPath[str], request: AnyRequest) -> DeviceView:
    owner_only(request)
    ended = await desk.vault.sessions.revoke(device_id, desk.now_ms())
    desk.forget_tokens()
    return _known(ended, request)


@delete(
    "/api/devices",
    tags=["session"],
    status_code=200,
    summary="Sign out every device but the one that asks; sign-in links not used yet end too",
    responses=answers(*_CHANGES),
)
async def revoke_others(desk: NamedDependency[Desk], request: AnyRequest) -> RevokedView:
    owner_only(request)
    here = _session(request)
    ended = await desk.vault.sessions.revoke_others(None if here is None else here.session_id, desk.now_ms())
    desk.forget_tokens()
    return RevokedView(revoked=ended)


def _known(found: Session | None, request: AnyRequest) -> DeviceView:
    if found is None:
        raise ProblemError(at_the_gate("unknown_device", "there is no such device", field="device_id"))
    return _view(found, _session(request))


def _view(session: Session, here: Session | None) -> DeviceView:
    return DeviceView(
        device_id=session.session_id,
        name=session.name,
        user_agent=session.user_agent,
        created_ms=session.created_ms,
        last_used_ms=session.last_used_ms,
        expires_ms=session.expires_ms,
        this=here is not None and session.session_id == here.session_id,
    )


@post(
    "/api/pairings",
    tags=["session"],
    summary="Make a link, a QR code and a short code that sign one browser in, once, within ten minutes",
    responses=answers(*_CHANGES),
)
async def pair(desk: NamedDependency[Desk], request: AnyRequest) -> PairingView:
    owner_only(request)
    made = await desk.vault.sessions.pair(OWNER, desk.now_ms())
    url = link(desk.doorway.address(_headers(request)), made.secret.reveal())
    return PairingView(code=made.code.reveal(), url=url, expires_ms=made.expires_ms, qr=qr_svg(url))


ROUTES = (sign_in, session, sign_out, devices, rename_device, revoke_device, revoke_others, pair)
