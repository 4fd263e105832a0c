"""`amend` and `cancel`: changing and ending orders that live."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli import inputs, words
from hedgerow.cli.answers import report
from hedgerow.cli.client import part
from hedgerow.cli.command import Invocation, command
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.inputs import AccountOption, KeyOption, QuantiseFlag
from hedgerow.cli.order_views import LIVING
from hedgerow.order_manager.schemas import AmendOrderBody


def add_to(app: typer.Typer) -> None:
    command(app, "amend", ("amend b7k2m9xa --price 60500", "amend b7k2m9xa --amount 0.02 --sl none"))(amend)
    command(
        app,
        "cancel",
        ("cancel b7k2m9xa", "cancel --all", "cancel --all --symbol BTC/USDT:USDT --account sim"),
    )(cancel)


def amend(
    here: Invocation,
    order_id: Annotated[str, typer.Argument(help="Its id, or the first 6 characters or more.")],
    amount: Annotated[str | None, typer.Option("--amount", help="The new whole amount.")] = None,
    price: Annotated[str | None, typer.Option("--price", "-p", help="The new limit price.")] = None,
    trigger: Annotated[str | None, typer.Option("--trigger", help="The new trigger price.")] = None,
    take_profit: Annotated[str | None, typer.Option("--tp", help="The new take profit; 0 or none removes it.")] = None,
    stop_loss: Annotated[str | None, typer.Option("--sl", help="The new stop loss; 0 or none removes it.")] = None,
    quantise: QuantiseFlag = False,
    key: KeyOption = None,
) -> None:
    """Change a living order; what is left out stays."""
    body = AmendOrderBody(
        amount=inputs.positive_or_none("amount", amount),
        price=inputs.positive_or_none("price", price),
        trigger_price=inputs.positive_or_none("trigger", trigger),
        take_profit=inputs.level_or_zero("tp", take_profit),
        stop_loss=inputs.level_or_zero("sl", stop_loss),
        quantise=quantise,
    )
    if all(value is None for value in (amount, price, trigger, take_profit, stop_loss)):
        raise BadInputError("amend", "say what changes: --amount, --price, --trigger, --tp or --sl")
    chosen = inputs.key(key)
    whole = inputs.order_id(here.client, order_id, (LIVING,))
    report(here, here.client.command("PATCH", f"/api/orders/{part(whole)}", body, key=chosen), "Amended.")


def cancel(
    here: Invocation,
    order_id: Annotated[str | None, typer.Argument(help="Its id, or the first 6 characters or more.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every living order of the account.")] = False,
    symbol: Annotated[str | None, typer.Option("--symbol", "-s", help="With --all: of this symbol only.")] = None,
    account: AccountOption = None,
    key: KeyOption = None,
) -> None:
    """Cancel an order, or all of an account."""
    if (order_id is None) is not everything:
        raise BadInputError("order_id", "give one order, or --all")
    if order_id is not None and (symbol or account):
        raise BadInputError("order_id", "--symbol and --account go with --all")
    chosen = inputs.key(key)
    if order_id is not None:
        whole = inputs.order_id(here.client, order_id, (LIVING,))
        raw = here.client.command("DELETE", f"/api/orders/{part(whole)}", key=chosen)
        report(here, raw, f"Canceling {words.short_id(whole)}.")
        return
    wanted = None if symbol is None else inputs.symbol(symbol)
    query = {"account": inputs.account(here.client, account), "symbol": wanted}
    report(here, here.client.command("DELETE", "/api/orders", key=chosen, query=query), "Canceling all.")
