"""`positions`, `protect`, `close`, `reverse`, `flatten`, `leverage`: what is held, and how it is changed."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli import inputs
from hedgerow.cli.answers import report
from hedgerow.cli.client import decode
from hedgerow.cli.command import Invocation, command
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.inputs import AccountFilter, AccountOption, KeyOption, QuantiseFlag
from hedgerow.cli.position_views import PositionsView, columns
from hedgerow.core.commands import PositionSide, TriggerBy
from hedgerow.order_manager.schemas import (
    ClosePositionBody,
    FlattenBody,
    LeverageBody,
    PositionsPage,
    ProtectionBody,
    ReversePositionBody,
)

Symbol = Annotated[str, typer.Argument(help="As BTC/USDT:USDT.")]
SideOption = Annotated[PositionSide | None, typer.Option("--side", help="Which leg, where there may be two.")]


def add_to(app: typer.Typer) -> None:
    command(app, "positions", ("positions", "positions --watch", "positions --account sim --json"))(list_positions)
    command(
        app,
        "protect",
        (
            "protect BTC/USDT:USDT --tp 66000 --sl 58000",
            "protect BTC/USDT:USDT --sl 59500",
            "protect BTC/USDT:USDT --tp none",
        ),
    )(protect)
    command(
        app,
        "close",
        (
            "close BTC/USDT:USDT",
            "close BTC/USDT:USDT --amount 0.005",
            "close BTC/USDT:USDT --price 61000",
        ),
    )(close)
    command(app, "reverse", ("reverse BTC/USDT:USDT", "reverse BTC/USDT:USDT --side long"))(reverse)
    command(app, "flatten", ("flatten", "flatten --account sim --symbol BTC/USDT:USDT"))(flatten)
    command(app, "leverage", ("leverage BTC/USDT:USDT 5",))(set_leverage)


def list_positions(
    here: Invocation,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay; the profit moves with the mark.")] = False,
    account: AccountFilter = None,
) -> None:
    """List open positions; live with --watch.

    With --watch the table is live; with --watch --json each event is a line, without the moving prices.
    """
    of = None if account is None else inputs.name("account", account)
    if watch:
        from hedgerow.cli.looking import look

        look(here, PositionsView(here.terminal, of, lambda: here.client))
        return
    raw = here.client.get("/api/positions", {"account": of})
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.tabulate(columns(here.terminal), decode(raw, PositionsPage).positions, "No positions.")


def protect(
    here: Invocation,
    symbol: Symbol,
    take_profit: Annotated[
        str | None, typer.Option("--tp", help="Take profit price; 0 or none clears it; left out it stays.")
    ] = None,
    stop_loss: Annotated[
        str | None, typer.Option("--sl", help="Stop loss price; 0 or none clears it; left out it stays.")
    ] = None,
    trigger_by: Annotated[TriggerBy | None, typer.Option("--trigger-by", help="Which price triggers.")] = None,
    side: SideOption = None,
    account: AccountOption = None,
    key: KeyOption = None,
) -> None:
    """Set, move or clear TP and SL of a position."""
    if take_profit is None and stop_loss is None:
        raise BadInputError("tp", "give --tp, --sl or both")
    wanted = inputs.symbol(symbol)
    levels = inputs.level_or_zero("tp", take_profit), inputs.level_or_zero("sl", stop_loss)
    chosen = inputs.key(key)
    body = ProtectionBody(
        account=inputs.account(here.client, account),
        symbol=wanted,
        side=side,
        take_profit=levels[0],
        stop_loss=levels[1],
        trigger_by=trigger_by,
    )
    report(here, here.client.command("PUT", "/api/positions/protection", body, key=chosen), "Protection is set.")


def close(
    here: Invocation,
    symbol: Symbol,
    amount: Annotated[str | None, typer.Option("--amount", help="Close only so much of it.")] = None,
    price: Annotated[str | None, typer.Option("--price", help="By limit orders at this price, not at market.")] = None,
    side: SideOption = None,
    quantise: QuantiseFlag = False,
    account: AccountOption = None,
    key: KeyOption = None,
) -> None:
    """Close a position, or part of it."""
    wanted = inputs.symbol(symbol)
    numbers = inputs.positive_or_none("amount", amount), inputs.positive_or_none("price", price)
    chosen = inputs.key(key)
    body = ClosePositionBody(
        account=inputs.account(here.client, account),
        symbol=wanted,
        side=side,
        amount=numbers[0],
        price=numbers[1],
        quantise=quantise,
    )
    report(here, here.client.command("POST", "/api/positions/close", body, key=chosen), "Closing.")


def reverse(
    here: Invocation,
    symbol: Symbol,
    side: SideOption = None,
    account: AccountOption = None,
    key: KeyOption = None,
) -> None:
    """Close a position, then open as much on the other side.

    At the market, without a question. Limits are asked about both halves first; TP and SL end with the old position.
    """
    wanted = inputs.symbol(symbol)
    chosen = inputs.key(key)
    body = ReversePositionBody(account=inputs.account(here.client, account), symbol=wanted, side=side)
    report(here, here.client.command("POST", "/api/positions/reverse", body, key=chosen), "Reversing.")


def flatten(
    here: Invocation,
    symbol: Annotated[str | None, typer.Option("--symbol", "-s", help="Only this symbol.")] = None,
    account: AccountOption = None,
    key: KeyOption = None,
) -> None:
    """Cancel all, then close all, without a question.

    Of an account, or of one symbol of it. Protective stops stay until it is flat. It is safe to repeat.
    """
    wanted = None if symbol is None else inputs.symbol(symbol)
    chosen = inputs.key(key)
    body = FlattenBody(account=inputs.account(here.client, account), symbol=wanted)
    report(here, here.client.command("POST", "/api/flatten", body, key=chosen), "Flattening.")


def set_leverage(
    here: Invocation,
    symbol: Symbol,
    leverage: Annotated[str, typer.Argument(help="As 5, for 5 times.")],
    account: AccountOption = None,
    key: KeyOption = None,
) -> None:
    """Set the leverage of a symbol."""
    wanted, times = inputs.symbol(symbol), inputs.positive("leverage", leverage)
    chosen = inputs.key(key)
    body = LeverageBody(account=inputs.account(here.client, account), symbol=wanted, leverage=times)
    report(here, here.client.command("PUT", "/api/leverage", body, key=chosen), f"Leverage of {wanted} is {times}x.")
