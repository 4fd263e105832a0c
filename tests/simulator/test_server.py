"""The process: how it starts, stops, dies and comes back, and what it says of bad input."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hedgerow.simulator.server import parse_key
from tests.simulator.running import Running, client

BTC = "BTC/USDT:USDT"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
KEY = ("--key", "k:s:ann")


def refused(*arguments: str) -> tuple[int, str]:
    """The exit code and all of standard error."""
    command = [sys.executable, "-m", "hedgerow.simulator", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, env=ENVIRONMENT, check=False)
    return ended.returncode, ended.stderr


def test_a_used_port_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = refused("--port", str(port))
    assert (code, said) == (2, f"simulator: cannot listen on 127.0.0.1:{port}: Address already in use\n")


def test_a_damaged_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "snapshot").write_bytes(b"nonsense")
    code, said = refused("--data", str(tmp_path))
    assert (code, said.count("\n"), "snapshot is damaged" in said) == (2, 1, True)


def test_a_key_written_wrongly_is_said() -> None:
    code, said = refused("--key", "only:two")
    assert (code, "KEY:SECRET:ACCOUNT" in said) == (2, True)
    assert parse_key("k:s:ann:12.5").deposit == parse_key("k:s:ann:12.50").deposit
    for written in ("", "k:s", "k::ann", "k:s:maker-x", "k:s:ann:-1", "k:s:ann:1:2"):
        with pytest.raises(ValueError, match="KEY:SECRET:ACCOUNT"):
            parse_key(written)


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "stdin"])
def test_it_stops_when_told_and_when_its_parent_goes(how: str) -> None:
    running = Running()
    assert running.url.startswith("http://127.0.0.1:")
    if how == "stdin":
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(timeout=20) == 0
        running.process.stdin = None
        running.process.communicate()
    else:
        assert running.stop(signal.Signals[how]) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_state_is_kept_over_a_restart(tmp_path: Path, how: int) -> None:
    running = Running("--data", str(tmp_path), *KEY)
    bybit = client(running.url, "k", "s")
    await bybit.load_markets()
    resting = await bybit.create_order(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "resting"})
    stop = {"triggerPrice": "70000", "triggerDirection": "ascending"}
    waiting = await bybit.create_order(BTC, "market", "buy", "0.01", None, stop)
    await bybit.create_order(BTC, "market", "buy", "0.02")
    await bybit.set_leverage(20, BTC)
    before = [await bybit.fetch_positions(), (await bybit.fetch_balance())["USDT"], await bybit.fetch_my_trades(BTC)]
    added = running.account("later")
    await bybit.close()
    running.stop(how)

    again = Running("--data", str(tmp_path))
    bybit, later = client(again.url, "k", "s"), again.client(added)
    try:
        await bybit.load_markets()
        assert {order["id"] for order in await bybit.fetch_open_orders(BTC)} == {resting["id"], waiting["id"]}
        after = [await bybit.fetch_positions(), (await bybit.fetch_balance())["USDT"], await bybit.fetch_my_trades(BTC)]
        for old, new in zip(before[0], after[0], strict=True):
            assert [new[name] for name in ("contracts", "entryPrice", "leverage")] == [
                old[name] for name in ("contracts", "entryPrice", "leverage")
            ]
        assert after[2] == before[2]
        assert again.control("GET", "orders?account=ann")["create_requests"] == {"resting": 1}
        assert float((await later.fetch_balance())["USDT"]["total"]) == 100_000
        ids = {(await bybit.create_order(BTC, "limit", "buy", "0.001", "50000"))["id"] for _ in range(3)}
        assert not ids & {fill["order"] for fill in before[2]} | {resting["id"], waiting["id"]} & ids
        assert float((await bybit.fetch_ticker(BTC))["bid"]) > 0
    finally:
        await bybit.close()
        await later.close()
        assert again.stop() == 0


async def test_an_order_that_was_acknowledged_survives_sigkill_at_once(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for _ in range(3):
        running = Running("--data", str(tmp_path), *KEY)
        bybit = client(running.url, "k", "s")
        try:
            await bybit.load_markets()
            assert {order["id"] for order in await bybit.fetch_open_orders(BTC, params={"paginate": True})} == set(
                acknowledged
            )
            placing = [bybit.create_order(BTC, "limit", "buy", "0.001", "50000") for _ in range(20)]
            for order in asyncio.as_completed(placing):
                acknowledged.append((await order)["id"])  # noqa: PERF401 - one by one, as they come
            running.process.send_signal(signal.SIGKILL)
        finally:
            await bybit.close()
            running.stop(signal.SIGKILL)


def test_an_unknown_route_and_a_request_without_a_signature(server: Running) -> None:
    assert server.raw("/v5/order/nothing")[0] == 404
    assert server.raw("/")[0] == 404
    assert server.raw("/control/nothing")[0] == 404
    assert server.raw("/v5/account/info")[0] == 401


def test_a_body_of_ten_megabytes_is_not_read(server: Running) -> None:
    status, _ = server.raw("/v5/order/create", body=b"x" * 2_000_000)
    assert status == 413


def test_the_control_routes_are_off_unless_asked_for() -> None:
    command = [sys.executable, "-m", "hedgerow.simulator", "--stop-with-parent"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        running = Running.__new__(Running)
        running.url = process.stdout.readline().removeprefix("ready ").strip()
        assert running.raw("/v5/market/time")[0] == 200
        assert running.raw("/control/orders")[0] == 404
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        assert process.wait(timeout=20) == 0
