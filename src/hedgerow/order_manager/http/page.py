"""The page: the built files of `hedgerow/page/`, from memory, to whoever asks at this host."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from hedgerow.core.codec import to_json
from hedgerow.order_manager.http.gate import Send
from hedgerow.order_manager.http.problems import PROBLEM_JSON, make
from hedgerow.order_manager.schemas import Problem

_INDEX: Final = "/index.html"
_ASSETS: Final = "/assets/"  # named by their content, so they never change
_SYMBOLS: Final = "/trade/"  # what follows may have a dot
_TWINS: Final = {"br": ".br", "gzip": ".gz"}  # best first
_READS: Final = ("GET", "HEAD")
_NOT_AT_ALL: Final = re.compile(r"q=0(\.0*)?")
_OCTETS: Final = "application/octet-stream"
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
_FOR_GOOD: Final = b"public, max-age=31536000, immutable"
_PERMISSIONS: Final = b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"

Headers = list[tuple[bytes, bytes]]


def is_of_page(path: str) -> bool:
    """Whether an address belongs to the page, not to the API or its sockets."""
    return path.startswith("/") and path.split("/", 2)[1] not in ("api", "ws")


def built_page() -> Mapping[str, bytes]:
    """The files that the package was shipped with, by their address; none where the page was not built."""
    return files_in(files("hedgerow").joinpath("page"))


def files_in(folder: Traversable) -> Mapping[str, bytes]:
    return dict(_walked(folder, "/")) if folder.is_dir() else {}


def _walked(folder: Traversable, address: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walked(entry, f"{address}{entry.name}/")
        else:
            yield address + entry.name, entry.read_bytes()


class _Form(msgspec.Struct, frozen=True):
    """A file as it goes out in one encoding; `""` is the plain one."""

    encoding: str
    body: bytes
    etag: bytes


class _File(msgspec.Struct, frozen=True):
    content_type: str
    cache: bytes
    forms: tuple[_Form, ...]  # the smallest first, the plain one last


class Page:
    """Answers every address that is not the API's: with a file, or for the page's own routes with `index.html`."""

    def __init__(self, built: Mapping[str, bytes]) -> None:
        self._files = {address: _file(address, built) for address in built if not _is_twin(address, built)}
        self._guards = _guards(built.get(_INDEX, b"").decode())

    async def __call__(self, method: str, path: str, headers: Mapping[bytes, bytes], send: Send) -> None:
        if method not in _READS:
            await self._refuse(make(405, "wrong_method", "the page is only read: GET or HEAD"), method, send)
            return
        if not self._files:
            detail = "the page is not built; `make page` builds it. The API is at /api/openapi.json"
            await self._refuse(make(404, "page_not_built", detail), method, send)
            return
        found = self._files.get(path) or self._route(path)
        if found is None:
            await self._refuse(make(404, "no_such_path", "the page has no such file"), method, send)
            return
        await self._serve(found, method, headers, send)

    def _route(self, path: str) -> _File | None:
        """The page itself, for an address that it knows how to read and that is no file's."""
        names_a_file = "." in path.rpartition("/")[2] and not path.startswith(_SYMBOLS)
        return None if names_a_file or path.startswith(_ASSETS) else self._files.get(_INDEX)

    async def _serve(self, found: _File, method: str, headers: Mapping[bytes, bytes], send: Send) -> None:
        form = _form_for(headers.get(b"accept-encoding", b"").decode("latin-1"), found.forms)
        said: Headers = [
            (b"etag", form.etag),
            (b"cache-control", found.cache),
            (b"vary", b"Accept-Encoding"),
            *self._guards,
        ]
        if _is_known(headers.get(b"if-none-match", b""), form.etag):
            await _answer(send, 304, said, b"")
            return
        said += [(b"content-type", found.content_type.encode()), (b"content-length", str(len(form.body)).encode())]
        if form.encoding:
            said.append((b"content-encoding", form.encoding.encode()))
        await _answer(send, 200, said, b"" if method == "HEAD" else form.body)

    async def _refuse(self, document: Problem, method: str, send: Send) -> None:
        body = to_json(document)
        said: Headers = [
            (b"content-type", PROBLEM_JSON.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *([(b"allow", b"GET, HEAD")] if document.status == 405 else []),
            *self._guards,
        ]
        await _answer(send, document.status, said, b"" if method == "HEAD" else body)


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_twin(address: str, built: Mapping[str, bytes]) -> bool:
    stem, dot, ending = address.rpartition(".")
    return dot + ending in _TWINS.values() and stem in built


def _file(address: str, built: Mapping[str, bytes]) -> _File:
    forms = [_form(name, built[address + ending]) for name, ending in _TWINS.items() if address + ending in built]
    return _File(
        content_type=_TYPES.get(address.rpartition(".")[2], _OCTETS),
        cache=_FOR_GOOD if address.startswith(_ASSETS) else b"no-cache",
        forms=(*forms, _form("", built[address])),
    )


def _form(encoding: str, body: bytes) -> _Form:
    return _Form(encoding, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode())


def _form_for(accepted: str, forms: tuple[_Form, ...]) -> _Form:
    """The smallest form that the client takes: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3."""
    taken: dict[str, bool] = {}
    for each in accepted.split(","):
        name, _, weight = each.strip().lower().partition(";")
        taken[name.strip()] = _NOT_AT_ALL.fullmatch(weight.strip()) is None
    return next(form for form in forms if not form.encoding or taken.get(form.encoding, taken.get("*", False)))


def _is_known(header: bytes, etag: bytes) -> bool:
    """`If-None-Match`, compared weakly: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2."""
    named = [each.strip().removeprefix(b"W/") for each in header.split(b",")]
    return etag in named or named == [b"*"]


def _guards(index: str) -> Headers:
    """What a browser must not do on behalf of this page. What `index.html` carries inline goes by its hash."""
    inline = _Inline()
    inline.feed(index)
    policy = "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *inline.hashes("script"))),
            " ".join(("style-src 'self'", *inline.hashes("style"))),
            "img-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", _PERMISSIONS),
    ]


class _Inline(HTMLParser):
    """Collects the text of inline scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self._inside: str | None = None
        self._found: dict[str, list[str]] = {"script": [], "style": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
            self._inside = tag
            self._found[tag].append("")

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self._found[self._inside][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = None

    def hashes(self, tag: str) -> list[str]:
        """As sources of a policy: https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
        texts = (text.replace("\r\n", "\n").replace("\r", "\n") for text in self._found[tag])  # as a browser reads them
        return [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts]
