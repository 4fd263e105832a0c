"""How numbers, times and orders read: plain, exact, and clear without colour."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Final

from rich.text import Text

from hedgerow.core.decimals import to_text
from hedgerow.core.orders import Order, Status

NOTHING: Final = "-"
SHORT_ID: Final = 8

_STATUS_STYLES: Final = {
    Status.OPEN: "cyan",
    Status.PARTIALLY_FILLED: "cyan",
    Status.FILLED: "green",
    Status.IN_DOUBT: "bold yellow",
    Status.DENIED: "red",
    Status.REJECTED: "red",
    Status.NOT_PLACED: "red",
    Status.CANCELED: "dim",
    Status.EXPIRED: "dim",
}


# What moves a terminal's cursor, colours it or worse; an exchange's words may hold it.
_CONTROLS: Final = dict.fromkeys([*range(10), *range(11, 32), *range(127, 160)], "\N{REPLACEMENT CHARACTER}")


def visible(text: str) -> str:
    """The text without anything that a terminal would obey, but for new lines."""
    return text.translate(_CONTROLS)


def number(value: Decimal | None) -> str:
    return NOTHING if value is None else to_text(value)


def times(leverage: Decimal | None) -> str:
    return NOTHING if leverage is None else f"{to_text(leverage)}x"


def gain(value: Decimal | None) -> Text:
    """A profit or loss with its sign, to a hundredth, or to four places where it is smaller than 1."""
    if value is None:
        return Text(NOTHING)
    shown = value.quantize(Decimal("0.01") if abs(value) >= 1 else Decimal("0.0001"))
    if not shown:
        return Text("0")
    return Text(f"{shown:+f}", style="green" if shown > 0 else "red")


def short_id(order_id: str) -> str:
    return order_id[:SHORT_ID]


def moment(time_ms: int, now_ms: int, zone: tzinfo | None) -> str:
    """Local time of day; with its date when that is not today. `zone` is `None` for the machine's own."""
    if not time_ms:
        return NOTHING
    then, now = (datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone) for ms in (time_ms, now_ms))
    return then.strftime("%H:%M:%S" if then.date() == now.date() else "%Y-%m-%d %H:%M:%S")


def exact_moment(time_ms: int, now_ms: int, zone: tzinfo | None) -> str:
    """As `moment`, to the millisecond."""
    return f"{moment(time_ms, now_ms, zone)}.{time_ms % 1000:03d}"


def age(seconds: float) -> str:
    """One unit is enough: `3 s`, `4 min`, `2 h`, `3 d`."""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def plain_word(word: str) -> str:
    return word.replace("_", " ")


def status(order: Order) -> Text:
    """The status and what is under way beside it."""
    words = [plain_word(order.status)]
    if order.cancel_requested and not order.ended:
        words.append("canceling")
    if order.amend_requested and not order.ended:
        words.append("amending")
    if order.quarantined:
        words.append("look at it")
    return Text(", ".join(words), style=_STATUS_STYLES.get(order.status, ""))


def price_of(order: Order) -> str:
    """The price as asked, or `market`."""
    return "market" if order.price is None else to_text(order.price)


def terms(order: Order) -> str:
    """The order as one would say it: `buy 0.01 BTC/USDT:USDT at 60000, take profit 65000`."""
    parts = [f"{order.side} {to_text(order.amount)} {order.symbol} at {price_of(order)}"]
    if order.trigger_price is not None:
        by = f" ({order.trigger_by})" if order.trigger_by else ""
        parts.append(f"once the price reaches {to_text(order.trigger_price)}{by}")
    if order.take_profit:
        parts.append(f"take profit {to_text(order.take_profit)}")
    if order.stop_loss:
        parts.append(f"stop loss {to_text(order.stop_loss)}")
    parts += [word for word, on in (("post-only", order.post_only), ("reduce-only", order.reduce_only)) if on]
    if order.time_in_force != "GTC":
        parts.append(order.time_in_force)
    return ", ".join(parts)


def fees(by_currency: dict[str, Decimal]) -> str:
    return ", ".join(f"{to_text(fee)} {currency}" for currency, fee in sorted(by_currency.items())) or "0"


def progress(order: Order) -> str:
    """`filled 0.004 of 0.01, average 60000.1`."""
    filled = f"filled {to_text(order.filled)} of {to_text(order.amount)}"
    return filled if order.average is None else f"{filled}, average {to_text(order.average)}"


def why(order: Order) -> str:
    """Why it ended or stands as it does, where something says so; empty otherwise."""
    if order.refusal is None:
        return order.reason or ""
    said = " ".join(part for part in (order.refusal.exchange_code, order.refusal.exchange_message) if part)
    field = f"{order.refusal.field}: " if order.refusal.field else ""
    return field + order.refusal.message + (f" (exchange: {said})" if said else "")
