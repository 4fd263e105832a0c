"""What every vault promises about notices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from hedgerow.vault import NameTakenError, Secret, Vault
from hedgerow.vault.notices import Destination

Open = Callable[[], Awaitable[Vault]]
PHONE = Destination(name="phone", scheme="ntfy", kinds=("fill", "stop"), created_ms=5, since_ms=5)
URL = Secret("ntfy://canary-user:canary-pass@host/topic-ä")


async def test_a_destination_is_kept_and_its_address_apart(vault: Vault) -> None:
    await vault.notices.add_destination(PHONE, URL)
    await vault.notices.add_destination(msgspec.structs.replace(PHONE, name="mail"), Secret("mailto://x"))
    assert [each.name for each in await vault.notices.destinations()] == ["mail", "phone"]
    assert (await vault.notices.destinations())[1] == PHONE
    assert await vault.notices.destination_url("phone") == URL
    assert await vault.notices.destination_url("nobody") is None


async def test_a_name_is_given_once(vault: Vault) -> None:
    await vault.notices.add_destination(PHONE, URL)
    with pytest.raises(NameTakenError, match="phone"):
        await vault.notices.add_destination(PHONE, Secret("json://other"))
    assert await vault.notices.destination_url("phone") == URL


async def test_it_is_changed_and_removed_by_name(vault: Vault) -> None:
    await vault.notices.add_destination(PHONE, URL)
    changed = msgspec.structs.replace(PHONE, kinds=("stop",), enabled=False, since_ms=9)
    assert await vault.notices.change_destination(changed)
    assert await vault.notices.destinations() == [changed]
    assert await vault.notices.destination_url("phone") == URL
    assert await vault.notices.remove_destination("phone")
    assert not await vault.notices.remove_destination("phone")
    assert not await vault.notices.change_destination(changed)
    assert await vault.notices.destinations() == []


async def test_a_claim_is_one_processs_until_the_state_is_another(open_vault: Open) -> None:
    first, second = await open_vault(), await open_vault()
    several = [vault.notices.claim("fill|a|1", "told", 7) for vault in (first, second) * 5]
    assert sorted(await asyncio.gather(*several)) == [False] * 9 + [True]
    assert await first.notices.claim("stream|main", "down", 7)
    assert not await second.notices.claim("stream|main", "down", 8)
    assert await second.notices.claim("stream|main", "up", 9)
    assert not await first.notices.claim("stream|main", "up", 9)


async def test_a_change_of_what_was_never_claimed_is_no_news(vault: Vault) -> None:
    assert not await vault.notices.claim("stream|main", "up", 7, only_known=True)
    assert await vault.notices.claim("stream|main", "down", 8)
    assert await vault.notices.claim("stream|main", "up", 9, only_known=True)
    assert not await vault.notices.claim("stream|main", "up", 9, only_known=True)


async def test_old_claims_of_a_state_are_forgotten(vault: Vault) -> None:
    for key, state, time_ms in (("a", "told", 5), ("b", "told", 10), ("c", "down", 5)):
        assert await vault.notices.claim(key, state, time_ms)
    await vault.notices.forget_claims("told", 10)
    assert await vault.notices.claim("a", "told", 20)
    assert not await vault.notices.claim("b", "told", 20)
    assert not await vault.notices.claim("c", "down", 20)
