"""What is PostgreSQL's own in the vault: one database and one key file for several processes."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hedgerow.sql.postgresql import PostgresServer
from hedgerow.vault import Credentials, ExchangeAccount, Scope, Secret, VaultFault, schema
from hedgerow.vault.sql import SqlVault
from onemachine.servers.postgres import Postgres

CANARY = "canary-4711-secret"
ACCOUNT = ExchangeAccount(name="sim", exchange="bybit", environment="demo")


async def test_the_migrated_schema_is_the_one_in_the_code(migrated_database_url: str) -> None:
    engine = PostgresServer(migrated_database_url, "vault").engine(1)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        index = connection.exec_driver_sql(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_tokens_valid_name'"
        ).scalar_one()
        assert index.endswith("WHERE (revoked_ms IS NULL)")
    engine.dispose()


def missing(key: Path) -> None:
    key.unlink()


def another(key: Path) -> None:
    key.write_bytes(bytes(32))


def readable(key: Path) -> None:
    key.chmod(0o644)


@pytest.mark.parametrize(
    ("damage", "message"), [(missing, "is missing"), (another, "is not the one"), (readable, "chmod 600")]
)
async def test_a_wrong_key_is_refused_in_a_sentence(
    database_url: str, tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    await (await SqlVault.open(database_url, tmp_path / "vault.key")).close()
    damage(tmp_path / "vault.key")
    with pytest.raises(VaultFault, match=message) as caught:
        await SqlVault.open(database_url, tmp_path / "vault.key")
    assert str(tmp_path / "vault.key") in str(caught.value)


async def test_nothing_secret_stands_in_the_database(postgres: Postgres, database_url: str, tmp_path: Path) -> None:
    vault = await SqlVault.open(database_url, tmp_path / "vault.key")
    await vault.add_account(ACCOUNT, Credentials({"apiKey": Secret("key"), "secret": Secret(CANARY)}))
    _, token = await vault.create_token("bot", Scope.TRADE, 1)
    key = await vault.order_id_key()
    with pytest.raises(VaultFault) as caught:
        await vault.add_account(ACCOUNT, Credentials({"secret": Secret(CANARY)}))
    await vault.close()
    with psycopg.connect(database_url) as connection:
        stored = b"".join(
            repr(row).encode() + b"".join(value for value in row if isinstance(value, bytes))
            for table in schema.metadata.tables
            for row in connection.execute(f'SELECT * FROM vault."{table}"'.encode())
        )
    assert b"bybit" in stored
    shown = stored + "".join(traceback.format_exception(caught.value)).encode() + repr(vault).encode()
    logged = (postgres.folder / "postgres.log").read_bytes()
    for secret in (CANARY.encode(), token.reveal().encode(), key, key.hex().encode(), postgres.password.encode()):
        assert secret not in shown
        assert secret not in logged


async def test_what_one_process_does_the_others_see_at_once(database_url: str, tmp_path: Path) -> None:
    first, second = [await SqlVault.open(database_url, tmp_path / "vault.key") for _ in range(2)]
    token, text = await first.create_token("bot", Scope.TRADE, 1)
    assert await second.token_by_text(text.reveal()) == token
    assert await first.revoke_token("bot", 2) is not None
    assert await second.token_by_text(text.reveal()) is None
    await first.close()
    await second.close()


async def test_it_works_again_after_the_server_was_killed(
    postgres: Postgres, database_url: str, tmp_path: Path
) -> None:
    vault = await SqlVault.open(database_url, tmp_path / "vault.key")
    token, text = await vault.create_token("bot", Scope.TRADE, 1)
    await vault.token_by_text(text.reveal())
    postgres.kill()
    try:
        for call in (lambda: vault.token_by_text(text.reveal()), vault.tokens):
            with pytest.raises(VaultFault, match="refused") as caught:
                await call()
            assert postgres.password not in "".join(traceback.format_exception(caught.value))
    finally:
        postgres.start()
    assert await vault.token_by_text(text.reveal()) == token
    assert await vault.tokens() == [token]
    await vault.close()


async def test_what_cannot_be_opened_is_said_in_a_sentence_without_the_password(
    postgres: Postgres, database_url: str, tmp_path: Path
) -> None:
    nowhere = database_url.replace(f":{postgres.port}/", ":1/")
    for url, said in ((nowhere, "refused"), (f"{database_url}?sslmode=require", "SSL"), ("sqlite://", "URL")):
        with pytest.raises(VaultFault, match=said) as caught:
            await SqlVault.open(url, tmp_path / "vault.key")
        assert postgres.password not in "".join(traceback.format_exception(caught.value))
    assert not (tmp_path / "vault.key").exists(), "no key for a vault that was not seen"
