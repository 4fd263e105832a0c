"""What goes over HTTP: request bodies as they come in, and answers. Money is text in both directions.

Orders, fills and balances go out as the core's own types; their docstrings are the reference.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from hedgerow.core.commands import OrderType, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.core.fills import Fill
from hedgerow.core.limits import Limits, TradingState
from hedgerow.core.orders import Order
from hedgerow.core.reports import Balance
from hedgerow.exchange import Candle, Capabilities
from hedgerow.vault import Scope


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class PlaceOrderBody(_Body, frozen=True, kw_only=True):
    """An order. `quantise` says that off-grid prices and amounts may be rounded: amounts down, prices passively."""

    account: str
    symbol: str
    side: Side
    type: OrderType
    amount: str
    price: str | None = None
    trigger_price: str | None = None
    trigger_by: TriggerBy | None = None
    take_profit: str | None = None
    stop_loss: str | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    position_side: PositionSide | None = None
    quantise: bool = False


class AmendOrderBody(_Body, frozen=True, kw_only=True):
    """What changes; at least one. A take profit or stop loss of "0" removes it."""

    amount: str | None = None
    price: str | None = None
    trigger_price: str | None = None
    take_profit: str | None = None
    stop_loss: str | None = None
    quantise: bool = False


class ClosePositionBody(_Body, frozen=True, kw_only=True):
    """Close all of a position, or `amount` of it; at the market, or at `price`."""

    account: str
    symbol: str
    side: PositionSide | None = None
    amount: str | None = None
    price: str | None = None
    quantise: bool = False


class ReversePositionBody(_Body, frozen=True, kw_only=True):
    """Close all of a position and open as much on the other side, at the market."""

    account: str
    symbol: str
    side: PositionSide | None = None


class ProtectionBody(_Body, frozen=True, kw_only=True):
    """TP and SL of a position; one that is left out stays, "0" clears it."""

    account: str
    symbol: str
    side: PositionSide | None = None
    take_profit: str | None = None
    stop_loss: str | None = None
    trigger_by: TriggerBy | None = None


class FlattenBody(_Body, frozen=True, kw_only=True):
    """Cancel all and close all of an account, or of one symbol of it."""

    account: str
    symbol: str | None = None


class LeverageBody(_Body, frozen=True, kw_only=True):
    account: str
    symbol: str
    leverage: str


class LimitsBody(_Body, frozen=True, kw_only=True):
    """Limits to change; one that is left out stays, `null` lifts it."""

    account: str
    price_collar: str | msgspec.UnsetType | None = msgspec.UNSET
    mark_max_age_ms: int | msgspec.UnsetType = msgspec.UNSET
    order_notional: str | msgspec.UnsetType | None = msgspec.UNSET
    position_notional: str | msgspec.UnsetType | None = msgspec.UNSET
    leverage: str | msgspec.UnsetType | None = msgspec.UNSET
    open_orders: int | msgspec.UnsetType | None = msgspec.UNSET


class TradingStateBody(_Body, frozen=True, kw_only=True):
    account: str
    state: TradingState


class AddAccountBody(_Body, frozen=True, kw_only=True):
    """An exchange account. Credentials go in and never come out. `urls` overrides `rest` and `ws` base addresses.

    `options`: `order_entry` is `websocket`, where the exchange has it, or `rest`.
    """

    name: str
    exchange: str
    environment: str
    credentials: dict[str, str]
    urls: dict[str, str] = msgspec.field(default_factory=dict)
    options: dict[str, str] = msgspec.field(default_factory=dict)


class CreateTokenBody(_Body, frozen=True, kw_only=True):
    name: str
    scope: Scope


# answers


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457. `code` is stable; `detail` is a sentence a person understands; `field` names what is at fault.

    `order` is the order as it stands where the request made one that was denied or rejected; `cursor` is where a feed
    that ends goes on.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    exchange_code: str | None = None
    exchange_message: str | None = None
    order: Order | None = None
    cursor: str | None = None


class OrdersPage(msgspec.Struct, frozen=True, kw_only=True):
    """`cursor` continues at `/ws/orders?after=`; `next` is the `page` of the next older page, if there is one."""

    cursor: str
    orders: list[Order]
    next: str | None


class TimelineLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order's story: an intent, an answer, a change with its cause, a fill."""

    time_ms: int
    stream: str
    kind: str
    body: msgspec.Raw


