"""What is the SQL vault's own: its files, its key, and what can be read in them."""

from __future__ import annotations

import base64
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import hedgerow.vault
from hedgerow.vault import Credentials, ExchangeAccount, Scope, Secret, VaultFault, schema
from hedgerow.vault.sql import SqlVault

CANARY = "canary-4711-secret"


async def opened(folder: Path) -> SqlVault:
    return await SqlVault.open(folder / "vault.db", folder / "vault.key")


def account(name: str) -> ExchangeAccount:
    return ExchangeAccount(name=name, exchange="bybit", environment="demo")


async def add(vault: SqlVault, name: str, secret: str) -> None:
    await vault.add_account(account(name), Credentials({"apiKey": Secret("key"), "secret": Secret(secret)}))


def change(folder: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(folder / "vault.db") as connection:
        connection.execute(statement, values)
    connection.close()


async def test_nothing_secret_stands_in_the_files(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    await add(vault, "sim", CANARY)
    _, token = await vault.create_token("bot", Scope.TRADE, 1)
    order_id_key = await vault.order_id_key()
    while_open = [path.read_bytes() for path in tmp_path.iterdir()]
    await vault.remove_account("sim")
    await vault.close()
    text = token.reveal()
    secrets = [CANARY.encode(), text.encode(), text[4:47].encode(), base64.urlsafe_b64decode(text[4:47] + "=")]
    for content in [*while_open, *(path.read_bytes() for path in tmp_path.iterdir())]:
        for secret in [*secrets, order_id_key, order_id_key.hex().encode(), base64.b64encode(CANARY.encode())[:20]]:
            assert secret not in content


async def test_removed_credentials_leave_nothing_behind(tmp_path: Path) -> None:
    """Not even sealed: the key may be lost one day."""
    vault = await opened(tmp_path)
    await add(vault, "sim", CANARY)
    with sqlite3.connect(tmp_path / "vault.db") as connection:
        (sealed,) = connection.execute("SELECT sealed FROM accounts").fetchone()
    connection.close()
    assert sealed in (tmp_path / "vault.db").read_bytes()
    await vault.remove_account("sim")
    await vault.close()
    assert all(sealed[20:] not in path.read_bytes() for path in tmp_path.iterdir())


async def test_only_its_owner_may_read_its_files(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    await add(vault, "sim", CANARY)
    assert {path.name for path in tmp_path.iterdir()} >= {"vault.db", "vault.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    await vault.close()


async def test_credentials_moved_to_another_account_do_not_open(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    await add(vault, "paper", "worthless")
    await add(vault, "real", CANARY)
    await vault.close()
    change(tmp_path, "UPDATE accounts SET sealed = (SELECT sealed FROM accounts WHERE name = 'real')")
    vault = await opened(tmp_path)
    with pytest.raises(VaultFault, match="paper cannot be decrypted") as caught:
        await vault.credentials("paper")
    assert CANARY not in str(caught.value)
    assert (await vault.credentials("real")).values["secret"] == Secret(CANARY)
    await vault.close()


async def test_altered_credentials_do_not_open(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    await add(vault, "sim", CANARY)
    with sqlite3.connect(tmp_path / "vault.db") as connection:
        (sealed,) = connection.execute("SELECT sealed FROM accounts").fetchone()
    connection.close()
    change(tmp_path, "UPDATE accounts SET sealed = ?", sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:])
    with pytest.raises(VaultFault, match="the vault was altered"):
        await vault.credentials("sim")
    await vault.close()


def missing(key: Path) -> None:
    key.unlink()


def another(key: Path) -> None:
    key.write_bytes(bytes(32))


def readable(key: Path) -> None:
    key.chmod(0o644)


@pytest.mark.parametrize(
    ("damage", "message"), [(missing, "is missing"), (another, "is not the one"), (readable, "chmod 600")]
)
async def test_a_wrong_key_is_refused_in_a_sentence_and_nothing_is_touched(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    vault = await opened(tmp_path)
    await add(vault, "sim", CANARY)
    await vault.close()
    key = (tmp_path / "vault.key").read_bytes()
    before = (tmp_path / "vault.db").read_bytes()
    damage(tmp_path / "vault.key")
    with pytest.raises(VaultFault, match=message) as caught:
        await opened(tmp_path)
    assert str(tmp_path / "vault.key") in str(caught.value)
    assert (tmp_path / "vault.db").read_bytes() == before
    (tmp_path / "vault.key").unlink(missing_ok=True)
    (tmp_path / "vault.key").write_bytes(key)
    (tmp_path / "vault.key").chmod(0o600)
    vault = await opened(tmp_path)
    assert (await vault.credentials("sim")).values["secret"] == Secret(CANARY)
    await vault.close()


async def test_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vault.db").write_bytes(b"something else entirely")
    with pytest.raises(VaultFault, match="is not the vault of Hedgerow"):
        await opened(tmp_path)
    assert (tmp_path / "vault.db").read_bytes() == b"something else entirely"


async def test_a_newer_vault_is_refused(tmp_path: Path) -> None:
    await (await opened(tmp_path)).close()
    change(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(VaultFault, match="newer Hedgerow"):
        await opened(tmp_path)


REVOKE = """
import asyncio, sys
from pathlib import Path
from hedgerow.vault.sql import SqlVault

async def main(folder):
    vault = await SqlVault.open(folder / "vault.db", folder / "vault.key")
    assert await vault.revoke_token("bot", 5)
    await vault.close()

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_revocation_by_another_process_is_seen_at_once(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    token, text = await vault.create_token("bot", Scope.TRADE, 1)
    assert await vault.token_by_text(text.reveal()) == token
    subprocess.run([sys.executable, "-c", REVOKE, tmp_path], check=True, timeout=60)
    assert await vault.token_by_text(text.reveal()) is None
    await vault.close()


async def test_a_token_is_checked_while_another_process_writes(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    token, text = await vault.create_token("bot", Scope.TRADE, 1)
    writer = sqlite3.connect(tmp_path / "vault.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO client_places VALUES ('p', 'c', 's', 'cursor', 1)")
    assert await vault.token_by_text(text.reveal()) == token
    writer.execute("COMMIT")
    writer.close()
    await vault.close()


async def test_the_migrated_schema_is_the_one_in_the_code(tmp_path: Path) -> None:
    await (await opened(tmp_path)).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'vault.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        (index,) = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'ix_tokens_valid_name'").one()
    engine.dispose()
    assert "WHERE revoked_ms IS NULL" in index


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(hedgerow.vault.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION
