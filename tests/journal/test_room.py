from __future__ import annotations

import asyncio

from hedgerow.journal.room import Room


async def test_places_are_taken_at_once_while_there_are_some() -> None:
    room = Room(2)
    assert [room.taken(), room.taken(), room.taken()] == [True, True, False]
    room.release()
    assert room.taken()


async def test_who_waits_longest_is_next_and_nobody_goes_past() -> None:
    room = Room(1)
    assert room.taken()
    order: list[str] = []

    async def wait(name: str) -> None:
        await room.take()
        order.append(name)

    first, second = asyncio.ensure_future(wait("first")), asyncio.ensure_future(wait("second"))
    await asyncio.sleep(0)
    room.release()
    assert not room.taken(), "the place is the first one's, who has not run yet"
    await first
    assert order == ["first"]
    room.release()
    await second
    assert order == ["first", "second"]


async def test_one_who_gives_up_keeps_no_place() -> None:
    room = Room(1)
    assert room.taken()
    waiting, given = asyncio.ensure_future(room.take()), asyncio.ensure_future(room.take())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    room.release()
    given.cancel()  # its place has been given, and it will never use it
    await asyncio.gather(given, return_exceptions=True)
    assert room.taken()
