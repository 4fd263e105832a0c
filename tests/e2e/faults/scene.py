"""Trouble at the exchange, for one account at a time: all scenes of a file share one desk and one exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.e2e.agreement import agree, creates, held_orders
from tests.e2e.desk_client import DeskClient, client
from tests.e2e.desk_process import Account, DeskProcess, new_account
from tests.e2e.side_by_side import Outcomes, play
from tests.simulator.running import Running

AT_ONCE = 12
PRICE = "50000"  # rests


class Scene:
    def __init__(self, desk: DeskClient, exchange: Running, account: Account) -> None:
        self.desk = desk
        self.exchange = exchange
        self.account = account

    def fault(self, kind: str, target: str, **more: Any) -> None:
        """At this account only."""
        self.exchange.fault(kind, target, account=self.account.name, **more)

    async def by_rest(self) -> None:
        """The exchange takes no orders over WebSocket any more: the desk must use REST."""
        self.fault("socket_cut", "auth", channel="trade", count=1_000)
        self.exchange.control("POST", "sockets/cut", account=self.account.name, channel="trade")
        await self.desk.sends_by_rest()

    def deaf(self) -> None:
        """What happens to the next order is not pushed: nothing but reads can tell."""
        for topic in ("order", "execution", "position"):
            self.fault("push_dropped", topic)

    def lists_lag(self, behind_ms: int, count: int) -> None:
        """So many reads of orders and executions are answered from the past."""
        for path in ("/v5/order/realtime", "/v5/order/history", "/v5/execution/list"):
            self.fault("stale_read", path, ms=behind_ms, count=count)

    @property
    def sent(self) -> list[int]:
        """How many create requests came for each client order id."""
        return list(creates(self.exchange, self.account.name).values())

    @property
    def held(self) -> list[dict[str, Any]]:
        return held_orders(self.exchange, self.account.name)

    async def settles(self) -> None:
        await agree(self.desk, self.exchange)


Trouble = Callable[[Scene], Awaitable[None]]


def play_scenes(scenes: Mapping[str, Trouble], desk: DeskProcess, exchange: Running) -> Outcomes:
    async def one(name: str, trouble: Trouble) -> None:
        account = new_account(exchange, name.replace("_", "-")[:32])
        async with client(desk, account.name) as trader:
            added = await trader.call("POST", "/api/accounts", account.body())
            assert added.status == 201, added
            await trader.followed()
            await trouble(Scene(trader, exchange, account))

    return play(scenes, one, AT_ONCE)
