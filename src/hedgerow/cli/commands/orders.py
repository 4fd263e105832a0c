"""`orders`, `order` and `fills`: what was asked, how it stands, and what came of it."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli import inputs, words
from hedgerow.cli.client import decode, part
from hedgerow.cli.columns import Column, table
from hedgerow.cli.command import Invocation, command
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.inputs import AccountFilter, SinceOption, SymbolFilter
from hedgerow.cli.order_views import LIVING, OrderFilter, OrdersView, columns
from hedgerow.cli.terminal import Terminal
from hedgerow.cli.timeline import Told, tell
from hedgerow.core.fills import Fill
from hedgerow.core.orders import Order, Status
from hedgerow.order_manager.schemas import FillsPage, OrdersPage, OrderStory

StatusOption = Annotated[
    list[str] | None,
    typer.Option("--status", help=f"Only these; may be repeated: {LIVING}, {', '.join(Status)}."),
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="At most so many.")]
PageOption = Annotated[str | None, typer.Option("--page", help="The older page that the one before named.")]


def add_to(app: typer.Typer) -> None:
    command(
        app,
        "orders",
        (
            "orders",
            "orders --watch",
            "orders --all --since 2d --symbol BTC/USDT:USDT",
            "orders --status in_doubt --json",
        ),
    )(list_orders)
    command(app, "order", ("order b7k2m9xa", "order b7k2m9xa --json"))(show_order)
    command(app, "fills", ("fills", "fills --since 1d --account sim", "fills --order b7k2m9xa"))(list_fills)


def list_orders(
    here: Invocation,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay, and show each change as it comes.")] = False,
    account: AccountFilter = None,
    symbol: SymbolFilter = None,
    status: StatusOption = None,
    since: SinceOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
    limit: LimitOption = 50,
    page: PageOption = None,
) -> None:
    """List orders, newest first; live with --watch.

    Those that live, or with --all or --status others too. With --watch the table is live: a stream that
    breaks is resumed where it broke, and nothing is missed.
    """
    wanted = OrderFilter(
        account=None if account is None else inputs.name("account", account),
        symbol=None if symbol is None else inputs.symbol(symbol),
        statuses=_statuses(status, everything=everything),
        since_ms=inputs.since(since, here.terminal.now_ms(), here.terminal.zone),
    )
    if watch:
        from hedgerow.cli.looking import look

        look(here, OrdersView(here.terminal, wanted))
        return
    raw = here.client.get("/api/orders", wanted.query(limit, page))
    if here.terminal.json:
        here.terminal.give(raw)
        return
    answer = decode(raw, OrdersPage)
    here.terminal.tabulate(columns(here.terminal), answer.orders, "No orders.")
    _name_next(here.terminal, answer.next)


def _statuses(given: list[str] | None, *, everything: bool) -> tuple[str, ...]:
    """An empty answer means any."""
    for status in given or ():
        if status != LIVING and status not in set(Status):
            raise BadInputError("status", f"must be one of {LIVING}, {', '.join(Status)}")
    if given:
        return tuple(given)
    return () if everything else (LIVING,)


def _name_next(terminal: Terminal, page: str | None) -> None:
    if page is not None:
        terminal.say(f"There are older ones: --page {page}")


def show_order(
    here: Invocation,
    order_id: Annotated[str, typer.Argument(help="Its id, or the first 6 characters or more.")],
) -> None:
    """Show one order and its story.

    Every intent, answer, change with its cause, and fill, with times.
    """
    whole = inputs.order_id(here.client, order_id)
    raw = here.client.get(f"/api/orders/{part(whole)}")
    if here.terminal.json:
        here.terminal.give(raw)
        return
    story = decode(raw, OrderStory)
    for name, value in _facts(story.order, here.terminal):
        here.terminal.say(f"{name:<10}{value}")
    here.terminal.say("")
    told = tell(story.timeline)
    for line in told:
        here.terminal.say(_told(line, here.terminal))


def _told(line: Told, terminal: Terminal) -> str:
    return f"{terminal.exact_moment(line.time_ms)}  {line.sentence}"


def _facts(order: Order, terminal: Terminal) -> list[tuple[str, str]]:
    facts = [
        ("order", order.order_id),
        ("terms", words.terms(order)),
        ("status", words.status(order).plain),
        ("filled", words.progress(order).removeprefix("filled ")),
        ("fees", words.fees(order.fees) if order.fees else ""),
        ("why", words.why(order)),
        ("account", order.account),
        ("origin", "" if order.origin == "desk" else " ".join(filter(None, (order.origin, order.role)))),
        ("parent", order.parent_id or ""),
        ("exchange", order.exchange_order_id),
        ("client id", order.client_order_id),
        ("asked by", order.principal or ""),
        ("created", terminal.exact_moment(order.created_ms)),
        ("updated", terminal.exact_moment(order.updated_ms)),
    ]
    return [(name, value) for name, value in facts if value]


def list_fills(
    here: Invocation,
    account: AccountFilter = None,
    symbol: SymbolFilter = None,
    order: Annotated[str | None, typer.Option("--order", help="Of this order only; an id or how it begins.")] = None,
    since: SinceOption = None,
    limit: LimitOption = 50,
    page: PageOption = None,
) -> None:
    """List fills, newest first."""
    query = {
        "account": None if account is None else inputs.name("account", account),
        "symbol": None if symbol is None else inputs.symbol(symbol),
        "since": inputs.since(since, here.terminal.now_ms(), here.terminal.zone),
        "order_id": None if order is None else inputs.order_id(here.client, order),
        "limit": limit,
        "page": page,
    }
    raw = here.client.get("/api/fills", query)
    if here.terminal.json:
        here.terminal.give(raw)
        return
    answer = decode(raw, FillsPage)
    here.terminal.say(
        table(_fill_columns(here.terminal), answer.fills, here.terminal.width) if answer.fills else "No fills."
    )
    _name_next(here.terminal, answer.next)


def _fill_columns(terminal: Terminal) -> list[Column[Fill]]:
    return [
        Column("TIME", lambda fill: terminal.moment(fill.time_ms), rank=1),
        Column("SYMBOL", lambda fill: fill.symbol),
        Column("SIDE", lambda fill: fill.side),
        Column("AMOUNT", lambda fill: words.number(fill.amount), right=True),
        Column("PRICE", lambda fill: words.number(fill.price), right=True),
        Column("FEE", lambda fill: f"{words.number(fill.fee)} {fill.fee_currency}", rank=2, right=True),
        Column("PNL", lambda fill: words.gain(fill.realised_pnl), rank=3, right=True),
        Column("BY", lambda fill: fill.liquidity or fill.kind, rank=5),
        Column("ORDER", lambda fill: words.short_id(fill.order_id), rank=4),
        Column("ACCOUNT", lambda fill: fill.account, rank=6),
    ]
