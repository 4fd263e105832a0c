"""The control routes, `/control/…`: for tests, benchmarks and drills; off unless asked for, and on loopback only.

| call | does |
|---|---|
| POST /control/price {symbol, price} | the market trades at this price, and goes on from there |
| POST /control/market {running} · POST /control/market/step {steps} | stops, starts it; steps it by hand |
| POST /control/keys {key, secret, account, deposit} | a new key, and its account |
| POST /control/orders {account, order} | an order from the exchange's own page: without a link id |
| GET, POST, DELETE /control/faults | the armed faults; place one (see `faults.Fault`); clear all |
| POST /control/sockets/cut {account, channel} | cuts open WebSockets now |
| GET /control/sockets | the open WebSockets and their topics |
| GET /control/orders?account= | every order ever taken, and how many create requests named its link id |
| GET /control/requests?after= | order requests and when their bytes arrived (CLOCK_MONOTONIC, ns) |
| GET /control/executions?account= | the account's executions, newest first |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from hedgerow.simulator.bybit import rows
from hedgerow.simulator.bybit.auth import DEFAULT_DEPOSIT, ApiKey
from hedgerow.simulator.bybit.bodies import CreateBody
from hedgerow.simulator.bybit.commands import place
from hedgerow.simulator.bybit.texts import parse
from hedgerow.simulator.connections import Connections
from hedgerow.simulator.exchange import SimulatedExchange
from hedgerow.simulator.faults import READ_KINDS, Fault
from hedgerow.simulator.market import MAKER_PREFIX
from hedgerow.simulator.messages import Refusal

_MOST_STEPS = 10_000
_Query = Mapping[str, str]
_Answer = tuple[int, object]


class _Price(msgspec.Struct, forbid_unknown_fields=True):
    symbol: str
    price: str


class _Running(msgspec.Struct, forbid_unknown_fields=True):
    running: bool


class _Steps(msgspec.Struct, forbid_unknown_fields=True):
    steps: int = 1


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    secret: str
    account: str
    deposit: str = str(DEFAULT_DEPOSIT)


class _ExternalOrder(msgspec.Struct, forbid_unknown_fields=True):
    account: str
    order: CreateBody


class _Cut(msgspec.Struct, forbid_unknown_fields=True):
    account: str = ""
    channel: str = ""


class Control:
    def __init__(self, exchange: SimulatedExchange, connections: Connections) -> None:
        self._exchange = exchange
        self._connections = connections
        self._routes: dict[tuple[str, str], Callable[[_Query, bytes], _Answer]] = {
            ("POST", "/control/price"): self._set_price,
            ("POST", "/control/market"): self._run_market,
            ("POST", "/control/market/step"): self._step_market,
            ("POST", "/control/keys"): self._add_key,
            ("POST", "/control/orders"): self._place_externally,
            ("GET", "/control/orders"): self._orders,
            ("GET", "/control/requests"): self._requests,
            ("GET", "/control/executions"): self._executions,
            ("GET", "/control/faults"): self._faults,
            ("POST", "/control/faults"): self._place_fault,
            ("DELETE", "/control/faults"): self._clear_faults,
            ("GET", "/control/sockets"): self._sockets,
            ("POST", "/control/sockets/cut"): self._cut_sockets,
        }

    def answer(self, scope: MutableMapping[str, Any], body: bytes) -> tuple[int, bytes]:
        """Status and JSON; strangers hear that there is nothing here."""
        route = self._routes.get((scope["method"], scope["path"]))
        client = scope.get("client")
        if route is None or client is None or not ip_address(client[0]).is_loopback:
            return 404, b"{}"
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        try:
            status, answer = route(query, body)
        except msgspec.DecodeError as error:
            status, answer = 400, {"error": str(error)}
        return status, msgspec.json.encode(answer)

    def _set_price(self, query: _Query, body: bytes) -> _Answer:
        wanted = msgspec.json.decode(body, type=_Price)
        instrument, price = self._exchange.instruments.get(wanted.symbol), parse(wanted.price)
        if instrument is None or price is None or price % instrument.tick_size:
            return _bad("an instrument's symbol, and a price on its tick")
        if not instrument.min_price <= price <= instrument.max_price:
            return _bad(f"a price from {instrument.min_price} to {instrument.max_price}")
        self._exchange.market_maker.set_price(wanted.symbol, price)
        self._exchange.step_market()
        return 200, {"symbol": wanted.symbol, "price": wanted.price}

    def _run_market(self, query: _Query, body: bytes) -> _Answer:
        running = msgspec.json.decode(body, type=_Running).running
        market = self._exchange.market_maker
        if running:
            market.resume()
        else:
            market.pause()
        return 200, {"running": running}

    def _step_market(self, query: _Query, body: bytes) -> _Answer:
        steps = msgspec.json.decode(body or b"{}", type=_Steps).steps
        if not 1 <= steps <= _MOST_STEPS:
            return _bad(f"1 to {_MOST_STEPS} steps")
        market = self._exchange.market_maker
        paused = market.paused
        market.resume()
        for _ in range(steps):
            self._exchange.step_market()
        if paused:
            market.pause()
        return 200, {"steps": steps}

    def _add_key(self, query: _Query, body: bytes) -> _Answer:
        wanted = msgspec.json.decode(body, type=_Key)
        deposit = parse(wanted.deposit)
        if deposit is None or not (wanted.key and wanted.secret and wanted.account):
            return _bad("key, secret and account, and a deposit in USDT")
        if wanted.account.startswith(MAKER_PREFIX):
            return _bad(f"an account that is not called {MAKER_PREFIX}…: those are the makers'")
        self._exchange.add_key(ApiKey(wanted.key, wanted.secret, wanted.account, deposit))
        return 200, {"key": wanted.key, "account": wanted.account}

    def _place_externally(self, query: _Query, body: bytes) -> _Answer:
        wanted = msgspec.json.decode(body, type=_ExternalOrder)
        if wanted.account not in {key.account for key in self._exchange.keys.values()}:
            return _bad("a known account")
        command = place(wanted.order, wanted.account, external=True)
        self._exchange.arrived_ns = 0
        answer = command if isinstance(command, Refusal) else self._exchange.execute(command).answer
        if isinstance(answer, Refusal):
            return 422, {"code": answer.code, "message": answer.message}
        return 200, {"orderId": answer.order_id}

    def _orders(self, query: _Query, body: bytes) -> _Answer:
        account = query.get("account", "")
        oracle = self._exchange.oracle
        return 200, {"orders": oracle.orders(account), "create_requests": oracle.creates(account)}

    def _requests(self, query: _Query, body: bytes) -> _Answer:
        after = query.get("after", "0")
        return 200, {"requests": self._exchange.oracle.requests(int(after) if after.isdecimal() else 0)}

    def _executions(self, query: _Query, body: bytes) -> _Answer:
        fills = self._exchange.reads.executions(query.get("account", ""))
        return 200, {"executions": [rows.execution_row(fill) for fill in fills]}

    def _faults(self, query: _Query, body: bytes) -> _Answer:
        return 200, {"faults": self._exchange.faults.listed()}

    def _place_fault(self, query: _Query, body: bytes) -> _Answer:
        fault = msgspec.json.decode(body, type=Fault)
        number = self._exchange.faults.place(fault)
        if fault.kind in READ_KINDS:
            self._exchange.watch_past()
        return 200, {"id": number}

    def _clear_faults(self, query: _Query, body: bytes) -> _Answer:
        self._exchange.faults.clear()
        return 200, {"faults": []}

    def _sockets(self, query: _Query, body: bytes) -> _Answer:
        return 200, {
            "sockets": [
                {"id": each.id, "channel": each.channel, "account": each.account, "topics": sorted(each.topics)}
                for each in self._connections.all()
            ]
        }

    def _cut_sockets(self, query: _Query, body: bytes) -> _Answer:
        wanted = msgspec.json.decode(body or b"{}", type=_Cut)
        chosen = [
            each
            for each in self._connections.all()
            if wanted.account in ("", each.account) and wanted.channel in ("", each.channel)
        ]
        for connection in chosen:
            connection.cut()
        return 200, {"cut": len(chosen)}


def _bad(wanted: str) -> _Answer:
    return 400, {"error": f"wanted: {wanted}"}
