"""`accounts`: exchange accounts. Their secrets go in, encrypted, and never come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

import typer

from hedgerow.cli import inputs, secrets_in, words
from hedgerow.cli.client import decode, part
from hedgerow.cli.columns import Column
from hedgerow.cli.command import Invocation, command, group
from hedgerow.cli.exits import BadInputError, FailedError
from hedgerow.cli.folder import on_vault, running_desk
from hedgerow.cli.inputs import KeyOption
from hedgerow.cli.terminal import Terminal
from hedgerow.core.codec import to_json
from hedgerow.journal.envelope import Environment
from hedgerow.order_manager.schemas import AccountCheck, AccountView, AddAccountBody
from hedgerow.vault import Credentials, ExchangeAccount, Secret, Vault

Name = Annotated[str, typer.Argument(help="What it is called here.")]
_SCHEMES = {"rest": {"http", "https"}, "ws": {"ws", "wss"}}


def add_to(app: typer.Typer) -> None:
    accounts = group("accounts", "Exchange accounts: add, list, check, remove.")
    command(
        accounts,
        "add",
        (
            "accounts add main --exchange bybit --environment testnet",
            "accounts add slow --exchange bybit --environment testnet --option order_entry=rest",
            "accounts add demo --exchange bybit --environment demo --stdin < keys.json",
            "accounts add sim2 --exchange bybit --environment simulation "
            "--url rest=http://127.0.0.1:8041 --url ws=ws://127.0.0.1:8041",
        ),
    )(add)
    command(accounts, "list", ("accounts list",))(list_accounts)
    command(accounts, "check", ("accounts check main",))(check)
    command(accounts, "remove", ("accounts remove main",))(remove)
    app.add_typer(accounts)


def add(
    here: Invocation,
    name: Name,
    exchange: Annotated[str, typer.Option("--exchange", help="ccxt's name of the exchange, as bybit.")],
    environment: Annotated[Environment, typer.Option("--environment", "-e", help="live moves real money.")],
    url: Annotated[
        list[str] | None, typer.Option("--url", help="Override an address: rest=https://… or ws=wss://…; repeatable.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="A choice of its own: order_entry=rest; repeatable.")
    ] = None,
    ask: Annotated[
        list[str] | None, typer.Option("--ask", help="A credential to ask for; repeatable. [apiKey, secret]")
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the credentials from standard input: JSON, or lines of NAME=VALUE.")
    ] = False,
    key: KeyOption = None,
) -> None:
    """Add an exchange account.

    Its secrets are asked for, without echo, and kept encrypted.
    With a running desk it is connected at once; without one when the desk starts.
    """
    called = inputs.name("name", name)
    addresses, options = _addresses(url or ()), _options(option or ())
    if not exchange.isascii() or not exchange.isalnum() or len(exchange) > 40:
        raise BadInputError("exchange", "must be ccxt's name of an exchange, as bybit")
    at_desk = running_desk(here)
    if not at_desk:
        _check_fit(exchange, options)
    values = secrets_in.piped(here.outside) if stdin else secrets_in.asked(here.outside, ask or ("apiKey", "secret"))
    body = AddAccountBody(
        name=called,
        exchange=exchange,
        environment=environment,
        credentials=values,
        urls=addresses,
        options=options,
    )
    if at_desk:
        raw = here.client.command("POST", "/api/accounts", body, key=inputs.key(key))
        _added(here, raw, decode(raw, AccountView).fault)
        return
    account = ExchangeAccount(
        name=called,
        exchange=exchange,
        environment=environment,
        urls=addresses,
        options=options,
        created_ms=here.terminal.now_ms(),
    )
    on_vault(here, lambda vault: _add(vault, account, values))
    _added(here, to_json(account), None)


def _added(here: Invocation, raw: bytes, fault: str | None) -> None:
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        here.terminal.say("It is added." if fault is None else f"It is added, but not ready: {fault}")


async def _add(vault: Vault, account: ExchangeAccount, values: dict[str, str]) -> None:
    await vault.add_account(account, Credentials({name: Secret(value) for name, value in values.items()}))


def _addresses(given: Sequence[str]) -> dict[str, str]:
    addresses: dict[str, str] = {}
    for text in given:
        kind, equals, address = text.partition("=")
        if not equals or kind not in _SCHEMES or kind in addresses:
            raise BadInputError("url", "must be rest=ADDRESS or ws=ADDRESS, each at most once")
        parts = urlsplit(address)
        if parts.scheme not in _SCHEMES[kind] or not parts.hostname or parts.username is not None:
            raise BadInputError("url", f"{kind} must be an address that begins with {min(_SCHEMES[kind])}://")
        addresses[kind] = address
    return addresses


def _options(given: Sequence[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for text in given:
        option, equals, value = text.partition("=")
        if not equals or option in options:
            raise BadInputError("option", "must be NAME=VALUE, each at most once")
        options[option] = value
    return options


def _check_fit(exchange: str, options: Mapping[str, str]) -> None:
    """What a running desk would say."""
    from hedgerow.exchange.connect import unfit  # ccxt is slow to load

    if (amiss := unfit(exchange, options)) is not None:
        raise BadInputError(*amiss)


def list_accounts(here: Invocation) -> None:
    """List the exchange accounts, and how each stands."""
    if not running_desk(here):
        _list_at_rest(here)
        return
    raw = here.client.get("/api/accounts")
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.tabulate(_columns(here.terminal), decode(raw, list[AccountView]), "No accounts yet.")


def _list_at_rest(here: Invocation) -> None:
    accounts = on_vault(here, lambda vault: vault.accounts())
    if here.terminal.json:
        here.terminal.give(to_json(accounts))
        return
    columns: list[Column[ExchangeAccount]] = [
        Column("NAME", lambda account: account.name),
        Column("EXCHANGE", lambda account: account.exchange),
        Column("ENVIRONMENT", lambda account: account.environment),
    ]
    here.terminal.tabulate(columns, accounts, "No accounts yet.")
    here.terminal.complain("No desk is running: none of them is connected.")


def _columns(terminal: Terminal) -> list[Column[AccountView]]:
    return [
        Column("NAME", lambda view: view.name),
        Column("EXCHANGE", lambda view: view.exchange, rank=2),
        Column("ENVIRONMENT", lambda view: view.environment, rank=1),
        Column("STATE", _state),
        Column("TRADING", lambda view: view.trading_state, rank=3),
        Column("FOLLOWED", lambda view: _followed(view, terminal), rank=4),
        Column("FAULT", lambda view: view.fault or "", rank=5, sparse=True),
    ]


def _state(view: AccountView) -> str:
    if not view.ready:
        return "not ready"
    return "ready" if view.followed else "not followed"


def _followed(view: AccountView, terminal: Terminal) -> str:
    if not view.followed_ms:
        return words.NOTHING
    return f"{words.age((terminal.now_ms() - view.followed_ms) / 1000)} ago"


def check(here: Invocation, name: Name) -> None:
    """Check an account at its exchange.

    Looks at the credentials, their permissions, the account's modes and the clock. Sends no order.
    """
    raw = here.client.ask(f"/api/accounts/{part(inputs.name('name', name))}/check")
    answer = decode(raw, AccountCheck)
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        for finding in answer.findings:
            here.terminal.say(f"{'ok  ' if finding.well else 'BAD '} {finding.subject}: {finding.message}")
    if not answer.well:
        raise FailedError(f"{answer.name} is not well.")


def remove(here: Invocation, name: Name, key: KeyOption = None) -> None:
    """Remove an account and its secrets.

    Its orders at the exchange stay as they are.
    """
    called = inputs.name("name", name)
    if running_desk(here):
        here.client.command("DELETE", f"/api/accounts/{part(called)}", key=inputs.key(key))
    elif not on_vault(here, lambda vault: vault.remove_account(called)):
        raise BadInputError("name", f"there is no account {called}")
    if not here.terminal.json:
        here.terminal.say(f"{called} is removed.")
