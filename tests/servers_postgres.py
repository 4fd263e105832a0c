"""One PostgreSQL for all tests of a session; each test that asks gets a database of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from hedgerow.history import schema as history_schema
from hedgerow.history.sql import SqlHistory
from hedgerow.vault import schema as vault_schema
from hedgerow.vault.sql import SqlVault
from onemachine.servers.postgres import Postgres
from onemachine.servers.server import MissingError


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running server. Whoever stops it starts it again."""
    try:
        server = Postgres()
    except MissingError as missing:
        pytest.skip(str(missing))
    with server:
        yield server


@pytest.fixture(scope="session")
def _migrated(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = postgres.new_database()
    folder = tmp_path_factory.mktemp("migrated")

    async def migrate() -> None:
        await (await SqlHistory.open(url)).close()
        await (await SqlVault.open(url, folder / "vault.key")).close()

    with ThreadPoolExecutor(1) as thread:  # a test's event loop may be running in this one
        thread.submit(lambda: asyncio.run(migrate())).result()
    return url


@pytest.fixture
def migrated_database_url(postgres: Postgres, _migrated: str) -> str:
    """The URL of a database with all tables and nothing in them: emptied, which is quicker than made."""
    postgres.ensure_running()
    with psycopg.connect(_migrated) as connection:
        for table in (*history_schema.metadata.sorted_tables, *vault_schema.metadata.sorted_tables):
            namespace = "history" if table.metadata is history_schema.metadata else "vault"
            connection.execute(f'DELETE FROM "{namespace}"."{table.name}"'.encode())
    return _migrated


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database."""
    postgres.ensure_running()
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)
