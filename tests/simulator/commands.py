"""Commands by chance, for the engine's laws: few prices and sizes, so that orders meet often.

A history is drawn from a seed rather than part by part: it is long enough to get somewhere, and a shorter one of the
same seed is its beginning, so a failing history shrinks to the shortest that fails.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from hypothesis import strategies as st

from hedgerow.simulator.messages import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Command,
    OrderType,
    PlaceOrder,
    SetIndex,
    SetLeverage,
    SetTradingStop,
    Side,
    TimeInForce,
    TpslMode,
    TriggerBy,
)

D = Decimal
SYMBOLS = ("BTCUSDT", "ETHUSDT")
ACCOUNTS = ("ann", "bob", "maker-m")
CENTRE = {"BTCUSDT": D(60000), "ETHUSDT": D(3000)}
STEP = {"BTCUSDT": D(50), "ETHUSDT": D("2.5")}
LOT = {"BTCUSDT": D("0.1"), "ETHUSDT": D(2)}
TIMES_IN_FORCE = (*[TimeInForce.GTC] * 4, *TimeInForce)


def history(seed: int, length: int) -> list[Command]:
    random = Random(seed)
    return [_command(random) for _ in range(length)]


histories = st.builds(history, st.integers(0, 2**32), st.integers(0, 200))


def _command(random: Random) -> Command:
    kind = random.randrange(20)
    symbol = random.choice(SYMBOLS)
    account = random.choice(ACCOUNTS)
    if kind < 12:
        return _placement(random, account, symbol)
    if kind < 16:
        return _change(random, account, symbol)
    if kind == 16:
        return CancelAll(account, random.choice(("", symbol)))
    if kind == 17:
        return SetLeverage(account, symbol, D(random.randint(1, 60)))
    if kind == 18:
        return SetIndex(symbol, _price(random, symbol))
    stop = random.choice((None, D(0), _price(random, symbol)))
    mode = random.choice((TpslMode.FULL, TpslMode.FULL, TpslMode.PARTIAL))
    size = LOT[symbol] if mode is TpslMode.PARTIAL else None
    return SetTradingStop(account, symbol, _price(random, symbol), stop, tpsl_mode=mode, tp_size=size, sl_size=size)


def _price(random: Random, symbol: str) -> Decimal:
    return CENTRE[symbol] + STEP[symbol] * random.randint(-8, 8)


def _placement(random: Random, account: str, symbol: str) -> PlaceOrder:
    kind = random.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET))
    side = random.choice(tuple(Side))
    price = _price(random, symbol) if kind is OrderType.LIMIT else None
    protected = random.randrange(4) == 0
    conditional = random.randrange(5) == 0
    away = STEP[symbol] * random.randint(1, 8) * (1 if side is Side.BUY else -1)
    return PlaceOrder(
        account,
        symbol,
        side,
        kind,
        LOT[symbol] * random.randint(1, 9),
        price,
        random.choice(TIMES_IN_FORCE),
        reduce_only=not protected and random.randrange(3) == 0,
        trigger_price=_price(random, symbol) if conditional else None,
        trigger_direction=random.randint(1, 2),
        trigger_by=random.choice(tuple(TriggerBy)),
        take_profit=(price or CENTRE[symbol]) + away if protected else None,
        stop_loss=(price or CENTRE[symbol]) - away if protected else None,
        tpsl_mode=random.choice(tuple(TpslMode)),
    )


def _change(random: Random, account: str, symbol: str) -> Command:
    """Of an order that is named by its place among the account's open ones."""
    place = str(random.randrange(10))
    kind = random.randrange(4)
    qty = LOT[symbol] * random.randint(1, 9)
    if kind == 0:
        return CancelOrder(account, symbol, place)
    if kind == 1:
        return AmendOrder(account, symbol, place, qty=qty)
    if kind == 2:
        return AmendOrder(account, symbol, place, qty=qty, price=_price(random, symbol))
    return AmendOrder(account, symbol, place, trigger_price=_price(random, symbol))
