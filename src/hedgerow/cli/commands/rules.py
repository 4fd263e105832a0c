"""`limits`: how much an account may do, and whether it may trade at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
import typer

from hedgerow.cli import inputs, words
from hedgerow.cli.client import decode
from hedgerow.cli.command import Invocation, command
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.inputs import AccountOption, KeyOption
from hedgerow.core.limits import TradingState
from hedgerow.order_manager.schemas import LimitsBody, RulesView, TradingStateBody

_NONE = "none"
_STATES = {
    TradingState.ACTIVE: "orders go out",
    TradingState.REDUCING: "only what makes positions smaller",
    TradingState.HALTED: "nothing but cancels and reduce-only orders",
}


def add_to(app: typer.Typer) -> None:
    command(
        app,
        "limits",
        (
            "limits",
            "limits --account sim --order-notional 50000 --open-orders 20",
            "limits --position-notional none",
            "limits --state reducing",
        ),
    )(limits)


def limits(
    here: Invocation,
    account: AccountOption = None,
    state: Annotated[TradingState | None, typer.Option("--state", help="Whether and how the account trades.")] = None,
    price_collar: Annotated[
        str | None, typer.Option("--price-collar", help="How far past the mark a limit price may stand: 0.05 is 5 %.")
    ] = None,
    mark_max_age_ms: Annotated[
        str | None, typer.Option("--mark-max-age-ms", help="An older mark is stale, and no order goes out by it.")
    ] = None,
    order_notional: Annotated[str | None, typer.Option("--order-notional", help="Largest value of an order.")] = None,
    position_notional: Annotated[
        str | None, typer.Option("--position-notional", help="Largest value of a position.")
    ] = None,
    leverage: Annotated[str | None, typer.Option("--leverage", help="Highest leverage the desk sets.")] = None,
    open_orders: Annotated[str | None, typer.Option("--open-orders", help="Most living orders.")] = None,
    key: KeyOption = None,
) -> None:
    """Show or change limits and the trading state.

    What is left out stays; `none` lifts a limit.
    """
    changes = {
        "price_collar": _limit("price-collar", price_collar),
        "mark_max_age_ms": _whole("mark-max-age-ms", mark_max_age_ms, liftable=False),
        "order_notional": _limit("order-notional", order_notional),
        "position_notional": _limit("position-notional", position_notional),
        "leverage": _limit("leverage", leverage),
        "open_orders": _whole("open-orders", open_orders, liftable=True),
    }
    given = {name: value for name, value in changes.items() if value is not msgspec.UNSET}
    if not given and state is None:
        _show(here, here.client.get("/api/limits", {"account": account and inputs.name("account", account)}))
        return
    chosen = inputs.key(key)
    of = inputs.account(here.client, account)
    raw = b""
    if given:
        body = msgspec.convert({"account": of, **given}, LimitsBody)
        raw = here.client.command("PUT", "/api/limits", body, key=chosen)
    if state is not None:
        # A command of its own; both would be one to the desk under one key.
        own_key = f"{chosen}-state" if given else chosen
        raw = here.client.command("PUT", "/api/trading-state", TradingStateBody(account=of, state=state), key=own_key)
    _show(here, raw)


def _limit(field: str, text: str | None) -> str | msgspec.UnsetType | None:
    if text is None:
        return msgspec.UNSET
    return None if text == _NONE else inputs.positive(field, text)


def _whole(field: str, text: str | None, *, liftable: bool) -> int | msgspec.UnsetType | None:
    if text is None:
        return msgspec.UNSET
    if text == _NONE and liftable:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) <= 10**9 or len(text) > 10:
        raise BadInputError(field, "must be a whole number above zero")
    return int(text)


def _show(here: Invocation, raw: bytes) -> None:
    if here.terminal.json:
        here.terminal.give(raw)
        return
    answer = decode(raw, list[RulesView] | RulesView)  # type: ignore[arg-type]
    views: list[RulesView] = answer if isinstance(answer, list) else [answer]
    for view in views:
        here.terminal.say(f"{view.account}: {view.trading_state} ({_STATES[view.trading_state]})")
        for name, value in msgspec.structs.asdict(view.limits).items():
            here.terminal.say(f"  {words.plain_word(name):<20}{_said(value)}")
    if not views:
        here.terminal.say("No accounts.")


def _said(value: Decimal | int | None) -> str:
    if value is None:
        return _NONE
    return words.number(value) if isinstance(value, Decimal) else str(value)
