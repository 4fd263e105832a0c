"""What stands in the vault's files of sessions and pairings: nothing that signs anybody in."""

from __future__ import annotations

import base64
import sqlite3
from pathlib import Path

import pytest

from hedgerow.vault import VaultFault
from hedgerow.vault.pairing_codes import read_code
from hedgerow.vault.sessions import OWNER, Device, SignedIn
from hedgerow.vault.sql import SqlVault

NOW = 1_700_000_000_000


async def opened(folder: Path) -> SqlVault:
    return await SqlVault.open(folder / "vault.db", folder / "vault.key")


async def signed_in(vault: SqlVault) -> SignedIn:
    pairing = await vault.sessions.pair(OWNER, NOW)
    found = await vault.sessions.redeem(pairing.code.reveal(), Device(name="Phone"), NOW)
    assert isinstance(found, SignedIn)
    return found


async def test_nothing_that_signs_in_stands_in_the_files(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    waiting = await vault.sessions.pair(OWNER, NOW)
    session = await signed_in(vault)
    await vault.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Phone" in kept
    meant = read_code(waiting.code.reveal())
    assert meant is not None
    for text in (waiting.secret.reveal(), session.text.reveal()):
        assert text.encode() not in kept
        assert base64.urlsafe_b64decode(text + "=") not in kept
    assert waiting.code.reveal().encode() not in kept
    assert meant.encode() not in kept


async def test_a_session_is_checked_while_another_process_writes(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    found = await signed_in(vault)
    writer = sqlite3.connect(tmp_path / "vault.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO client_places VALUES ('p', 'c', 's', 'cursor', 1)")
    assert await vault.sessions.by_text(found.text.reveal(), NOW) == found.session
    writer.execute("COMMIT")
    writer.close()
    assert await vault.sessions.by_text(found.text.reveal(), NOW) == found.session
    await vault.close()


async def test_a_damaged_vault_is_a_fault_and_no_sign_in(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    found = await signed_in(vault)
    with sqlite3.connect(tmp_path / "vault.db") as connection:
        connection.execute("DROP TABLE users")
    connection.close()
    with pytest.raises(VaultFault):
        await vault.sessions.by_text(found.text.reveal(), NOW)
    await vault.close()


async def test_a_vault_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its tokens and accounts stay, and browsers can be signed in."""
    vault = await opened(tmp_path)
    await vault.close()
    with sqlite3.connect(tmp_path / "vault.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for name in tables - {"alembic_version", "tokens", "accounts", "client_places", "keys"}:
            connection.execute(f"DROP TABLE {name}")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.execute("INSERT INTO client_places VALUES ('p', 'c', 's', 'cursor', 1)")
    connection.close()
    vault = await opened(tmp_path)
    assert await vault.place("p", "c", "s") == "cursor"
    await signed_in(vault)
    await vault.close()
