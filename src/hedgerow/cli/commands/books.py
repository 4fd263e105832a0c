"""`balances`, `instruments` and `candles`: what an account has, and what it may trade."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli import inputs, words
from hedgerow.cli.client import decode
from hedgerow.cli.columns import Column
from hedgerow.cli.command import Invocation, command
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.inputs import AccountFilter, AccountOption, SinceOption, SymbolFilter
from hedgerow.cli.terminal import Terminal
from hedgerow.core.reports import Balance
from hedgerow.exchange import Candle
from hedgerow.order_manager.schemas import BalancesView, CandlesView, InstrumentView


def add_to(app: typer.Typer) -> None:
    command(app, "balances", ("balances", "balances --account sim --json"))(balances)
    command(app, "instruments", ("instruments", "instruments --symbol BTC/USDT:USDT"))(instruments)
    command(
        app,
        "candles",
        ("candles BTC/USDT:USDT", "candles BTC/USDT:USDT --interval 1h --limit 48"),
    )(candles)


def balances(here: Invocation, account: AccountFilter = None) -> None:
    """Show what each account holds, by currency.

    Equity counts open profit; what is available may be used for new orders.
    """
    raw = here.client.get("/api/balances", {"account": account and inputs.name("account", account)})
    if here.terminal.json:
        here.terminal.give(raw)
        return
    rows = [(view, balance) for view in decode(raw, list[BalancesView]) for balance in view.balances]
    here.terminal.tabulate(_balance_columns(here.terminal), rows, "No balances yet.")


def _balance_columns(terminal: Terminal) -> list[Column[tuple[BalancesView, Balance]]]:
    return [
        Column("ACCOUNT", lambda row: row[0].account, rank=1),
        Column("CURRENCY", lambda row: row[1].currency),
        Column("EQUITY", lambda row: words.number(row[1].equity), right=True),
        Column("AVAILABLE", lambda row: words.number(row[1].available), right=True),
        Column("WALLET", lambda row: words.number(row[1].wallet), rank=3, right=True),
        Column("MARGIN", lambda row: words.number(row[1].initial_margin), rank=4, right=True),
        Column("PNL", lambda row: words.gain(row[1].unrealised_pnl), rank=2, right=True),
        Column("UPDATED", lambda row: terminal.moment(row[0].updated_ms), rank=5),
    ]


def instruments(here: Invocation, account: AccountOption = None, symbol: SymbolFilter = None) -> None:
    """List what can be traded: ticks, lots, bounds, fees."""
    wanted = symbol and inputs.symbol(symbol)
    query = {"account": inputs.account(here.client, account), "symbol": wanted}
    raw = here.client.get("/api/instruments", query)
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.tabulate(_INSTRUMENT_COLUMNS, decode(raw, list[InstrumentView]), "No instruments.")


_INSTRUMENT_COLUMNS: list[Column[InstrumentView]] = [
    Column("SYMBOL", lambda row: row.symbol),
    Column("TICK", lambda row: words.number(row.price_tick), right=True),
    Column("LOT", lambda row: words.number(row.amount_step), right=True),
    Column("MIN", lambda row: words.number(row.min_amount), rank=1, right=True),
    Column("MAX", lambda row: words.number(row.max_amount), rank=4, right=True),
    Column("MIN VALUE", lambda row: words.number(row.min_notional), rank=3, right=True),
    Column("LEVERAGE", lambda row: words.times(row.max_leverage), rank=2, right=True),
    Column("MAKER", lambda row: words.number(row.maker_fee), rank=6, right=True),
    Column("TAKER", lambda row: words.number(row.taker_fee), rank=5, right=True),
    Column("ACCOUNT", lambda row: row.account, rank=7),
]


def candles(
    here: Invocation,
    symbol: Annotated[str, typer.Argument(help="As BTC/USDT:USDT.")],
    interval: Annotated[str, typer.Option("--interval", "-i", help="As 1m, 15m, 1h, 1d.")] = "1m",
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="At most so many.")] = 30,
    account: AccountOption = None,
) -> None:
    """Show candles of a symbol, oldest first."""
    if not interval.isascii() or not interval.isalnum() or len(interval) > 8:
        raise BadInputError("interval", "must be such as 1m, 15m, 1h or 1d")
    query = {
        "symbol": inputs.symbol(symbol),
        "interval": interval,
        "since": inputs.since(since, here.terminal.now_ms(), here.terminal.zone),
        "limit": limit,
        "account": inputs.account(here.client, account),
    }
    raw = here.client.get("/api/candles", query)
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.tabulate(_candle_columns(here.terminal), decode(raw, CandlesView).candles, "No candles.")


def _candle_columns(terminal: Terminal) -> list[Column[Candle]]:
    return [
        Column("TIME", lambda candle: terminal.moment(candle.start_ms)),
        Column("OPEN", lambda candle: words.number(candle.open), rank=2, right=True),
        Column("HIGH", lambda candle: words.number(candle.high), rank=1, right=True),
        Column("LOW", lambda candle: words.number(candle.low), rank=1, right=True),
        Column("CLOSE", lambda candle: words.number(candle.close), right=True),
        Column("VOLUME", lambda candle: words.number(candle.volume), rank=3, right=True),
    ]
