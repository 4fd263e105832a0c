"""No room on the disk, at the start and while trading: nothing is sent that was not written down, nothing is lost.

A limit on the size of files stands in for a full disk: both end a write half-way.
"""

from __future__ import annotations

import resource
import shutil
from functools import partial

import httpx

from tests.e2e.agreement import agree, creates, journal_is_sound
from tests.e2e.desk_client import DeskClient, client
from tests.e2e.desk_process import DeskProcess, new_account
from tests.e2e.start.refusals import refuses_to_start, up
from tests.simulator.running import Running

_UNLIMITED = resource.RLIM_INFINITY
_ROOM = 65_536  # bytes of any one file: some orders, then no more
_ORDERS_MOST = 100
_REFUSALS = {(503, "journal_down"), (503, "account_not_ready")}  # the second: it is ending already


async def _for_a_new_desk(size: int, desk: DeskProcess, _: Running) -> None:
    shutil.rmtree(desk.data)
    ended = await up(desk.data, room=size)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert str(desk.data) in ended.err
    assert "Traceback" not in ended.err
    again = await up(desk.data, room=size)
    assert again == ended, "what was left behind changes nothing"


async def for_a_new_desk_until_there_is(desk: DeskProcess, _: Running) -> None:
    shutil.rmtree(desk.data)
    assert (await up(desk.data, room=20_480)).code == 2
    await desk.start()
    assert await desk.stop() == 0


async def for_a_desk_that_was_here(desk: DeskProcess, _: Running) -> None:
    await refuses_to_start(desk, room=4_096)


async def while_trading(desk: DeskProcess, exchange: Running) -> None:
    """The desk that can write nothing down sends nothing, says so, and ends; started again it goes on."""
    account = new_account(exchange, "crowded")
    shutil.rmtree(desk.data)
    await desk.start()
    async with client(desk, account.name) as owner:
        assert (await owner.call("POST", "/api/accounts", account.body())).status == 201
        await owner.followed()
        resource.prlimit(desk.pid, resource.RLIMIT_FSIZE, (_ROOM, _UNLIMITED))
        placed = await _until_refused(owner)
        ended = await desk.ended()
    assert ended.code == 2, ended
    last = ended.err.splitlines()[-1]
    assert last.startswith("hedgerow: The journal "), last
    assert "failed" in last, last
    assert "Traceback" not in ended.err, ended.err[-4000:]
    assert sum(creates(exchange, account.name).values()) == len(placed)

    # room again: nothing is lost, and what was not sent can be asked for again, once
    await desk.start()
    async with client(desk, account.name) as owner:
        await owner.followed()
        for key, order_id in placed.items():
            same = await owner.place("buy", "0.001", "50000", key=key)
            assert (same.status, same.order["order_id"]) == (201, order_id), same
        assert (await owner.place("buy", "0.001", "50000", key=f"order {len(placed)}")).status == 201
        await agree(owner, exchange)
    assert sum(creates(exchange, account.name).values()) == len(placed) + 1
    assert await desk.stop() == 0
    journal_is_sound(desk.settings.journal_path, account.name, exchange)


async def _until_refused(owner: DeskClient) -> dict[str, str]:
    """Orders one after the other; what was placed under which key."""
    placed: dict[str, str] = {}
    for number in range(_ORDERS_MOST):
        try:
            answer = await owner.place("buy", "0.001", "50000", key=f"order {number}")
        except httpx.TransportError:
            return placed  # the desk has ended
        if answer.status != 201:
            assert (answer.status, answer.body["code"]) in _REFUSALS, answer
            return placed
        placed[f"order {number}"] = answer.order["order_id"]
    raise AssertionError("the disk did not fill")


SCENES = {
    **{f"no_room_for_a_new_desk_{size}": partial(_for_a_new_desk, size) for size in (1_000, 4_096, 12_288, 20_480)},
    "no_room_for_a_new_desk_until_there_is": for_a_new_desk_until_there_is,
    "no_room_for_a_desk_that_was_here": for_a_desk_that_was_here,
    "no_room_while_trading": while_trading,
}
