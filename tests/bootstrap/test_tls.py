"""A desk's own certificate, and its renewal: what was accepted stays, what comes next is shown the new one."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from hedgerow.bootstrap.tls import Tls
from tests.certificates import make_certificate


class Looks:
    """A clock whose sleeps end one by one, as they are let."""

    def __init__(self) -> None:
        self._let = asyncio.Semaphore(0)
        self._slept = asyncio.Semaphore(0)

    def now_ms(self) -> int:
        return 0

    async def sleep(self, seconds: float) -> None:
        self._slept.release()
        await self._let.acquire()

    async def pass_one(self) -> None:
        """Return once the look after the sleep at hand has been made."""
        await self._slept.acquire()
        self._let.release()
        await self._slept.acquire()
        self._slept.release()


class Kept:
    """A certificate that is kept fresh."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cert, self.key = make_certificate(folder, "desk.example")
        self.tls = Tls(self.cert, self.key)
        self.looks = Looks()
        self.told: list[str] = []

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[Kept]:
        task = asyncio.create_task(self.tls.keep_fresh(self.looks, lambda: self.told.append(self.tls.certificate)))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])


async def shown_at(port: int) -> str:
    """The certificate that a new connection is shown, in PEM."""
    return await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))


@pytest.mark.parametrize("kind", ["ec", "rsa"])
async def test_a_renewed_certificate_is_shown_to_whoever_comes_next(tmp_path: Path, kind: str) -> None:
    """With a key of the kind that it had, or of another: the first is of an elliptic curve."""
    async with Kept(tmp_path).fresh() as kept:
        before = kept.tls.certificate

        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=kept.tls.context, family=socket.AF_INET)
        async with server:
            port = server.sockets[0].getsockname()[1]
            trusting = ssl.create_default_context(cadata=before)
            trusting.check_hostname = False
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
            assert (await shown_at(port)).strip() == before.strip()
            make_certificate(tmp_path, "desk.example", kind=kind)
            await kept.looks.pass_one()
            renewed = kept.cert.read_text()
            assert renewed.strip() != before.strip()
            assert (await shown_at(port)).strip() == renewed.strip()
            assert [each.strip() for each in kept.told] == [renewed.strip()]
            writer.write(b"still here\n")
            assert await reader.readline() == b"still here\n"
            writer.close()


@pytest.mark.parametrize("spoiled", ["cert", "key", "gone"])
async def test_one_that_cannot_be_used_is_told_of_once_and_the_old_one_kept(tmp_path: Path, spoiled: str) -> None:
    async with Kept(tmp_path).fresh() as kept:
        before = kept.tls.certificate
        if spoiled == "gone":
            kept.cert.unlink()
        elif spoiled == "cert":
            kept.cert.write_text("half of a certif")
        else:  # the certificate is there already, its key is not yet
            cert, _ = make_certificate(tmp_path / "other", "desk.example")
            kept.cert.write_bytes(cert.read_bytes())
        with structlog.testing.capture_logs() as logs:
            await kept.looks.pass_one()
            await kept.looks.pass_one()
        assert [each["event"] for each in logs] == ["certificate not renewed; the one before is used on"]
        assert (kept.tls.certificate, kept.told) == (before, [])
        server, client = ssl.MemoryBIO(), ssl.MemoryBIO()
        trusting = ssl.create_default_context(cadata=before)
        _shake_hands(
            kept.tls.context.wrap_bio(client, server, server_side=True),
            trusting.wrap_bio(server, client, server_hostname="desk.example"),
        )
        make_certificate(tmp_path, "desk.example")
        await kept.looks.pass_one()
        assert len(kept.told) == 1


def _shake_hands(*ends: ssl.SSLObject) -> None:
    """Raises ssl.SSLError where the two do not agree."""
    waiting = list(ends)
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue
        if not waiting:
            return
    raise AssertionError("they still talk")
