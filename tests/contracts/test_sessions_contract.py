"""What every vault promises of sessions and pairings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from hedgerow.vault import Scope, Vault, VaultFault
from hedgerow.vault.guessing import FIRST_WAIT_MS, FREE_TRIES
from hedgerow.vault.sessions import (
    COOKIE_RENEWED_MS,
    OWNER,
    PAIRING_MS,
    SESSION_MS,
    USE_WRITTEN_MS,
    Device,
    SignedIn,
    TooManyTries,
    WrongCode,
)

Open = Callable[[], Awaitable[Vault]]
NOW = 1_700_000_000_000
PHONE = Device(name="Phone", user_agent="Safari")
WRONG = "0000-0000"


async def signed_in(vault: Vault, name: str = "Phone", now_ms: int = NOW) -> SignedIn:
    pairing = await vault.sessions.pair(OWNER, now_ms)
    found = await vault.sessions.redeem(pairing.secret.reveal(), Device(name=name), now_ms)
    assert isinstance(found, SignedIn)
    return found


async def test_a_pairing_begins_a_session_of_its_user(vault: Vault) -> None:
    pairing = await vault.sessions.pair(OWNER, NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", pairing.secret.reveal())
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", pairing.code.reveal())
    assert pairing.expires_ms == NOW + PAIRING_MS
    found = await vault.sessions.redeem(pairing.secret.reveal(), PHONE, NOW + 1)
    assert isinstance(found, SignedIn)
    session = found.session
    assert (session.user.name, session.user.scope, session.user.owner) == ("owner", Scope.TRADE, True)
    assert (session.name, session.user_agent, session.created_ms) == ("Phone", "Safari", NOW + 1)
    assert session.expires_ms == NOW + 1 + SESSION_MS
    assert await vault.sessions.by_text(found.text.reveal(), NOW + 2) == session
    assert await vault.sessions.living(NOW + 2) == [session]
    assert pairing.secret.reveal() not in repr(pairing)
    assert found.text.reveal() not in repr(found)


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
async def test_a_short_code_is_taken_as_it_is_typed(vault: Vault, typed: Callable[[str], str]) -> None:
    code = (await vault.sessions.pair(OWNER, NOW)).code.reveal()
    assert isinstance(await vault.sessions.redeem(typed(code), PHONE, NOW), SignedIn)


async def test_a_pairing_is_used_once_by_link_or_by_code(vault: Vault) -> None:
    for first, then in (("secret", "code"), ("code", "secret"), ("secret", "secret"), ("code", "code")):
        pairing = await vault.sessions.pair(OWNER, NOW)
        assert isinstance(await vault.sessions.redeem(getattr(pairing, first).reveal(), PHONE, NOW), SignedIn)
        assert await vault.sessions.redeem(getattr(pairing, then).reveal(), PHONE, NOW) == WrongCode()


async def test_a_pairing_expires(vault: Vault) -> None:
    for which in ("secret", "code"):
        text = getattr(await vault.sessions.pair(OWNER, NOW), which).reveal()
        assert await vault.sessions.redeem(text, PHONE, NOW + PAIRING_MS) == WrongCode()
    last = await vault.sessions.pair(OWNER, NOW)
    assert isinstance(await vault.sessions.redeem(last.secret.reveal(), PHONE, NOW + PAIRING_MS - 1), SignedIn)


async def test_racing_uses_of_one_pairing_begin_one_session(open_vault: Open) -> None:
    vaults = [await open_vault() for _ in range(3)]
    for which in ("secret", "code"):
        text = getattr(await vaults[0].sessions.pair(OWNER, NOW), which).reveal()
        tries = [vault.sessions.redeem(text, PHONE, NOW) for vault in vaults for _ in range(2)]
        found = await asyncio.gather(*tries)
        assert sum(isinstance(each, SignedIn) for each in found) == 1, found
    assert len(await vaults[1].sessions.living(NOW)) == 2


async def test_nobody_is_paired_who_is_no_user(vault: Vault) -> None:
    with pytest.raises(VaultFault, match="no user named eve"):
        await vault.sessions.pair("eve", NOW)


async def test_other_texts_are_nobodys(vault: Vault) -> None:
    found = await signed_in(vault)
    text = found.text.reveal()
    swapped = ("A" if text[0] != "A" else "B") + text[1:]
    for wrong in ("", text[:-1], text + "A", swapped, "Å" * 43, text + "\n", "A" * 43):
        assert await vault.sessions.by_text(wrong, NOW) is None
        assert await vault.token_by_text(wrong) is None
    _, token = await vault.create_token("bot", Scope.TRADE, NOW)
    assert await vault.sessions.by_text(token.reveal(), NOW) is None
    assert await vault.token_by_text(text) is None


async def test_a_session_ends_after_90_days_without_use(vault: Vault) -> None:
    found = await signed_in(vault)
    text, session = found.text.reveal(), found.session
    assert await vault.sessions.by_text(text, NOW + SESSION_MS - 1) == session
    assert await vault.sessions.by_text(text, NOW + SESSION_MS) is None
    assert await vault.sessions.living(NOW + SESSION_MS) == []


async def test_use_prolongs_a_session_and_is_written_once_an_hour(vault: Vault) -> None:
    found = await signed_in(vault)
    text, session = found.text.reveal(), found.session
    assert not session.use_is_due(NOW + USE_WRITTEN_MS - 1)
    await vault.sessions.used(session.session_id, NOW + USE_WRITTEN_MS - 1)
    assert await vault.sessions.by_text(text, NOW) == session, "not yet"
    later = NOW + USE_WRITTEN_MS
    assert session.use_is_due(later)
    await vault.sessions.used(session.session_id, later)
    used = await vault.sessions.by_text(text, later)
    assert used is not None
    assert (used.last_used_ms, used.expires_ms, used.cookie_ms) == (later, later + SESSION_MS, NOW)
    await vault.sessions.used(session.session_id, later + 1, cookie=True)
    assert await vault.sessions.by_text(text, later) == used, "neither is due"
    next_day = NOW + COOKIE_RENEWED_MS
    assert used.cookie_is_due(next_day)
    await vault.sessions.used(session.session_id, next_day, cookie=True)
    again = await vault.sessions.by_text(text, next_day)
    assert again is not None
    assert (again.cookie_ms, again.last_used_ms) == (next_day, next_day)


async def test_what_another_process_revokes_is_refused_at_once(open_vault: Open) -> None:
    desk, other = await open_vault(), await open_vault()
    for number in range(3):
        found = await signed_in(desk, f"device{number}")
        text = found.text.reveal()
        assert await desk.sessions.by_text(text, NOW) is not None
        assert await other.sessions.by_text(text, NOW) is not None
        revoked = await other.sessions.revoke(found.session.session_id, NOW + 1)
        assert revoked is not None
        assert revoked.revoked_ms == NOW + 1
        assert await desk.sessions.by_text(text, NOW) is None
        assert await desk.sessions.revoke(found.session.session_id, NOW + 2) is None
        await desk.sessions.used(found.session.session_id, NOW + SESSION_MS)
        assert await other.sessions.by_text(text, NOW) is None, "use does not bring it back"
    assert await desk.sessions.living(NOW) == []


async def test_all_others_are_revoked_and_pairings_with_them(vault: Vault) -> None:
    mine, *others = [await signed_in(vault, f"device{number}") for number in range(3)]
    waiting = await vault.sessions.pair(OWNER, NOW)
    assert await vault.sessions.revoke_others(mine.session.session_id, NOW) == 2
    assert await vault.sessions.living(NOW) == [mine.session]
    assert await vault.sessions.by_text(others[0].text.reveal(), NOW) is None
    assert await vault.sessions.redeem(waiting.secret.reveal(), PHONE, NOW) == WrongCode()
    assert await vault.sessions.revoke_others(None, NOW) == 1
    assert await vault.sessions.living(NOW) == []


async def test_a_device_is_renamed(vault: Vault) -> None:
    session_id = (await signed_in(vault)).session.session_id
    renamed = await vault.sessions.rename(session_id, "Kitchen", NOW)
    assert renamed is not None
    assert [each.name for each in await vault.sessions.living(NOW)] == ["Kitchen"]
    assert await vault.sessions.rename("nobody", "Kitchen", NOW) is None
    await vault.sessions.revoke(session_id, NOW)
    assert await vault.sessions.rename(session_id, "Attic", NOW) is None


async def test_after_five_wrong_codes_none_is_listened_to_for_a_growing_time(vault: Vault) -> None:
    pairing = await vault.sessions.pair(OWNER, NOW)
    for _ in range(FREE_TRIES):
        assert await vault.sessions.redeem(WRONG, PHONE, NOW) == WrongCode()
    code = pairing.code.reveal()
    assert await vault.sessions.redeem(code, PHONE, NOW) == TooManyTries(FIRST_WAIT_MS)
    assert await vault.sessions.redeem(code, PHONE, NOW + 10_000) == TooManyTries(FIRST_WAIT_MS - 10_000)
    then = NOW + FIRST_WAIT_MS
    assert await vault.sessions.redeem(WRONG, PHONE, then) == WrongCode()
    assert await vault.sessions.redeem(code, PHONE, then) == TooManyTries(2 * FIRST_WAIT_MS)
    then += 2 * FIRST_WAIT_MS
    assert isinstance(await vault.sessions.redeem(code, PHONE, then), SignedIn)
    assert await vault.sessions.redeem(WRONG, PHONE, then) == WrongCode(), "the right one ended the count"


async def test_wrong_codes_are_counted_together_and_never_keep_a_link_out(open_vault: Open) -> None:
    vaults = [await open_vault() for _ in range(3)]
    tries = [vault.sessions.redeem(WRONG, PHONE, NOW) for vault in vaults for _ in range(4)]
    found = await asyncio.gather(*tries)
    assert sum(each == WrongCode() for each in found) == FREE_TRIES, found
    assert sum(isinstance(each, TooManyTries) for each in found) == 12 - FREE_TRIES
    await signed_in(vaults[0])


async def test_what_is_no_code_at_all_is_not_counted(vault: Vault) -> None:
    for text in ("", "K7QM", "K7QM-3XPD-1", "A" * 43, "U" * 8, "\0", "x" * 100_000, "ÅÅÅÅ-ÅÅÅÅ"):
        for _ in range(2):
            assert await vault.sessions.redeem(text, PHONE, NOW) == WrongCode()
    assert await vault.sessions.redeem(WRONG, PHONE, NOW) == WrongCode()


async def test_what_ended_long_ago_is_forgotten(vault: Vault) -> None:
    found = await signed_in(vault)
    await vault.sessions.revoke(found.session.session_id, NOW)
    much_later = NOW + 2 * SESSION_MS
    await vault.sessions.pair(OWNER, much_later)
    assert await vault.sessions.living(NOW) == []


async def test_sessions_survive_a_restart(open_vault: Open) -> None:
    vault = await open_vault()
    found = await signed_in(vault)
    waiting = await vault.sessions.pair(OWNER, NOW)
    await vault.close()
    vault = await open_vault()
    assert await vault.sessions.by_text(found.text.reveal(), NOW) == found.session
    assert isinstance(await vault.sessions.redeem(waiting.code.reveal(), PHONE, NOW), SignedIn)


async def test_a_closed_vault_says_so(open_vault: Open) -> None:
    vault = await open_vault()
    text = (await signed_in(vault)).text.reveal()
    await vault.close()
    with pytest.raises(VaultFault):
        await vault.sessions.by_text(text, NOW)
    with pytest.raises(VaultFault):
        await vault.sessions.pair(OWNER, NOW)