class OrderStory(msgspec.Struct, frozen=True, kw_only=True):
    order: Order
    timeline: list[TimelineLine]


class PositionView(msgspec.Struct, frozen=True, kw_only=True):
    """One open leg. `amount` is the exchange's size; `unrealised_pnl` is by the freshest mark, of `mark_ms`.

    `discrepancy` is what the exchange holds beyond the desk's fills, where nothing explains it.
    """

    account: str
    symbol: str
    side: PositionSide
    amount: Decimal
    base_amount: Decimal | None
    entry: Decimal | None
    mark: Decimal | None
    mark_ms: int
    notional: Decimal | None
    liquidation_price: Decimal | None
    margin: Decimal | None
    leverage: Decimal | None
    margin_mode: str | None
    unrealised_pnl: Decimal | None
    realised_pnl: Decimal
    fees: dict[str, Decimal]
    take_profit: Decimal | None
    stop_loss: Decimal | None
    discrepancy: Decimal | None
    version: int
    updated_ms: int


class PositionsPage(msgspec.Struct, frozen=True, kw_only=True):
    cursor: str
    positions: list[PositionView]


class FillsPage(msgspec.Struct, frozen=True, kw_only=True):
    fills: list[Fill]
    next: str | None


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command came to: `accepted` or `in_doubt`; of one made of parts, the orders it sent, as they stand."""

    command_id: str
    outcome: str
    order: Order | None = None
    orders: list[Order] = msgspec.field(default_factory=list)
    note: str | None = None


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """How an account is.

    Attributes:
        ready: commands can be sent; else `fault` says why not.
        followed: whether a resolver follows the account now; `followed_ms` when it last said so, the desk's clock.
        stream_up: whether its private stream is up, as the resolver last said; `heard_ms` when that last gave a sign of
            life and `reconciled_ms` when everything was last read from the exchange, the resolver's clock, 0 for never.
    """

    name: str
    exchange: str
    environment: str
    ready: bool
    trading_state: TradingState
    followed: bool
    followed_ms: int
    capabilities: Capabilities | None
    fault: str | None = None
    stream_up: bool = False
    heard_ms: int = 0
    reconciled_ms: int = 0


class AccountCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What `accounts check` found: each line a check, whether it is well, and what to do if it is not."""

    name: str
    well: bool
    findings: list[CheckFinding]


class CheckFinding(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    well: bool
    message: str


class BalancesView(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    updated_ms: int
    balances: list[Balance]


class InstrumentView(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    symbol: str
    exchange_symbol: str
    base: str
    quote: str
    settle: str
    contract_size: Decimal
    price_tick: Decimal
    amount_step: Decimal
    min_amount: Decimal
    max_amount: Decimal | None
    max_market_amount: Decimal | None
    min_notional: Decimal | None
    max_leverage: Decimal | None
    maker_fee: Decimal
    taker_fee: Decimal


class CandlesView(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    symbol: str
    interval: str
    candles: list[Candle]


class RulesView(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    limits: Limits
    trading_state: TradingState


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is there once, in the answer to its making."""

    name: str
    scope: Scope
    created_ms: int
    revoked_ms: int | None = None
    token: str | None = None


class PartHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the desk: `up`, `degraded` or `down`, and a sentence. `age_ms`: since it last gave a sign of life.

    A part of one account names it, and is its `trading`, its `following`, or with a `symbol` the mark of that.
    """

    name: str
    state: str
    message: str
    age_ms: int | None = None
    account: str | None = None
    symbol: str | None = None


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Without sign-in only `state` and `version`; with it each part and each stream."""

    state: str
    version: str
    parts: list[PartHealth] | None = None


class OrdersFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame of `/ws/orders` and `/ws/positions`.

    Between frames nothing is missing: `after` is the cursor of the frame before. Each event is a record of the stream
    as journaled: its envelope, with the whole order or position in `body`. The first frame after a connect without a
    cursor has `snapshot` instead of events: the living orders, or the open positions.
    """

    after: str | None
    cursor: str
    events: list[Any]
    snapshot: list[Any] | None = None


class Pong(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer of a WebSocket to `{"ping": n}`.

    Of an order or position feed it says besides whether every event that there was when the client connected went out
    before this answer.
    """

    pong: int
    caught_up: bool | None = None
