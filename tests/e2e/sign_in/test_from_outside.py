"""Reaching a desk from outside: over its own TLS, or through a proxy's."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.e2e.desk_process import SOURCE, DeskProcess, until
from tests.e2e.sign_in.page_client import PageClient, link_in, secret_in

NAME = "desk.example"
PUBLIC = f"https://{NAME}"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskProcess]:
    desk = DeskProcess(tmp_path)
    try:
        yield desk
        if desk.code is None:
            assert await desk.stop() == 0
        assert "Traceback" not in desk.err, desk.err[-4000:]
    finally:
        desk.end()


def run(desk: DeskProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The owner's command line, beside the desk."""
    code = "import sys; from hedgerow.cli.main import main; sys.exit(main())"
    environment = {"PYTHONPATH": str(SOURCE), "HEDGEROW_DATA": str(desk.data), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


async def test_over_its_own_tls(desk: DeskProcess, tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path / "tls", NAME)
    await desk.start("--host", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(key), "--public-url", PUBLIC + "/")
    link = link_in(desk.out)
    assert link.startswith(f"{PUBLIC}/#pair=")
    assert f"ready https://localhost:{desk.door.url.rpartition(':')[2]}" in desk.out
    async with PageClient(desk.door, host=NAME) as page:
        answer = await page.sign_in(secret_in(link))
        assert answer.status_code == 201, answer.text
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-hedgerow_session=")
        assert all(part in cookie for part in ("; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"))
        assert "Domain" not in cookie
        assert await page.signed_in()
        async with await page.socket() as socket:
            assert '"snapshot"' in str(await socket.recv())
        assert (await page.call("POST", "/api/pairings", origin=f"http://{NAME}")).status_code == 403
        assert (await page.call("GET", "/api/session", host="other.example")).status_code == 421
    _only_tls(desk)
    paired = run(desk, "pair")
    assert f"link  {PUBLIC}/#pair=" in paired.stdout, paired.stderr
    assert "Phone" in run(desk, "devices", "list").stdout
    assert run(desk, "devices", "revoke", "Phone").stdout == "Phone is signed out.\n"
    await _renewed(desk, tmp_path / "tls")


async def _renewed(desk: DeskProcess, folder: Path) -> None:
    """Another certificate in place of the first: taken up without a restart, and known to the command line."""
    cert, _ = make_certificate(folder, NAME)
    place = ("127.0.0.1", int(desk.door.url.rpartition(":")[2]))

    async def shown() -> bool:
        return (await asyncio.to_thread(ssl.get_server_certificate, place)).strip() == cert.read_text().strip()

    await until(shown, 20)
    listed = run(desk, "devices", "list")
    assert listed.returncode == 0, listed.stderr


def _only_tls(desk: DeskProcess) -> None:
    port = int(desk.door.url.rpartition(":")[2])
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    plain.request("GET", "/api/health")
    with pytest.raises((http.client.HTTPException, OSError)):
        plain.getresponse()
    plain.close()
    stranger = http.client.HTTPSConnection("127.0.0.1", port, timeout=5)
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.request("GET", "/api/health")
    stranger.close()


async def test_the_command_line_sends_its_token_to_no_other_certificate(desk: DeskProcess, tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path / "tls", NAME)
    await desk.start("--tls-cert", str(cert), "--tls-key", str(key))
    assert run(desk, "devices", "list").returncode == 0
    other, _ = make_certificate(tmp_path / "other", NAME)
    door = desk.settings.door_path
    door.write_bytes(
        door.read_bytes().replace(
            cert.read_text().replace("\n", "\\n").encode(), other.read_text().replace("\n", "\\n").encode()
        )
    )
    refused = run(desk, "devices", "list")
    assert refused.returncode == 3
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr or "certificate verify failed" in refused.stderr


async def test_through_a_proxy(desk: DeskProcess) -> None:
    """What it forwards is believed, since the desk was told of it."""
    await desk.start("--behind-proxy", "--public-url", PUBLIC)
    async with PageClient(desk.door, host=NAME, scheme="https") as page:
        answer = await page.sign_in(secret_in(link_in(desk.out)))
        assert answer.status_code == 201, answer.text
        assert answer.headers["set-cookie"].startswith("__Host-hedgerow_session=")
        assert await page.signed_in()
        inside = {"host": "inside:8040", "x_forwarded_host": NAME, "x_forwarded_proto": "https"}
        assert (await page.call("POST", "/api/pairings", **inside)).status_code == 201
        async with await page.socket() as socket:
            assert '"snapshot"' in str(await socket.recv())
    async with PageClient(desk.door) as page:
        answer = await page.sign_in()
        assert answer.headers["set-cookie"].startswith("hedgerow_session_"), "on the machine itself, without TLS"


async def test_without_a_proxy_its_word_is_not_believed(desk: DeskProcess) -> None:
    await desk.start("--allow-host", NAME)
    async with PageClient(desk.door) as page:
        refused = await page.call("GET", "/api/health", host="other.example", x_forwarded_host=NAME)
        assert refused.status_code == 421
        answer = await page.call("POST", "/api/pairings", authorization=f"Bearer {desk.door.token}",
                                 x_forwarded_proto="https", x_forwarded_host=NAME)  # fmt: skip
        assert answer.json()["url"].startswith(desk.door.url)
