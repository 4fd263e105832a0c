"""A Redis that wants TLS and a password: the desk signs in, and says so where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from hedgerow.cache import Version
from hedgerow.cache.redis import RedisCache
from onemachine.servers.redis import RedisServer
from onemachine.servers.server import free_port
from tests.cache.waiting import away
from tests.certificates import make_certificate
from tests.contracts.samples import living_orders, order
from tests.servers_redis import started

USER, PASSWORD, WRONG = "desk", "a-password-of-the-test", "another-password"


class Guarded(NamedTuple):
    port: int
    cert: Path

    def url(self, trusted: Path, password: str = PASSWORD, host: str = "localhost") -> str:
        """https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/"""
        return f"rediss://{USER}:{password}@{host}:{self.port}/0?ssl_ca_certs={trusted}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A Redis with a door of TLS beside its own, and a user with a password."""
    folder = tmp_path_factory.mktemp("redis")
    cert, key = make_certificate(folder, "localhost")
    port = free_port()
    door = ("--tls-port", str(port), "--tls-cert-file", str(cert), "--tls-key-file", str(key))
    with started(folder, *door, "--tls-auth-clients", "no") as server:
        _add_user(server)
        yield Guarded(port, cert)


def _add_user(server: RedisServer) -> None:
    """https://redis.io/docs/latest/commands/acl-setuser/"""
    with redis.Redis.from_url(server.url) as owner:
        owner.execute_command("ACL", "SETUSER", USER, "on", f">{PASSWORD}", "~*", "+@all")


async def test_it_is_written_and_read(guarded: Guarded) -> None:
    cache = RedisCache(guarded.url(guarded.cert))
    await cache.put_orders([(Version(1, 1), order())])
    assert await living_orders(cache) == [(Version(1, 1), order())]
    await cache.close()


@pytest.mark.parametrize(
    ("amiss", "reason"),
    [
        ("password", "Redis refuses the password"),
        ("certificate", "Redis shows a certificate that is not trusted"),
        ("name", "Redis shows a certificate that is not trusted"),
        ("plain", "Redis cannot be reached"),
    ],
)
async def test_who_cannot_sign_in_is_told_why(guarded: Guarded, tmp_path: Path, amiss: str, reason: str) -> None:
    other, _ = make_certificate(tmp_path, "localhost")
    url = {
        "password": guarded.url(guarded.cert, WRONG),
        "certificate": guarded.url(other),
        "name": guarded.url(guarded.cert, host="127.0.0.1"),
        "plain": f"redis://{USER}:{PASSWORD}@localhost:{guarded.port}/0",
    }[amiss]
    cache = RedisCache(url, deadline_s=5)
    assert str(await away(cache.living)) == reason
    await cache.close()
