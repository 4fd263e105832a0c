"""Cross margin of a unified account, in USDT.

https://bybit-exchange.github.io/docs/v5/account/wallet-balance names the sums; the formulas are those of Bybit's help
centre ("Initial Margin (USDT Contract)", "Maintenance Margin (USDT Contract)"), with one risk tier.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from hedgerow.simulator.accounts import Account, Holding
from hedgerow.simulator.messages import Position, Side, TpslMode, Wallet
from hedgerow.simulator.orders import ZERO

TAKER_FEE = Decimal("0.00055")
MAKER_FEE = Decimal("0.0002")
FEES_BOTH_WAYS = 2 * TAKER_FEE
_SHOWN = Decimal("1e-8")


class Worth(NamedTuple):
    """A position valued at the mark price."""

    value: Decimal
    unrealised: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal


NOTHING = Worth(ZERO, ZERO, ZERO, ZERO)


def worth(holding: Holding) -> Worth:
    if not holding.net:
        return NOTHING
    value = holding.listing.mark * abs(holding.net)
    fee_to_close = value * TAKER_FEE
    return Worth(
        value,
        value - holding.cost if holding.net > 0 else holding.cost - value,
        (value / holding.leverage + fee_to_close).quantize(_SHOWN),
        value * holding.listing.instrument.maintenance_margin_rate + fee_to_close,
    )


def order_margin(holding: Holding, side: Side, more_qty: Decimal, more_value: Decimal) -> Decimal:
    """What the resting orders of one symbol reserve, if `more` rested on one side.

    Orders that would only close the position reserve nothing: of each side the part beyond the position counts, at
    that side's average price, with the fees to open and to close it.
    """
    net = holding.net
    buy_qty, buy_value = holding.buy_qty, holding.buy_value
    sell_qty, sell_value = holding.sell_qty, holding.sell_value
    if side is Side.BUY:
        buy_qty, buy_value = buy_qty + more_qty, buy_value + more_value
    else:
        sell_qty, sell_value = sell_qty + more_qty, sell_value + more_value
    if net < 0 < buy_qty:
        buy_value = buy_value * max(buy_qty + net, ZERO) / buy_qty
    elif net > 0 and sell_qty > 0:
        sell_value = sell_value * max(sell_qty - net, ZERO) / sell_qty
    exposed = buy_value + sell_value
    return (exposed / holding.leverage + exposed * FEES_BOTH_WAYS).quantize(_SHOWN)  # rounded, so that sums are exact


def recount(holding: Holding) -> None:
    """After a change of resting orders, position or leverage. A house account reserves nothing."""
    account = holding.owner
    if account.house:
        return
    resting = holding.buy_qty or holding.sell_qty
    reserved = order_margin(holding, Side.BUY, ZERO, ZERO) if resting else ZERO
    if reserved != holding.order_im:
        account.order_im += reserved - holding.order_im
        holding.order_im = reserved


def needed_for(holding: Holding, side: Side, more_qty: Decimal, more_value: Decimal) -> Decimal:
    """How much more margin an order would reserve."""
    return order_margin(holding, side, more_qty, more_value) - holding.order_im


def available(account: Account) -> Decimal:
    """totalAvailableBalance: margin balance less initial margin of positions and orders."""
    free = account.wallet_balance - account.order_im
    for holding in account.holdings.values():
        if holding.net:
            _, unrealised, initial, _ = worth(holding)
            free += unrealised - initial
    return free


def wallet(account: Account, now_ms: int) -> Wallet:
    valued = [worth(holding) for holding in account.holdings.values()]
    unrealised = sum((each.unrealised for each in valued), ZERO)
    position_im = sum((each.initial_margin for each in valued), ZERO)
    equity = account.wallet_balance + unrealised
    return Wallet(
        account=account.name,
        coin="USDT",
        wallet_balance=account.wallet_balance,
        equity=equity,
        unrealised_pnl=unrealised,
        cum_realised_pnl=account.cum_realised,
        total_order_im=account.order_im,
        total_position_im=position_im,
        total_position_mm=sum((each.maintenance_margin for each in valued), ZERO),
        available_balance=equity - position_im - account.order_im,
        time_ms=now_ms,
    )


def position(holding: Holding) -> Position:
    valued = worth(holding)
    size = abs(holding.net)
    tp_order, sl_order = holding.tp_order, holding.sl_order
    return Position(
        account=holding.owner.name,
        symbol=holding.listing.symbol,
        side=holding.side,
        size=size,
        avg_price=_shown(holding.cost / size) if size else ZERO,
        leverage=holding.leverage,
        mark_price=holding.listing.mark,
        liq_price=liquidation_price(holding) if size else None,
        position_im=valued.initial_margin,
        position_mm=valued.maintenance_margin,
        position_value=holding.cost,
        unrealised_pnl=valued.unrealised,
        cur_realised_pnl=holding.cur_realised,
        cum_realised_pnl=holding.cum_realised,
        take_profit=tp_order.trigger_price if tp_order else None,
        stop_loss=sl_order.trigger_price if sl_order else None,
        tpsl_mode=TpslMode.FULL,
        position_idx=0,
        seq=holding.seq,
        created_ms=holding.created_ms,
        updated_ms=holding.updated_ms,
    )


def _shown(price: Decimal) -> Decimal:
    """At most eight decimals, and no needless zeros."""
    short = price.quantize(_SHOWN).normalize()
    return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator]


def liquidation_price(holding: Holding) -> Decimal | None:
    """Where the account's margin balance would meet its maintenance margin, if only this symbol's price moved.

    An estimate, as Bybit says of cross margin
    (https://bybit-exchange.github.io/docs/v5/websocket/private/position): none outside the instrument's prices.
    """
    account, instrument = holding.owner, holding.listing.instrument
    balance = account.wallet_balance
    for held in account.holdings.values():
        if held.net:
            _, unrealised, _, maintenance = worth(held)
            balance += unrealised - (maintenance if held is not holding else ZERO)
    # balance + net * (price - mark) = |net| * price * rate
    rate = instrument.maintenance_margin_rate + TAKER_FEE
    slope = holding.net - abs(holding.net) * rate
    price = (holding.net * holding.listing.mark - balance) / slope
    price = (price / holding.listing.tick).quantize(Decimal(1)) * holding.listing.tick
    return price if instrument.min_price < price < instrument.max_price else None
