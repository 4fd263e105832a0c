"""`place`: an order, shown at once and followed until it ends."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from hedgerow.cli import inputs, words
from hedgerow.cli.answers import end
from hedgerow.cli.client import decode
from hedgerow.cli.command import Invocation, command
from hedgerow.cli.exits import BadInputError, FailedError
from hedgerow.cli.inputs import AccountOption, KeyOption, QuantiseFlag
from hedgerow.cli.order_views import FollowView, standing
from hedgerow.core.commands import OrderType, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.core.orders import Order
from hedgerow.core.preview import Preview
from hedgerow.order_manager.schemas import PlaceOrderBody


def add_to(app: typer.Typer) -> None:
    command(
        app,
        "place",
        (
            "place buy BTC/USDT:USDT 0.01 --price 60000",
            "place buy BTC/USDT:USDT 0.01 --tp 66000 --sl 58000",
            "place sell BTC/USDT:USDT 0.01 --trigger 58000 --trigger-by mark --reduce-only",
            "place buy BTC/USDT:USDT 0.01 --price 60000 --preview",
        ),
    )(place)


def place(
    here: Invocation,
    side: Annotated[Side, typer.Argument(help="buy or sell.")],
    symbol: Annotated[str, typer.Argument(help="As BTC/USDT:USDT.")],
    amount: Annotated[str, typer.Argument(help="How much, in contracts.")],
    price: Annotated[str | None, typer.Option("--price", "-p", help="Limit price; without one it is market.")] = None,
    account: AccountOption = None,
    kind: Annotated[OrderType | None, typer.Option("--type", help="limit or market; follows from --price.")] = None,
    trigger: Annotated[str | None, typer.Option("--trigger", help="Wait until the price reaches this.")] = None,
    trigger_by: Annotated[TriggerBy | None, typer.Option("--trigger-by", help="Which price triggers.")] = None,
    take_profit: Annotated[str | None, typer.Option("--tp", help="Take profit at this price, once filled.")] = None,
    stop_loss: Annotated[str | None, typer.Option("--sl", help="Stop loss at this price, once filled.")] = None,
    time_in_force: Annotated[
        TimeInForce, typer.Option("--tif", case_sensitive=False, help="How long it works.")
    ] = TimeInForce.GTC,
    post_only: Annotated[bool, typer.Option("--post-only", help="Only as a maker, or not at all.")] = False,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Only to make a position smaller.")] = False,
    position_side: Annotated[
        PositionSide | None, typer.Option("--position-side", help="Which leg, in hedge mode.")
    ] = None,
    quantise: QuantiseFlag = False,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would go out; send nothing.")] = False,
    no_follow: Annotated[bool, typer.Option("--no-follow", help="Show it once, and end.")] = False,
    key: KeyOption = None,
) -> None:
    """Place an order: limit with --price, else market.

    It is shown at once and then followed until it ends. Ctrl-C ends the looking; the order lives on.
    """
    wanted = PlaceOrderBody(
        account="",
        symbol=inputs.symbol(symbol),
        side=side,
        type=_type(kind, price),
        amount=inputs.positive("amount", amount),
        price=inputs.positive_or_none("price", price),
        trigger_price=inputs.positive_or_none("trigger", trigger),
        trigger_by=trigger_by,
        take_profit=inputs.positive_or_none("tp", take_profit),
        stop_loss=inputs.positive_or_none("sl", stop_loss),
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=reduce_only,
        position_side=position_side,
        quantise=quantise,
    )
    if trigger_by is not None and trigger is None:
        raise BadInputError("trigger-by", "needs --trigger")
    chosen = inputs.key(key)
    body = msgspec.structs.replace(wanted, account=inputs.account(here.client, account))
    if preview:
        _preview(here, here.client.ask("/api/orders/preview", body))
        return
    raw = here.client.command("POST", "/api/orders", body, key=chosen)
    order = decode(raw, Order)
    try:
        _show(here, order, raw)
        _follow(here, order, follow=not no_follow)
    except KeyboardInterrupt:  # before the live view stood, which takes it itself
        here.terminal.complain(_stopped(order))


def _type(kind: OrderType | None, price: str | None) -> OrderType:
    if kind is OrderType.LIMIT and price is None:
        raise BadInputError("price", "a limit order needs one")
    if kind is OrderType.MARKET and price is not None:
        raise BadInputError("price", "a market order has none")
    return OrderType.MARKET if price is None else OrderType.LIMIT


def _show(here: Invocation, order: Order, raw: bytes) -> None:
    if here.terminal.json:
        here.terminal.give_line(raw)
        return
    here.terminal.say(f"{words.short_id(order.order_id)}  {words.terms(order)} ({order.account})")
    here.terminal.say(f"{here.terminal.exact_moment(order.updated_ms)}  {standing(order)}")


def _follow(here: Invocation, order: Order, *, follow: bool) -> None:
    if not follow or order.ended:
        end(order)
        return
    from hedgerow.cli.looking import look

    view = FollowView(here.terminal, order)
    if not look(here, view, _stopped(order)):
        return
    if here.terminal.interactive:
        here.terminal.say(f"{here.terminal.exact_moment(view.order.updated_ms)}  {standing(view.order)}")
    end(view.order)


def _stopped(order: Order) -> str:
    return f"You stopped looking; the order lives on: hedgerow order {words.short_id(order.order_id)}"


def _preview(here: Invocation, raw: bytes) -> None:
    """What would go out, and what would deny it.

    Raises:
        FailedError: it would be denied.
    """
    answer = decode(raw, Preview)
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        facts = msgspec.structs.asdict(answer)
        for name in (name for name in facts if name != "denial" and facts[name] is not None):
            value = facts[name]
            here.terminal.say(f"{words.plain_word(name):<20}{value if isinstance(value, str) else words.number(value)}")
        here.terminal.say("Nothing was sent.")
    if answer.denial is not None:
        field = f"{answer.denial.field}: " if answer.denial.field else ""
        raise FailedError(f"It would be denied: {field}{answer.denial.message}")
