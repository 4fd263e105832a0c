"""`pair` and `devices`: signing browsers in on the page, and out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from hedgerow.cli.client import decode, part
from hedgerow.cli.columns import Column
from hedgerow.cli.command import Invocation, command, group
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.folder import on_vault, running_desk, shared_vault
from hedgerow.cli.inputs import KeyOption
from hedgerow.cli.inputs import key as chosen_key
from hedgerow.cli.qr import qr_text
from hedgerow.cli.terminal import Terminal
from hedgerow.config.services import PUBLIC_URL, sources
from hedgerow.core.codec import to_json
from hedgerow.order_manager.session_schemas import DeviceView, PairingView, RevokedView
from hedgerow.vault import Vault
from hedgerow.vault.sessions import OWNER, Session

DeviceArgument = Annotated[str, typer.Argument(help="Its id or its name, as `hedgerow devices list` shows them.")]
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def add_to(app: typer.Typer) -> None:
    command(app, "pair", ("pair", "pair --json"))(pair)
    devices = group("devices", "Browsers that are signed in: list, sign out.")
    command(devices, "list", ("devices list",))(list_devices)
    command(devices, "revoke", ("devices revoke Phone", "devices revoke 5f0c3a9be1d24477"))(revoke)
    command(devices, "revoke-others", ("devices revoke-others",))(revoke_others)
    app.add_typer(devices)


def pair(here: Invocation) -> None:
    """Sign a browser in: a link to open, a QR code for a phone, and a short code to type.

    They work once, within ten minutes.
    """
    if shared_vault(here) is None:
        raw = here.client.ask("/api/pairings")
        view = decode(raw, PairingView)
    else:
        url, now_ms = _public_url(here), here.terminal.now_ms()
        view = on_vault(here, lambda vault: _pair(vault, url, now_ms))
        raw = to_json(view)
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        _show(here.terminal, view)


def _public_url(here: Invocation) -> str:
    try:
        url = sources(here.outside.environment, None).value(PUBLIC_URL)
    except ValueError as error:
        raise BadInputError("environment", str(error)) from None
    if url is None:
        raise BadInputError(PUBLIC_URL.name, "must be set to the page's address, such as https://desk.example")
    return url


async def _pair(vault: Vault, address: str, now_ms: int) -> PairingView:
    from hedgerow.order_manager.pairing_links import link, qr_svg  # slow to load, and the desk does it otherwise

    made = await vault.sessions.pair(OWNER, now_ms)
    url = link(address, made.secret.reveal())
    return PairingView(code=made.code.reveal(), url=url, expires_ms=made.expires_ms, qr=qr_svg(url))


def _show(terminal: Terminal, view: PairingView) -> None:
    if terminal.interactive:
        terminal.say(qr_text(view.url, colours=not terminal.out.no_color))
    terminal.say(f"link  {view.url}")
    terminal.say(f"code  {view.code}")
    terminal.say(f"once, until {terminal.moment(view.expires_ms)}")
    if urlsplit(view.url).hostname in _HERE:
        terminal.complain(
            "This link opens on this machine alone. For a phone, start the desk with --public-url and TLS: "
            "`hedgerow up --help`."
        )


def list_devices(here: Invocation) -> None:
    """List the browsers that are signed in."""
    raw = _devices(here)
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.tabulate(_columns(here.terminal), decode(raw, list[DeviceView]), "No device is signed in.")


def _devices(here: Invocation) -> bytes:
    if running_desk(here):
        return here.client.get("/api/devices")
    now_ms = here.terminal.now_ms()
    return to_json([_view(session) for session in on_vault(here, lambda vault: vault.sessions.living(now_ms))])


def _view(session: Session) -> DeviceView:
    return DeviceView(
        device_id=session.session_id,
        name=session.name,
        user_agent=session.user_agent,
        created_ms=session.created_ms,
        last_used_ms=session.last_used_ms,
        expires_ms=session.expires_ms,
        this=False,
    )


def _columns(terminal: Terminal) -> list[Column[DeviceView]]:
    return [
        Column("NAME", lambda device: device.name),
        Column("LAST USED", lambda device: terminal.moment(device.last_used_ms)),
        Column("ID", lambda device: device.device_id, rank=1),
        Column("SIGNED IN", lambda device: terminal.moment(device.created_ms), rank=2),
        Column("BROWSER", lambda device: device.user_agent, rank=3, sparse=True),
    ]


def revoke(here: Invocation, device: DeviceArgument, key: KeyOption = None) -> None:
    """Sign a device out: what it shows ends within a second."""
    device_id = _meant(decode(_devices(here), list[DeviceView]), device)
    if running_desk(here):
        raw = here.client.command("DELETE", f"/api/devices/{part(device_id)}", key=chosen_key(key))
    else:
        now_ms = here.terminal.now_ms()
        ended = on_vault(here, lambda vault: vault.sessions.revoke(device_id, now_ms))
        if ended is None:
            raise BadInputError("device", f"{device} is signed out already")
        raw = to_json(_view(ended))
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        here.terminal.say(f"{decode(raw, DeviceView).name} is signed out.")


def _meant(devices: list[DeviceView], text: str) -> str:
    found = [device.device_id for device in devices if text in (device.device_id, device.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInputError("device", f"{len(found)} devices are called {text}; give an id: {', '.join(found)}")
    raise BadInputError("device", f"no device {text} is signed in: `hedgerow devices list`")


def revoke_others(here: Invocation, key: KeyOption = None) -> None:
    """Sign every device out; links and codes that were not used yet end too.

    The command line is not signed in by a session, so that every browser is another.
    """
    if running_desk(here):
        raw = here.client.command("DELETE", "/api/devices", key=chosen_key(key))
    else:
        now_ms = here.terminal.now_ms()
        raw = to_json(RevokedView(revoked=on_vault(here, lambda vault: vault.sessions.revoke_others(None, now_ms))))
    if here.terminal.json:
        here.terminal.give(raw)
        return
    count = decode(raw, RevokedView).revoked
    here.terminal.say("1 device is signed out." if count == 1 else f"{count} devices are signed out.")
