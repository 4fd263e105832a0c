"""Every command that changes something: what reaches the desk, and what is said of its answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgerow.core.codec import to_json
from hedgerow.core.limits import Limits, TradingState
from hedgerow.core.orders import Status
from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.schemas import CommandResult, RulesView
from tests.cli import samples
from tests.cli.desk import FakeDesk, Request
from tests.cli.shell import Shell

ACCEPTED = CommandResult(command_id="c", outcome="accepted")
IN_DOUBT = CommandResult(command_id="c", outcome="in_doubt", note="Asking the exchange.")
ID = samples.ORDER_ID
COMMANDS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        f"amend {ID} --amount 0.02 --price 60500.50 --trigger 1 --tp none --sl 0 --quantise",
        "PATCH",
        f"/api/orders/{ID}",
        {
            "amount": "0.02",
            "price": "60500.50",
            "trigger_price": "1",
            "take_profit": "0",
            "stop_loss": "0",
            "quantise": True,
        },
    ),
    (
        f"protect {samples.SYMBOL} --tp 66000 --sl none --trigger-by mark --side long",
        "PUT",
        "/api/positions/protection",
        {
            "account": "sim",
            "symbol": samples.SYMBOL,
            "take_profit": "66000",
            "stop_loss": "0",
            "trigger_by": "mark",
            "side": "long",
        },
    ),
    (
        f"close {samples.SYMBOL} --amount 0.005 --price 61000 --side short --quantise",
        "POST",
        "/api/positions/close",
        {
            "account": "sim",
            "symbol": samples.SYMBOL,
            "amount": "0.005",
            "price": "61000",
            "side": "short",
            "quantise": True,
        },
    ),
    (f"close {samples.SYMBOL}", "POST", "/api/positions/close", {"account": "sim", "symbol": samples.SYMBOL}),
    (
        f"reverse {samples.SYMBOL} --side long",
        "POST",
        "/api/positions/reverse",
        {"account": "sim", "symbol": samples.SYMBOL, "side": "long"},
    ),
    ("flatten", "POST", "/api/flatten", {"account": "sim"}),
    (
        f"flatten --symbol {samples.SYMBOL} -a sim",
        "POST",
        "/api/flatten",
        {"account": "sim", "symbol": samples.SYMBOL},
    ),
    (
        f"leverage {samples.SYMBOL} 5",
        "PUT",
        "/api/leverage",
        {"account": "sim", "symbol": samples.SYMBOL, "leverage": "5"},
    ),
]


def given(request: Request) -> dict[str, Any]:
    return {name: value for name, value in request.json.items() if value not in (None, False)}


@pytest.mark.parametrize(("arguments", "method", "path", "body"), COMMANDS)
def test_a_command_reaches_the_desk(
    desk: FakeDesk, shell: Shell, arguments: str, method: str, path: str, body: dict[str, Any]
) -> None:
    desk.answer(method, path, ACCEPTED)
    ran = shell.run(*arguments.split(), "--key", "k-1")
    assert (ran.code, ran.err) == (0, "")
    [request] = desk.asked(method, path)
    assert given(request) == body
    assert request.headers["idempotency-key"] == "k-1"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("arguments", "method", "path", "_body"), COMMANDS)
def test_its_answers_decide_the_exit_code(
    desk: FakeDesk, shell: Shell, arguments: str, method: str, path: str, _body: Any
) -> None:
    desk.answer(method, path, IN_DOUBT, 202)
    doubtful = shell.run(*arguments.split())
    assert (doubtful.code, doubtful.out) == (4, "")
    assert doubtful.err.startswith("In doubt: ")
    assert doubtful.err.endswith("Asking the exchange.\n")
    desk.answer(method, path, ACCEPTED)
    assert shell.run(*arguments.split(), "--json").out.encode() == to_json(ACCEPTED) + b"\n"
    desk.refuse(method, path, Refusal(Code.ORDER_ENDED, "The order has ended."), 409)
    assert shell.run(*arguments.split())[::2] == (1, "The order has ended.\n")
    desk.refuse(method, path, Refusal(Code.UNKNOWN_POSITION, "There is no position.", "symbol"), 404)
    assert shell.run(*arguments.split())[::2] == (2, "symbol: There is no position.\n")


def test_cancel_one_by_the_beginning_of_its_id(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page(samples.order()))
    desk.answer("DELETE", f"/api/orders/{ID}", ACCEPTED)
    assert shell.run("cancel", "b7k2m9") == (0, "Canceling b7k2m9xa.\n", "")
    assert desk.asked("GET", "/api/orders")[0].query["status"] == ["living"]
    [request] = desk.asked("DELETE", f"/api/orders/{ID}")
    assert request.body == b""
    assert len(request.headers["idempotency-key"]) == 32


def test_cancel_all(desk: FakeDesk, shell: Shell) -> None:
    result = CommandResult(command_id="c", outcome="accepted", orders=[samples.order(cancel_requested=True)])
    desk.answer("DELETE", "/api/orders", result)
    ran = shell.run("cancel", "--all", "--symbol", samples.SYMBOL)
    assert ran.out == ("b7k2m9xa  buy 0.01 BTC/USDT:USDT at 60000: open, canceling, filled 0 of 0.01\nCanceling all.\n")
    assert desk.asked("DELETE", "/api/orders")[0].query == {"account": ["sim"], "symbol": [samples.SYMBOL]}


def test_a_part_that_was_refused_is_a_failure(desk: FakeDesk, shell: Shell) -> None:
    refused = samples.order(
        status=Status.REJECTED, refusal=Refusal(Code.EXCHANGE_REJECTED, "No.", None, "110017", "reduce-only")
    )
    desk.answer(
        "POST", "/api/flatten", CommandResult(command_id="c", outcome="accepted", orders=[samples.filled(), refused])
    )
    ran = shell.run("flatten")
    assert ran.code == 1
    assert ran.out.endswith("rejected: No. (exchange: 110017 reduce-only)\n")
    assert ran.err == "Not all of it was done.\n"


def test_limits_are_shown(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/limits", [samples.rules(limits=Limits(order_notional=None))])
    ran = shell.run("limits")
    assert ran.out == (
        "sim: active (orders go out)\n"
        "  price collar        0.05\n"
        "  mark max age ms     5000\n"
        "  order notional      none\n"
        "  position notional   1000000\n"
        "  leverage            25\n"
        "  open orders         500\n"
    )
    shell.run("limits", "--account", "main")
    assert [request.query for request in desk.asked("GET", "/api/limits")] == [{}, {"account": ["main"]}]


def test_only_the_limits_given_are_changed(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("PUT", "/api/limits", samples.rules())
    ran = shell.run("limits", "--order-notional", "50000", "--position-notional", "none", "--open-orders", "20")
    assert ran.code == 0
    [request] = desk.asked("PUT", "/api/limits")
    assert request.json == {
        "account": "sim",
        "order_notional": "50000",
        "position_notional": None,
        "open_orders": 20,
    }


def test_the_trading_state_is_a_command_of_its_own(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("PUT", "/api/limits", samples.rules())
    halted: RulesView = samples.rules(trading_state=TradingState.HALTED)
    desk.answer("PUT", "/api/trading-state", halted)
    ran = shell.run("limits", "--state", "halted", "--leverage", "3", "--key", "k", "--json")
    assert ran.out.encode() == to_json(halted) + b"\n"
    [limits], [state] = desk.asked("PUT", "/api/limits"), desk.asked("PUT", "/api/trading-state")
    assert limits.headers["idempotency-key"] != state.headers["idempotency-key"]
    assert state.json == {"account": "sim", "state": "halted"}


def test_positions_balances_instruments_and_candles(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/positions", {"cursor": "c", "positions": [samples.position_view()]})
    balance = {"currency": "USDT", "wallet": "100000", "equity": "100005", "available": "99940"}
    desk.answer("GET", "/api/balances", [{"account": "sim", "updated_ms": samples.NOW_MS, "balances": [balance]}])
    desk.answer("GET", "/api/instruments", [samples.instrument()])
    candle = {"symbol": "s", "interval": "1m", "start_ms": samples.NOW_MS, "open": "1", "high": "2", "low": "0.5"}
    candles = [{**candle, "close": "1.5", "volume": "7"}]
    desk.answer("GET", "/api/candles", {"account": "sim", "symbol": "s", "interval": "1m", "candles": candles})
    shown = {
        name: _trimmed(shell.run(*arguments.split(), width=60).out)
        for name, arguments in {
            "positions": "positions",
            "balances": "balances",
            "instruments": "instruments",
            "candles": f"candles {samples.SYMBOL} --interval 15m",
        }.items()
    }
    assert shown == SHOWN
    assert desk.asked("GET", "/api/candles")[0].query["interval"] == ["15m"]
    assert desk.asked("GET", "/api/instruments")[0].query == {"account": ["sim"]}


def _trimmed(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


SHOWN = {
    "positions": [
        "SYMBOL         SIDE  AMOUNT  ENTRY   MARK    PNL     TP  SL",
        "BTC/USDT:USDT  long    0.01  60000  60500  +5.00  66000   -",
    ],
    "balances": [
        "ACCOUNT  CURRENCY  EQUITY  AVAILABLE  WALLET  MARGIN  PNL",
        "sim      USDT      100005      99940  100000       0    0",
    ],
    "instruments": [
        "SYMBOL         TICK    LOT    MIN   MAX  MIN VALUE  LEVERAGE",
        "BTC/USDT:USDT   0.1  0.001  0.001  1190          5      100x",
    ],
    "candles": [
        "TIME      OPEN  HIGH  LOW  CLOSE  VOLUME",
        "14:00:00     1     2  0.5    1.5       7",
    ],
}


def test_a_loss_has_its_sign_without_colour(desk: FakeDesk, shell: Shell) -> None:
    loss = samples.position_view(unrealised_pnl=Decimal("-0.00051"), discrepancy=Decimal("0.001"))
    desk.answer("GET", "/api/positions", {"cursor": "c", "positions": [loss]})
    ran = shell.run("positions", width=300)
    assert "-0.0005" in ran.out
    assert "\x1b" not in ran.out
    assert "DIFFERS" in ran.out


@pytest.mark.parametrize(
    ("path", "arguments", "answer"),
    [
        ("/api/positions", "positions", {"cursor": "c", "positions": []}),
        ("/api/balances", "balances", []),
        ("/api/instruments", "instruments", []),
        ("/api/limits", "limits", []),
        ("/api/accounts", "accounts list", [samples.account()]),
        ("/api/tokens", "tokens list", []),
    ],
)
def test_json_is_the_desks_own(desk: FakeDesk, shell: Shell, path: str, arguments: str, answer: object) -> None:
    desk.answer("GET", path, answer)
    assert shell.run(*arguments.split(), "--json").out.encode() == to_json(answer) + b"\n"
    assert shell.run(*arguments.split()).code == 0
