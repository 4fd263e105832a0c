"""Routes on positions, leverage and what an account may do."""

from __future__ import annotations

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from hedgerow.core.refusals import Code, Refusal
from hedgerow.journal.cursor import to_text
from hedgerow.order_manager.commanding import Done
from hedgerow.order_manager.http.answers import asks, command_response, commands
from hedgerow.order_manager.http.asker import Asker
from hedgerow.order_manager.http.bodies import RefusedError, limits, positive, protective
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.schemas import (
    ClosePositionBody,
    CommandResult,
    FlattenBody,
    LeverageBody,
    LimitsBody,
    PositionsPage,
    ProtectionBody,
    ReversePositionBody,
    RulesView,
    TradingStateBody,
)

_TAGS = ["positions"]


@get("/api/positions", tags=_TAGS, summary="Open positions, valued by the freshest marks", responses=asks())
async def positions(desk: NamedDependency[Desk], account: FromQuery[str | None] = None) -> PositionsPage:
    views, cursor = await desk.reading.positions(account)
    if not views:
        desk.known(account)
    return PositionsPage(cursor=to_text(cursor), positions=views)


@post(
    "/api/positions/close",
    status_code=200,
    tags=_TAGS,
    summary="Close all of a position or part of it, reduce-only",
    responses=commands(CommandResult),
)
async def close(
    data: JSONBody[ClosePositionBody],
    desk: NamedDependency[Desk],
    asker: NamedDependency[Asker],
) -> Response[CommandResult]:
    amount = None if data.amount is None else positive("amount", data.amount)
    price = None if data.price is None else positive("price", data.price)
    asked = asker.asks("close", data)
    done = await desk.holding.close(data.account, data.symbol, data.side, amount, price, asked, quantise=data.quantise)
    return command_response(done)


@post(
    "/api/positions/reverse",
    status_code=200,
    tags=_TAGS,
    summary="Close a position, then open its size on the other side; the limits are asked about both first",
    responses=commands(CommandResult),
)
async def reverse(
    data: JSONBody[ReversePositionBody],
    desk: NamedDependency[Desk],
    asker: NamedDependency[Asker],
) -> Response[CommandResult]:
    asked = asker.asks("reverse", data)
    return command_response(await desk.reversing.reverse(data.account, data.symbol, data.side, asked))


@put(
    "/api/positions/protection",
    tags=_TAGS,
    summary="Set, move or clear the TP and SL of a position",
    responses=commands(CommandResult),
)
async def protect(
    data: JSONBody[ProtectionBody],
    desk: NamedDependency[Desk],
    asker: NamedDependency[Asker],
) -> Response[CommandResult]:
    take_profit = protective("take_profit", data.take_profit)
    stop_loss = protective("stop_loss", data.stop_loss)
    if take_profit is None and stop_loss is None:
        raise RefusedError(Refusal(Code.MISSING, "name a take_profit, a stop_loss or both"))
    asked = asker.asks("protect", data)
    done = await desk.holding.protect(
        data.account, data.symbol, data.side, take_profit, stop_loss, data.trigger_by, asked
    )
    return command_response(done)


@post(
    "/api/flatten",
    status_code=200,
    tags=_TAGS,
    summary="Cancel all, then close all; stops are kept until flat",
    responses=commands(CommandResult),
)
async def flatten(
    data: JSONBody[FlattenBody],
    desk: NamedDependency[Desk],
    asker: NamedDependency[Asker],
) -> Response[CommandResult]:
    asked = asker.asks("flatten", data)
    return command_response(await desk.holding.flatten(data.account, data.symbol, asked))


@put("/api/leverage", tags=["accounts"], summary="Set the leverage of a symbol", responses=commands(CommandResult))
async def leverage(
    data: JSONBody[LeverageBody],
    desk: NamedDependency[Desk],
    asker: NamedDependency[Asker],
) -> Response[CommandResult]:
    asked = asker.asks("leverage", data)
    number = positive("leverage", data.leverage)
    return command_response(await desk.holding.set_leverage(data.account, data.symbol, number, asked))


@get("/api/limits", tags=["limits"], summary="Limits and trading states", responses=asks())
async def show_limits(desk: NamedDependency[Desk], account: FromQuery[str | None] = None) -> list[RulesView]:
    if account is not None:
        return [_rules(desk, account)]
    return [_rules(desk, held.settings.name) for held in desk.accounts.all()]


@put("/api/limits", tags=["limits"], summary="Change limits of an account", responses=commands())
async def set_limits(
    data: JSONBody[LimitsBody], desk: NamedDependency[Desk], asker: NamedDependency[Asker]
) -> RulesView:
    now = _rules(desk, data.account)
    asked = asker.asks("limits", data)
    _accepted(await desk.ruling.set_limits(data.account, limits(data, now.limits), asked))
    return _rules(desk, data.account)


@put("/api/trading-state", tags=["limits"], summary="ACTIVE, REDUCING or HALTED", responses=commands())
async def set_state(
    data: JSONBody[TradingStateBody],
    desk: NamedDependency[Desk],
    asker: NamedDependency[Asker],
) -> RulesView:
    asked = asker.asks("trading_state", data)
    _accepted(await desk.ruling.set_state(data.account, data.state, asked))
    return _rules(desk, data.account)


def _accepted(done: Done | Refusal) -> None:
    refusal = done if isinstance(done, Refusal) else done.refusal
    if refusal is not None:
        raise RefusedError(refusal)


def _rules(desk: Desk, account: str) -> RulesView:
    rules = desk.ruling.rules(account)
    if isinstance(rules, Refusal):
        raise RefusedError(rules)
    return RulesView(account=account, limits=rules.limits, trading_state=rules.state)


ROUTES = (positions, close, reverse, protect, flatten, leverage, show_limits, set_limits, set_state)
