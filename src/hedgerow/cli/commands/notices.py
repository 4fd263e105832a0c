"""`notices`: where the desk tells of fills, stops and the like. An address goes in, and never comes out."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from hedgerow.cli import inputs, secrets_in
from hedgerow.cli.client import decode, part
from hedgerow.cli.columns import Column
from hedgerow.cli.command import Invocation, command, group
from hedgerow.cli.exits import BadInputError, FailedError
from hedgerow.cli.folder import on_vault, running_desk
from hedgerow.cli.inputs import KeyOption
from hedgerow.cli.outside import Outside
from hedgerow.cli.terminal import Terminal
from hedgerow.core.codec import to_json
from hedgerow.notices import MEANING, SHIPPED, TEST_MESSAGE, Delivery, Kind
from hedgerow.notices.addresses import scheme_of
from hedgerow.order_manager.notice_schemas import AddDestinationBody, DeliveryView, DestinationView
from hedgerow.vault import NameTakenError, Secret, Vault
from hedgerow.vault.notices import Destination

Name = Annotated[str, typer.Argument(help="What the destination is called here.")]
_LONGEST: Final = 4_096


def add_to(app: typer.Typer) -> None:
    notices = group("notices", "Where the desk tells of fills, stops and the like: add, list, test, remove.")
    command(
        notices,
        "add",
        (
            "notices add phone",
            "notices add mail --kind liquidation --kind in_doubt",
            "notices add phone --stdin < address.txt",
        ),
    )(add)
    command(notices, "list", ("notices list",))(list_destinations)
    command(notices, "test", ("notices test phone",))(send_test)
    command(notices, "remove", ("notices remove phone",))(remove)
    app.add_typer(notices)


def add(
    here: Invocation,
    name: Name,
    kind: Annotated[
        list[Kind] | None,
        typer.Option("--kind", help=f"Tell only of this; repeatable. [{', '.join(SHIPPED)}]"),
    ] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the address from standard input.")] = False,
    key: KeyOption = None,
) -> None:
    """Add a destination, by its address at a service that Apprise knows.

    Such as tgram://TOKEN/CHAT, ntfy://TOPIC or mailto://USER:PASSWORD@HOST: see https://appriseit.com/services.
    The address is asked for, without echo, and kept encrypted.
    """
    called = inputs.name("name", name)
    at_desk = running_desk(here)
    url = _piped(here.outside) if stdin else secrets_in.asked(here.outside, ("url",))["url"]
    kinds = tuple(kind or SHIPPED)
    if at_desk:
        body = AddDestinationBody(name=called, url=url.strip(), kinds=kinds)
        raw = here.client.command("POST", "/api/notices", body, key=inputs.key(key))
    else:
        raw = to_json(_added_at_rest(here, called, url.strip(), kinds))
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        here.terminal.say(f"It is added: try it with `hedgerow notices test {called}`.")


def _piped(outside: Outside) -> str:
    text = outside.stdin.read(_LONGEST + 1).strip()
    if not text or len(text) > _LONGEST or "\n" in text:
        raise BadInputError("url", "standard input must hold the address and nothing else")
    return text


def _added_at_rest(here: Invocation, name: str, url: str, kinds: tuple[Kind, ...]) -> DestinationView:
    from hedgerow.notices.apprise_messenger import AppriseMessenger  # what a running desk would use

    now_ms = here.terminal.now_ms()
    destination = Destination(
        name=name,
        scheme=scheme_of(url) or "",
        kinds=tuple(kind.value for kind in Kind if kind in kinds),
        created_ms=now_ms,
        since_ms=now_ms,
    )

    async def put(vault: Vault) -> None:
        messenger = AppriseMessenger()
        try:
            amiss = await messenger.unfit(url)
        finally:
            messenger.close()
        if amiss is not None:
            raise BadInputError("url", amiss)
        try:
            await vault.notices.add_destination(destination, Secret(url))
        except NameTakenError as taken:
            raise BadInputError("name", str(taken)) from None

    on_vault(here, put)
    return _view(destination)


def list_destinations(here: Invocation) -> None:
    """List the destinations; of an address only its scheme."""
    if running_desk(here):
        raw = here.client.get("/api/notices")
    else:
        raw = to_json([_view(each) for each in on_vault(here, lambda vault: vault.notices.destinations())])
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.tabulate(_columns(here.terminal), decode(raw, list[DestinationView]), "No destinations yet.")


def _view(destination: Destination) -> DestinationView:
    return DestinationView(
        name=destination.name,
        scheme=destination.scheme,
        kinds=tuple(Kind(kind) for kind in destination.kinds),
        enabled=destination.enabled,
        created_ms=destination.created_ms,
    )


def _columns(terminal: Terminal) -> list[Column[DestinationView]]:
    return [
        Column("NAME", lambda view: view.name),
        Column("SERVICE", lambda view: view.scheme),
        Column("STATE", lambda view: "on" if view.enabled else "off"),
        Column("TELLS OF", lambda view: "everything" if len(view.kinds) == len(MEANING) else ", ".join(view.kinds)),
        Column("ADDED", lambda view: terminal.moment(view.created_ms), rank=1),
    ]


def send_test(here: Invocation, name: Name) -> None:
    """Send a test message, and say whether it was delivered."""
    called = inputs.name("name", name)
    if running_desk(here):
        raw = here.client.ask(f"/api/notices/{part(called)}/test")
    else:
        raw = to_json(_tested_at_rest(here, called))
    answer = decode(raw, DeliveryView)
    if here.terminal.json:
        here.terminal.give(raw)
    elif answer.delivered:
        here.terminal.say("It was delivered.")
    if not answer.delivered:
        raise FailedError(f"It was not delivered: {answer.reason or 'the service did not say why'}")


def _tested_at_rest(here: Invocation, name: str) -> DeliveryView:
    from hedgerow.notices.apprise_messenger import AppriseMessenger

    async def send(vault: Vault) -> Delivery | None:
        url = await vault.notices.destination_url(name)
        if url is None:
            return None
        messenger = AppriseMessenger()
        try:
            return await messenger.send(url.reveal(), *TEST_MESSAGE)
        finally:
            messenger.close()

    delivery = on_vault(here, send)
    if delivery is None:
        raise BadInputError("name", f"there is no destination {name}")
    return DeliveryView(delivered=delivery.delivered, reason=delivery.reason or None)


def remove(here: Invocation, name: Name, key: KeyOption = None) -> None:
    """Remove a destination and its address."""
    called = inputs.name("name", name)
    if running_desk(here):
        here.client.command("DELETE", f"/api/notices/{part(called)}", key=inputs.key(key))
    elif not on_vault(here, lambda vault: vault.notices.remove_destination(called)):
        raise BadInputError("name", f"there is no destination {called}")
    if not here.terminal.json:
        here.terminal.say(f"{called} is removed.")
