"""The shipped configuration of a proxy with a certificate, as real nginx runs it, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hedgerow.config import Door
from onemachine.servers import nginx
from onemachine.servers.server import MissingError, Server, answers, free_port
from tests.certificates import make_certificate
from tests.e2e.desk_process import DeskProcess, until
from tests.e2e.sign_in.page_client import PageClient, closed, link_in, secret_in

SHIPPED = Path(__file__).parents[3] / "deploy" / "proxy" / "hedgerow.conf"
NAME = "desk.example"
_AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskProcess]:
    desk = DeskProcess(tmp_path)
    yield desk
    desk.end()


def started(folder: Path, desk_url: str, port: int, cert: Path, key: Path) -> Server:
    """nginx by the shipped file, with only its places changed."""
    site = SHIPPED.read_text()
    for shipped, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (f"/etc/ssl/{NAME}.pem", str(cert)),
        (f"/etc/ssl/{NAME}.key", str(key)),
        ("http://127.0.0.1:8040", desk_url.replace("localhost", "127.0.0.1")),
    ):
        assert site.count(f" {shipped};") == 1, shipped
        site = site.replace(f" {shipped};", f" {here};")
    folder.mkdir()
    nginx.check(folder, _AROUND.format(folder=folder, site=site))
    return Server.start("nginx", nginx.command(folder, folder / "nginx.conf"), folder=folder)


async def test_a_phone_reaches_the_desk_through_the_shipped_proxy(desk: DeskProcess, tmp_path: Path) -> None:
    try:
        nginx.program()
    except MissingError as missing:
        pytest.skip(str(missing))
    port = free_port()
    address = f"https://{NAME}:{port}"
    await desk.start("--behind-proxy", "--public-url", address)
    cert, key = make_certificate(tmp_path / "tls", NAME)
    proxy = started(tmp_path / "nginx", desk.door.url, port, cert, key)
    try:
        await until(lambda: answers(port))
        outside = Door(f"https://127.0.0.1:{port}", desk.door.token, desk.pid, cert.read_text())
        link = link_in(desk.out)
        assert link.startswith(f"{address}/#pair=")
        async with PageClient(outside, host=f"{NAME}:{port}") as phone:
            answer = await phone.sign_in(secret_in(link))
            assert answer.status_code == 201, answer.text
            assert answer.headers["set-cookie"].startswith(f"__Host-hedgerow_session_{port}=")
            assert "Secure" in answer.headers["set-cookie"]
            assert (await phone.pairing())["url"].startswith(f"{address}/#pair=")
            feed = await phone.socket()
            assert "snapshot" in msgspec.json.decode(await asyncio.wait_for(feed.recv(), 10))
            for changed in ({"origin": f"http://{NAME}:{port}"}, {"origin": "https://evil.example"}):
                assert (await phone.call("DELETE", "/api/session", **changed)).status_code == 403
            spoofed = {"host": f"evil.example:{port}", "x_forwarded_host": f"{NAME}:{port}"}
            assert (await phone.call("GET", "/api/health", **spoofed)).status_code == 421, "the proxy replaces it"
            assert (await phone.call("DELETE", "/api/session")).status_code == 204
            assert (await closed(feed))[0] == 4401
    finally:
        proxy.kill()
    assert await desk.stop() == 0
