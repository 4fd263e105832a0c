"""A client of a desk's REST API, as a program would write one: text in, status and JSON out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import httpx
import msgspec

from tests.e2e.desk_process import DeskProcess, until

ENDS = {"denied", "not_placed", "filled", "canceled", "expired", "rejected"}
BTC = "BTC/USDT:USDT"
ANSWER_S = 30.0


class Answer(NamedTuple):
    status: int
    body: Any
    headers: httpx.Headers

    @property
    def order(self) -> dict[str, Any]:
        """Of a placed order, or of a command on one."""
        found: dict[str, Any] = self.body if "order_id" in self.body else self.body["order"]
        return found


class DeskClient:
    """Signed in with one token; `account` is what orders are placed on."""

    def __init__(self, url: str, token: str | None, account: str) -> None:
        self.url = url
        self.token = token
        self.account = account
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=ANSWER_S, trust_env=False)

    async def __aenter__(self) -> DeskClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any) -> Answer:
        """One request. `body` is sent as it is where it is bytes."""
        headers = {"Idempotency-Key": key} if key is not None else {}
        content = None if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        answer = await self._http.request(method, path, content=content, headers=headers, params=query or None)
        read = msgspec.json.decode(answer.content) if answer.content else None
        return Answer(answer.status_code, read, answer.headers)

    # orders

    async def place(
        self, side: str, amount: str, price: str | None = None, *, key: str | None = None, **more: Any
    ) -> Answer:
        terms = {"account": self.account, "symbol": BTC, "side": side, "amount": amount}
        terms |= {"type": "market"} if price is None else {"type": "limit", "price": price}
        return await self.call("POST", "/api/orders", terms | more, key=key)

    async def placed(self, side: str, amount: str, price: str | None = None, **more: Any) -> dict[str, Any]:
        """An order that the exchange must accept."""
        answer = await self.place(side, amount, price, **more)
        assert answer.status == 201, answer
        return answer.order

    async def amend(self, order_id: str, *, key: str | None = None, **change: str) -> Answer:
        return await self.call("PATCH", f"/api/orders/{order_id}", change, key=key)

    async def cancel(self, order_id: str, *, key: str | None = None) -> Answer:
        return await self.call("DELETE", f"/api/orders/{order_id}", key=key)

    async def order(self, order_id: str) -> dict[str, Any]:
        answer = await self.call("GET", f"/api/orders/{order_id}")
        assert answer.status == 200, answer
        return answer.order

    async def timeline(self, order_id: str) -> list[dict[str, Any]]:
        answer = await self.call("GET", f"/api/orders/{order_id}")
        assert answer.status == 200, answer
        lines: list[dict[str, Any]] = answer.body["timeline"]
        return lines

    async def orders(self, **wanted: Any) -> list[dict[str, Any]]:
        """Every page."""
        found: list[dict[str, Any]] = []
        page: str | None = None
        while True:
            query = {"account": self.account, "limit": 500} | wanted | ({"page": page} if page else {})
            answer = await self.call("GET", "/api/orders", **query)
            assert answer.status == 200, answer
            found += answer.body["orders"]
            page = answer.body["next"]
            if page is None:
                return found

    async def becomes(self, order_id: str, *statuses: str, within_s: float = 20.0) -> dict[str, Any]:
        """The order, once it has one of these statuses."""
        last: dict[str, Any] = {}

        async def reached() -> bool:
            nonlocal last
            last = await self.order(order_id)
            return last["status"] in statuses

        try:
            await until(reached, within_s)
        except AssertionError:
            raise AssertionError(f"it became {last.get('status')}, not {statuses}: {last}") from None
        return last

    # positions and the rest

    async def positions(self) -> list[dict[str, Any]]:
        answer = await self.call("GET", "/api/positions", account=self.account)
        assert answer.status == 200, answer
        found: list[dict[str, Any]] = answer.body["positions"]
        return found

    async def position(self, symbol: str = BTC) -> dict[str, Any] | None:
        return next((each for each in await self.positions() if each["symbol"] == symbol), None)

    async def holds(self, amount: str, symbol: str = BTC, within_s: float = 20.0) -> dict[str, Any] | None:
        """The position, once it has this amount; `None` for a flat one."""
        last: dict[str, Any] | None = None

        async def reached() -> bool:
            nonlocal last
            last = await self.position(symbol)
            return Decimal(last["amount"] if last else 0) == Decimal(amount)

        try:
            await until(reached, within_s)
        except AssertionError:
            raise AssertionError(f"the position is {last}, not of {amount}") from None
        return last

    async def fills(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page: str | None = None
        while True:
            query = {"account": self.account, "limit": 500} | ({"page": page} if page else {})
            answer = await self.call("GET", "/api/fills", **query)
            assert answer.status == 200, answer
            found += answer.body["fills"]
            page = answer.body["next"]
            if page is None:
                return found

    async def sends_by_rest(self, within_s: float = 20.0) -> None:
        """Wait until the desk has noticed that the exchange takes no orders over WebSocket."""

        async def so() -> bool:
            parts = (await self.call("GET", "/api/health")).body["parts"]
            return any(each["name"] == f"{self.account}: trading" and "rest" in each["message"] for each in parts)

        await until(so, within_s)

    async def followed(self, within_s: float = 30.0) -> None:
        """Wait until the account is connected, and a resolver follows it over its private stream."""

        async def so() -> bool:
            answer = await self.call("GET", "/api/accounts")
            return any(
                each["name"] == self.account and each["ready"] and each["followed"] for each in answer.body or ()
            )

        await until(so, within_s)


def client(desk: DeskProcess, account: str) -> DeskClient:
    """The owner's client of a desk that runs."""
    door = desk.door
    return DeskClient(door.url.replace("localhost", "127.0.0.1"), door.token, account)
