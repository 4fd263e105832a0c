"""The page's files as a browser asks for them: addresses, encodings, caching, and what the policy allows."""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.order_manager.http.page import Page, files_in, is_of_page

STYLE = "body{margin:0}\r\n"
SCRIPT = "document.title='a < b && c'"
INDEX = f"<!doctype html><style>{STYLE}</style><script>{SCRIPT}</script><script src=/assets/app-1a.js></script>"
APP = b"export const a = 1;\n" * 20


class Answer:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start, body = messages
        self.status: int = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body: bytes = body["body"]


async def ask(page: Page, path: str, method: str = "GET", **headers: str) -> Answer:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    await page(method, path, named, send)
    return Answer(sent)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "secret.key").write_text("outside")
    (folder / "index.html").write_bytes(INDEX.encode())
    (folder / "sw.js").write_text("self.x = 1")
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "assets" / "app-1a.js").write_bytes(APP)
    (folder / "assets" / "app-1a.js.gz").write_bytes(gzip.compress(APP))
    (folder / "assets" / "app-1a.js.br").write_bytes(b"as brotli")
    return Page(files_in(folder))


@pytest.mark.parametrize(
    "path", ["/", "/trade", "/trade/sim/1000X.Y", "/positions", "/orders/abc", "/accounts/", "/settings", "/elsewhere"]
)
async def test_its_own_routes_are_the_page(page: Page, path: str) -> None:
    answer = await ask(page, path)
    assert (answer.status, answer.body.decode()) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.js",
        "/assets/app-0.js",
        "/assets/",
        "/.vite/manifest.json",
        "/../secret.key",
        "/assets/../../secret.key",
    ],
)
async def test_what_is_not_there_is_a_problem(page: Page, path: str) -> None:
    answer = await ask(page, path)
    assert answer.status == 404
    assert b"no_such_path" in answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answer.headers


@given(st.text(alphabet="./\\%2efabc:~", max_size=20))
async def test_no_address_leads_outside(path: str) -> None:
    files = {"/index.html": b"index", "/assets/a.js": b"asset"}
    answer = await ask(Page(files), "/" + path)
    assert answer.body in files.values() or answer.status == 404


async def test_hashed_files_are_kept_for_good_and_the_rest_is_asked_for_again(page: Page) -> None:
    assert (await ask(page, "/assets/app-1a.js")).headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/sw.js", "/manifest.webmanifest"):
        assert (await ask(page, path)).headers["cache-control"] == "no-cache"
    assert (await ask(page, "/manifest.webmanifest")).headers["content-type"] == "application/manifest+json"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, identity", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.000, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("", None),
    ],
)
async def test_the_smallest_form_that_is_understood_goes_out(page: Page, accepted: str, encoding: str | None) -> None:
    answer = await ask(page, "/assets/app-1a.js", accept_encoding=accepted)
    assert answer.headers.get("content-encoding") == encoding
    assert answer.body == {"br": b"as brotli", "gzip": gzip.compress(APP), None: APP}[encoding]
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_what_the_browser_has_is_not_sent_again(page: Page) -> None:
    first = await ask(page, "/assets/app-1a.js", accept_encoding="br")
    plain = await ask(page, "/assets/app-1a.js")
    assert first.headers["etag"] != plain.headers["etag"]
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = await ask(page, "/assets/app-1a.js", accept_encoding="br", if_none_match=known)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert (await ask(page, "/assets/app-1a.js", if_none_match=first.headers["etag"])).status == 200


async def test_head_is_get_without_its_body(page: Page) -> None:
    get, head = await ask(page, "/"), await ask(page, "/", "HEAD")
    assert (head.status, head.headers, head.body) == (200, get.headers, b"")
    assert (await ask(page, "/gone.js", "HEAD")).body == b""


async def test_the_page_is_only_read(page: Page) -> None:
    answer = await ask(page, "/", "POST")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


async def test_only_what_was_built_may_run(page: Page) -> None:
    policy = (await ask(page, "/")).headers["content-security-policy"].split("; ")
    assert f"script-src 'self' {source(SCRIPT)}" in policy
    assert f"style-src 'self' {source(STYLE.replace(chr(13), ''))}" in policy
    assert {"default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} <= set(policy)
    assert not [each for each in policy if "unsafe" in each or "*" in each]


async def test_every_answer_is_guarded(page: Page) -> None:
    for answer in [await ask(page, path) for path in ("/", "/sw.js", "/assets/app-1a.js", "/gone.js")]:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "permissions-policy" in answer.headers


async def test_a_page_that_was_not_built_says_how(tmp_path: Path) -> None:
    answer = await ask(Page(files_in(tmp_path / "page")), "/")
    assert answer.status == 404
    assert b"make page" in answer.body


def test_the_api_keeps_its_addresses() -> None:
    assert not [path for path in ("/api", "/api/orders", "/ws/orders", "/ws", "*") if is_of_page(path)]
    assert is_of_page("/apis")
