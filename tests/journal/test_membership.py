from __future__ import annotations

import asyncio

import pytest

from hedgerow.journal.membership import FixedShare


async def test_a_fixed_share_is_followed_until_the_end() -> None:
    told: list[tuple[str, int]] = []

    async def lost(partition: int) -> None:
        told.append(("lost", partition))

    share = FixedShare([0, 2])
    assert not share.joined
    running = asyncio.ensure_future(share.run(lambda partition: told.append(("gained", partition)), lost))
    await asyncio.sleep(0)
    assert (told, running.done()) == ([("gained", 0), ("gained", 2)], False)
    assert share.joined
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert told[2:] == [("lost", 0), ("lost", 2)]
