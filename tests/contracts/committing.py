"""Batches into a history, as a resolver commits them."""

from __future__ import annotations

from hedgerow.history import Batch, History


async def commit(history: History, *, partition: int = 0, epoch: int = 1, **folded: object) -> None:
    await history.commit(Batch(partition=partition, epoch=epoch, **({"places": ()} | folded)))  # type: ignore[arg-type]
