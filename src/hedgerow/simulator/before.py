"""The market before the exchange opened: a chart and the figures of the day have something to show at once.

Nobody traded then; the minutes are drawn from the seed, back from the price that the market opens at.
"""

from __future__ import annotations

from random import Random

from hedgerow.simulator.candles import KEPT_MINUTES, MINUTE_MS, Candle
from hedgerow.simulator.messages import Instrument

FINE = 1000  # prices are drawn in thousandths of a tick
_PART = 1_000_000
_CALM, _ROUGH = 150, 900  # the largest move of a minute, in millionths of the price
_MOOD_MINUTES = 45  # how long calm or rough weather lasts, about
_BACK = 700  # minutes in which the price would come back to where it opens
_LEAST_TURNOVER, _TURNOVERS = 20_000, 380_000  # USDT in a minute
_BITS = 16  # of chance, for each thing that is drawn: one draw a minute is all that is quick enough
_MASK = (1 << _BITS) - 1


def minutes_before(seed: int, instrument: Instrument, now_ms: int, count: int = KEPT_MINUTES) -> list[Candle]:
    """One-minute candles up to the minute before `now_ms`, oldest first; the newest closes at the initial price."""
    chance = Random(f"{seed} {instrument.symbol}")  # noqa: S311 - a market to play with, not a secret
    opens_at = int(instrument.initial_price / instrument.tick_size * FINE)
    start_ms = now_ms - now_ms % MINUTE_MS
    close, largest = opens_at, _CALM
    found: list[Candle] = []
    for number in range(1, count + 1):
        bits = chance.getrandbits(5 * _BITS)
        if not (bits & _MASK) % _MOOD_MINUTES:
            largest = chance.randint(_CALM, _ROUGH)
        bits >>= _BITS
        move = close * ((bits & _MASK) % (2 * largest + 1) - largest) // _PART
        opened = max(close + move + (opens_at - close) // _BACK, FINE)
        found.append(_candle(bits >> _BITS, instrument, start_ms - number * MINUTE_MS, opened, close, largest))
        close = opened
    found.reverse()
    return found


def _candle(bits: int, instrument: Instrument, start_ms: int, opened: int, close: int, largest: int) -> Candle:
    reach = max(opened * largest // _PART // 2, FINE)
    high = max(opened, close) + (bits & _MASK) * reach // _MASK
    low = max(min(opened, close) - (bits >> _BITS & _MASK) * reach // _MASK, FINE)
    tick, step = instrument.tick_size, instrument.qty_step
    last = tick * (close // FINE)
    turnover = _LEAST_TURNOVER + (bits >> 2 * _BITS & _MASK) * _TURNOVERS // _MASK
    volume = turnover // (last * step) * step
    return Candle(
        start_ms,
        tick * (opened // FINE),
        tick * (high // FINE),
        tick * (low // FINE),
        last,
        volume,
        volume * last,
        start_ms + MINUTE_MS - 1,
    )
