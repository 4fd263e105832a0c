"""No room on the disk, at the start and while trading: nothing is sent that was not written down, nothing is lost.

A limit on the size of files stands in for a full disk: both end a write half-way.
"""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.e2e.agreement import agree, creates, journal_is_sound
from tests.e2e.desk_client import client
from tests.e2e.desk_process import DeskProcess, new_account
from tests.e2e.start.refusals import digests
from tests.simulator.running import Running


def at_most(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.parametrize("size", [0, 100, 4_096, 12_288, 20_480])
async def test_no_room_for_a_new_desk(tmp_path: Path, size: int) -> None:
    desk = DeskProcess(tmp_path)
    try:
        desk._out_path.unlink(missing_ok=True)
        desk.launch(prepare=lambda: at_most(size))
        ended = await desk.ended()
        assert ended.code == 2, ended
        assert "Traceback" not in ended.err
        await desk.start()
        assert await desk.stop() == 0
    finally:
        desk.end()


async def test_no_room_for_a_desk_that_was_here(spoiled: DeskProcess) -> None:
    before = digests(spoiled.data)
    spoiled.launch(prepare=lambda: at_most(4_096))
    ended = await spoiled.ended()
    assert (ended.code, "Traceback" in ended.err) == (2, False), ended
    assert digests(spoiled.data) == before
    await spoiled.start()
    assert await spoiled.stop() == 0


async def test_the_disk_fills_while_trading(tmp_path: Path, exchange: Running) -> None:
    account = new_account(exchange, "crowded")
    desk = DeskProcess(tmp_path)
    placed: dict[str, str] = {}
    try:
        await desk.start()
        async with client(desk, account.name) as owner:
            assert (await owner.call("POST", "/api/accounts", account.body())).status == 201
            await owner.followed()
            resource.prlimit(desk.pid, resource.RLIMIT_FSIZE, (32_768, resource.RLIM_INFINITY))
            for number in range(60):
                key = f"order {number}"
                answer = await owner.place("buy", "0.001", "50000", key=key)
                if answer.status != 201:
                    break
                placed[key] = answer.order["order_id"]
            assert (answer.status, answer.body["code"]) == (503, "journal_down"), answer
            assert len(answer.body["detail"]) > 20
            again = await owner.place("buy", "0.001", "50000", key="another")
            assert (again.status, again.body["code"]) == (503, "journal_down"), again
            health = await owner.call("GET", "/api/health")
            assert (health.status, health.body["state"]) == (503, "down")
        assert sum(creates(exchange, account.name).values()) == len(placed)
        assert "Traceback" not in desk.err
        resource.prlimit(desk.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await desk.stop()

        # room again: nothing is lost, and what was not sent can be asked for again, once
        await desk.start()
        async with client(desk, account.name) as owner:
            await owner.followed()
            for key, order_id in placed.items():
                same = await owner.place("buy", "0.001", "50000", key=key)
                assert (same.status, same.order["order_id"]) == (201, order_id)
            assert (await owner.place("buy", "0.001", "50000", key="another")).status == 201
            await agree(owner, exchange)
        assert sum(creates(exchange, account.name).values()) == len(placed) + 1
        assert await desk.stop() == 0
        journal_is_sound(desk.settings.journal_path, account.name, exchange)
    finally:
        desk.end()
