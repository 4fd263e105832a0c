"""Which fills were counted: by their ids, as far back as memory goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

KEEP_LEARNED: Final = 100_000


class CountedFills:
    """Ids of counted fills, kept as long as their order is kept, and the newest of those learned from history."""

    def __init__(self, keep_learned: int = KEEP_LEARNED) -> None:
        self._keep_learned = keep_learned
        self._of_order: dict[str, set[str]] = {}
        self._learned: dict[str, None] = {}
        self._whole: set[str] = set()  # orders followed here from their first fill on

    def __contains__(self, fill_id: str) -> bool:
        return fill_id in self._learned

    def counted(self, order_id: str, fill_id: str) -> bool:
        return fill_id in self._of_order.get(order_id, ()) or fill_id in self._learned

    def add(self, order_id: str, fill_id: str) -> None:
        self._of_order.setdefault(order_id, set()).add(fill_id)

    def begin(self, order_id: str) -> None:
        """The order's intent is read here: none of its fills was counted before."""
        self._whole.add(order_id)

    def is_whole(self, order_id: str) -> bool:
        """Whether every fill of the order that was ever counted is remembered."""
        return order_id in self._whole

    def learn(self, fill_ids: Iterable[str]) -> None:
        for fill_id in fill_ids:
            self._learned[fill_id] = None
        while len(self._learned) > self._keep_learned:
            del self._learned[next(iter(self._learned))]

    def forget(self, order_id: str) -> None:
        self._of_order.pop(order_id, None)
        self._whole.discard(order_id)
