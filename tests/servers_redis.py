"""Redis for tests: one server for all of them, each under a prefix of its own; and one to kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onemachine.servers.redis import RedisServer
from onemachine.servers.server import MissingError


def started(folder: Path, *more: str) -> RedisServer:
    """A Redis of whoever asks, with more settings; skips where there is none on this machine."""
    try:
        return RedisServer(folder, more=more).start()
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Shared: nobody stops it, and nobody empties it."""
    with started(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """The test's own: to empty, pause, kill and start again."""
    with started(tmp_path / "redis") as server:
        yield server
