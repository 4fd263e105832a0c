"""A PostgreSQL that is asked for by TLS: history and vault are kept there, and an impostor is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hedgerow.history import HistoryFault
from hedgerow.history.sql import SqlHistory
from hedgerow.vault.sql import SqlVault
from onemachine.servers.postgres import Postgres
from onemachine.servers.server import MissingError
from tests.certificates import make_certificate


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Path]]:
    cert, key = make_certificate(tmp_path_factory.mktemp("postgres"), "localhost")
    try:
        server = Postgres()
    except MissingError as missing:
        pytest.skip(str(missing))
    server.guard(cert, key)
    with server:
        yield server, cert


def by_tls(url: str, trusted: Path) -> str:
    """https://www.postgresql.org/docs/current/libpq-ssl.html"""
    return f"{url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert={trusted}"


async def test_history_and_vault_are_kept_there(guarded: tuple[Postgres, Path], tmp_path: Path) -> None:
    server, cert = guarded
    url = server.new_database()
    history, vault = await SqlHistory.open(by_tls(url, cert)), await SqlVault.open(by_tls(url, cert), tmp_path / "key")
    assert await history.positions() == ([], [])
    assert await vault.accounts() == []
    with psycopg.connect(url, autocommit=True) as owner:
        asked = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'hedgerow %'"
        assert {row[0] for row in owner.execute(asked)} == {True}
    await history.close()
    await vault.close()


@pytest.mark.parametrize("amiss", ["certificate", "name"])
async def test_an_impostor_is_told_apart(guarded: tuple[Postgres, Path], tmp_path: Path, amiss: str) -> None:
    server, cert = guarded
    other, _ = make_certificate(tmp_path, "localhost")
    url = by_tls(server.url(), other if amiss == "certificate" else cert)
    if amiss == "name":
        url = url.replace("localhost", "127.0.0.1")
    with pytest.raises(HistoryFault) as fault:
        await SqlHistory.open(url)
    reason = {"certificate": "certificate verify failed", "name": 'does not match host name "127.0.0.1"'}[amiss]
    assert reason in str(fault.value)
    assert server.password not in str(fault.value)
