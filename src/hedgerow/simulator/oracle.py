"""What really happened, for tests and benchmarks to check against: nothing that trades reads it.

Orders: every one that the exchange took, as it last stood, and how many create requests named its link id.  Requests:
when the bytes of each order request arrived (`time.monotonic_ns`, which all processes of a machine share).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

from hedgerow.simulator.messages import Command, Order, PlaceOrder, Result

KEPT_ORDERS = 200_000
KEPT_REQUESTS = 200_000


class Request(msgspec.Struct, frozen=True, gc=False):
    number: int
    kind: str  # PlaceOrder, AmendOrder, CancelOrder …
    account: str
    order_link_id: str
    order_id: str
    code: int
    arrived_ns: int
    server_ms: int


class _Seen(msgspec.Struct, gc=False):
    account: str
    order_id: str
    order_link_id: str
    symbol: str
    side: str
    qty: str
    status: str
    cum_exec_qty: str


class Oracle:
    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._creates: dict[tuple[str, str], int] = {}
        self._requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self._count = 0

    def note(self, command: Command, result: Result, arrived_ns: int, now_ms: int) -> None:
        """One user's command and its answer; without an arrival time (a log replayed) no request is noted."""
        link_id = getattr(command, "order_link_id", "")
        if isinstance(command, PlaceOrder) and link_id:
            counted = command.account, link_id
            self._creates[counted] = self._creates.get(counted, 0) + 1
        if arrived_ns:
            self._count += 1
            answer = result.answer
            self._requests.append(
                Request(
                    self._count,
                    type(command).__name__,
                    getattr(command, "account", ""),
                    link_id,
                    getattr(answer, "order_id", "") or getattr(command, "order_id", ""),
                    getattr(answer, "code", 0),
                    arrived_ns,
                    now_ms,
                )
            )

    def see(self, events: Iterable[object]) -> None:
        for event in events:
            if isinstance(event, Order):
                self._see(event)

    def _see(self, order: Order) -> None:
        seen = self._seen.get(order.order_id)
        if seen is None:
            seen = self._seen[order.order_id] = _Seen(
                order.account, order.order_id, order.order_link_id, order.symbol, order.side, "", "", ""
            )
            if len(self._seen) > KEPT_ORDERS:
                self._forget_oldest()
        seen.status = order.status
        seen.qty = format(order.qty, "f")
        seen.cum_exec_qty = format(order.cum_exec_qty, "f")

    def _forget_oldest(self) -> None:
        oldest = self._seen.pop(next(iter(self._seen)))
        self._creates.pop((oldest.account, oldest.order_link_id), None)

    def orders(self, account: str) -> list[dict[str, Any]]:
        """Oldest first; `create_requests` is 0 for an order without a link id."""
        return [
            {
                **msgspec.to_builtins(seen),
                "create_requests": self._creates.get((seen.account, seen.order_link_id), 0),
            }
            for seen in self._seen.values()
            if account in ("", seen.account)
        ]

    def creates(self, account: str) -> dict[str, int]:
        """Create requests by link id, those that were refused included."""
        return {link: count for (owner, link), count in self._creates.items() if account in ("", owner)}

    def requests(self, after: int) -> list[dict[str, Any]]:
        return [msgspec.to_builtins(request) for request in self._requests if request.number > after]

    def snapshot(self) -> dict[str, Any]:
        return {
            "seen": [list(msgspec.structs.astuple(seen)) for seen in self._seen.values()],
            "creates": [[account, link, count] for (account, link), count in self._creates.items()],
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        self._seen = {row[1]: _Seen(*row) for row in snapshot["seen"]}
        self._creates = {(account, link): count for account, link, count in snapshot["creates"]}
