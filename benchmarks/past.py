"""A desk's past: so many orders, each journaled and folded into history, as a desk that ran for long would have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from hedgerow.config import Settings
from hedgerow.core.codec import to_json
from hedgerow.core.commands import OrderType, Side
from hedgerow.core.orders import Order, Status
from hedgerow.core.records import Cause, OrderUpdated, Stream
from hedgerow.core.reports import Origin
from hedgerow.history import Batch, Place, TimelineEntry
from hedgerow.history.sql import SqlHistory
from hedgerow.journal import Record
from hedgerow.journal.cursor import Cursor, to_text
from hedgerow.journal.envelope import Envelope, Environment, encode
from hedgerow.journal.sqlite import SqliteJournal

_SLAB = 2_000  # orders in one append and one fold
_BEGAN_MS = 1_760_000_000_000


async def make(folder: Path, account: str, orders: int) -> str:
    """Fill journal and history of a data folder; returns the cursor before the first event."""
    settings = Settings(data_dir=folder)
    journal = await SqliteJournal.open(settings.journal_path, partitions=settings.partitions)
    history = await SqlHistory.open(settings.history_path)
    try:
        partition = journal.partition_of(account)
        epoch = (await history.take_over(partition)).epoch
        for slab in _slabs(account, orders):
            records = [Record(epoch, record(journal.journal_id, account, epoch, at, each)) for at, each in slab]
            place = await journal.append(Stream.ORDERS_UPDATED, account, records)
            first = place.offset - len(slab) + 1
            await history.commit(
                Batch(
                    partition=partition,
                    epoch=epoch,
                    places=[Place(Stream.ORDERS_UPDATED, partition, place.offset, epoch)],
                    orders=[updated.order for _, updated in slab],
                    timeline=[line(partition, offset, updated) for offset, (_, updated) in enumerate(slab, first)],
                )
            )
        return to_text(Cursor(journal.journal_id, Stream.ORDERS_UPDATED, {}))
    finally:
        await history.close()
        await journal.close()


def _slabs(account: str, orders: int) -> Iterator[Sequence[tuple[int, OrderUpdated]]]:
    for start in range(0, orders, _SLAB):
        yield [(at, ended_order(account, at)) for at in range(start, min(start + _SLAB, orders))]


def ended_order(account: str, number: int) -> OrderUpdated:
    """Of the order that was made in this place: all of its ids and times follow from the number."""
    amount, price = Decimal("0.010"), Decimal("60000.10")
    order_id = f"{number:026d}"
    exchange_id = f"{number:08x}-0000-4000-8000-000000000000"
    order = Order(
        order_id=order_id,
        account=account,
        symbol="BTC/USDT:USDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        amount=amount,
        price=price,
        status=Status.CANCELED,
        origin=Origin.DESK,
        created_ms=_BEGAN_MS + number,
        updated_ms=_BEGAN_MS + number + 500,
        version=4,
        remaining=amount,
        client_order_id=f"hg{order_id}",
        client_order_ids=(f"hg{order_id}",),
        exchange_order_id=exchange_id,
        exchange_order_ids=(exchange_id,),
        idempotency_key=f"{number:032x}",
        body_hash=f"{number:064x}",
        principal="token:bench",
        transport="websocket",
        deadline_ms=_BEGAN_MS + number + 5_000,
        exchange_updated_ms=_BEGAN_MS + number + 499,
        cancel_requested=True,
    )
    return OrderUpdated(order=order, cause=Cause(kind="report", source="stream", exchange_ms=order.exchange_updated_ms))


def record(journal_id: str, account: str, epoch: int, number: int, updated: OrderUpdated) -> bytes:
    """The record of an order's change, as a resolver writes it."""
    return encode(
        Envelope(
            journal=journal_id,
            account=account,
            environment=Environment.SIMULATION,
            writer="order_resolver@bench",
            epoch=epoch,
            sequence=number + 1,
            time_ms=updated.order.updated_ms,
            body=updated,
        )
    )


def line(partition: int, offset: int, updated: OrderUpdated) -> TimelineEntry:
    """An order's change in its timeline."""
    return TimelineEntry(
        stream=Stream.ORDERS_UPDATED,
        partition=partition,
        offset=offset,
        subject=updated.order.order_id,
        account=updated.order.account,
        time_ms=updated.order.updated_ms,
        kind="order_updated",
        body=to_json(updated).decode(),
    )
