"""What every vault promises."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from hedgerow.vault import Credentials, ExchangeAccount, NameTakenError, Scope, Secret, Vault, VaultFault

Open = Callable[[], Awaitable[Vault]]

ACCOUNT = ExchangeAccount(
    name="sim",
    exchange="bybit",
    environment="simulation",
    urls={"rest": "http://127.0.0.1:8041", "ws": "ws://127.0.0.1:8041"},
    options={"defaultType": "swap"},
    created_ms=5,
)
CREDENTIALS = Credentials({"apiKey": Secret("canary-key"), "secret": Secret("canary-secret äöü")})


async def test_a_token_is_known_by_its_text_alone(vault: Vault) -> None:
    token, text = await vault.create_token("bot", Scope.TRADE, 7)
    assert (token.name, token.scope, token.created_ms, token.revoked_ms) == ("bot", Scope.TRADE, 7, None)
    assert await vault.token_by_text(text.reveal()) == token
    assert await vault.tokens() == [token]
    assert re.fullmatch(r"hgt_[A-Za-z0-9_-]{49}", text.reveal())
    assert text.reveal() not in repr(token) + repr(text) + str(text)


async def test_other_texts_are_nobodys(vault: Vault) -> None:
    _, secret = await vault.create_token("bot", Scope.READ, 7)
    text = secret.reveal()
    swapped = text[:10] + ("A" if text[10] != "A" else "B") + text[11:]
    for wrong in ("", "hgt_", text[:-1], text + "A", swapped, text.upper(), "hgt_" + "A" * 49, "Å" * 53, text + "\n"):
        assert await vault.token_by_text(wrong) is None


async def test_no_two_tokens_are_alike(vault: Vault) -> None:
    made = [await vault.create_token(f"bot{number}", Scope.READ, number) for number in range(20)]
    assert len({secret.reveal() for _, secret in made}) == len({token.token_id for token, _ in made}) == 20


async def test_a_revoked_token_is_nobodys_at_once(vault: Vault) -> None:
    token, secret = await vault.create_token("bot", Scope.TRADE, 7)
    assert await vault.token_by_text(secret.reveal()) == token
    revoked = await vault.revoke_token("bot", 9)
    assert revoked is not None
    assert revoked.revoked_ms == 9
    assert await vault.token_by_text(secret.reveal()) is None
    assert await vault.tokens() == [revoked]
    assert await vault.revoke_token("bot", 10) is None
    assert await vault.revoke_token("nobody", 10) is None


async def test_what_another_process_does_is_seen_at_once(open_vault: Open) -> None:
    desk, command_line = await open_vault(), await open_vault()
    for number in range(5):
        token, secret = await command_line.create_token("bot", Scope.TRADE, number)
        assert await desk.token_by_text(secret.reveal()) == token
        assert await desk.token_by_text(secret.reveal()) == token
        await command_line.revoke_token("bot", 9)
        assert await desk.token_by_text(secret.reveal()) is None
    await command_line.add_account(ACCOUNT, CREDENTIALS)
    assert await desk.accounts() == [ACCOUNT]
    assert await desk.order_id_key() == await command_line.order_id_key()


async def test_a_name_is_given_once_until_its_token_is_revoked(vault: Vault) -> None:
    await vault.create_token("bot", Scope.TRADE, 1)
    with pytest.raises(NameTakenError, match="bot"):
        await vault.create_token("bot", Scope.READ, 2)
    await vault.revoke_token("bot", 3)
    _, secret = await vault.create_token("bot", Scope.READ, 4)
    assert len(await vault.tokens()) == 2
    await vault.revoke_token("bot", 5)
    assert await vault.token_by_text(secret.reveal()) is None


async def test_accounts_come_back_without_their_secrets(vault: Vault) -> None:
    await vault.add_account(ACCOUNT, CREDENTIALS)
    assert await vault.accounts() == [ACCOUNT]
    assert "canary" not in repr(await vault.accounts())
    credentials = await vault.credentials("sim")
    assert credentials == CREDENTIALS
    assert "canary" not in repr(credentials) + str(credentials)


async def test_an_account_is_added_once(vault: Vault) -> None:
    await vault.add_account(ACCOUNT, CREDENTIALS)
    with pytest.raises(NameTakenError, match="sim") as caught:
        await vault.add_account(ACCOUNT, Credentials({"apiKey": Secret("canary-other")}))
    assert "canary" not in repr(caught.value) + str(caught.value.__cause__)
    assert await vault.credentials("sim") == CREDENTIALS


async def test_a_removed_account_is_gone(vault: Vault) -> None:
    await vault.add_account(ACCOUNT, CREDENTIALS)
    assert await vault.remove_account("sim")
    assert not await vault.remove_account("sim")
    assert await vault.accounts() == []
    with pytest.raises(VaultFault, match="no account named sim"):
        await vault.credentials("sim")


async def test_the_key_of_order_ids_is_made_once(open_vault: Open) -> None:
    vault = await open_vault()
    key = await vault.order_id_key()
    assert len(key) == 32
    await vault.close()
    assert await (await open_vault()).order_id_key() == key


async def test_vaults_made_at_once_agree_on_their_key(open_vault: Open) -> None:
    vaults = await asyncio.gather(*(open_vault() for _ in range(4)))
    assert len({await vault.order_id_key() for vault in vaults}) == 1
    await vaults[0].add_account(ACCOUNT, CREDENTIALS)
    assert await vaults[3].credentials("sim") == CREDENTIALS


async def test_everything_survives_a_restart(open_vault: Open) -> None:
    vault = await open_vault()
    token, secret = await vault.create_token("bot", Scope.TRADE, 1)
    await vault.add_account(ACCOUNT, CREDENTIALS)
    await vault.close()
    vault = await open_vault()
    assert await vault.token_by_text(secret.reveal()) == token
    assert await vault.credentials("sim") == CREDENTIALS


async def test_the_last_place_of_a_client_stands(vault: Vault) -> None:
    assert await vault.place("bot", "tab1", "orders_updated") is None
    for number in range(3):
        await vault.put_place("bot", "tab1", "orders_updated", f"cursor{number}", number)
    await vault.put_place("bot", "tab2", "orders_updated", "other tab", 1)
    await vault.put_place("eve", "tab1", "orders_updated", "other principal", 1)
    await vault.put_place("bot", "tab1", "positions_updated", "other stream", 1)
    assert await vault.place("bot", "tab1", "orders_updated") == "cursor2"


async def test_a_closed_vault_says_so(open_vault: Open) -> None:
    vault = await open_vault()
    _, secret = await vault.create_token("bot", Scope.TRADE, 1)
    await vault.close()
    with pytest.raises(VaultFault):
        await vault.accounts()
    with pytest.raises(VaultFault):
        await vault.token_by_text(secret.reveal())
