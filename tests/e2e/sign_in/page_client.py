"""A browser on the desk's page, as far as signing in goes: keeps its cookie, sends Origin and the page's own header."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hedgerow.config import Door

ANSWER_S = 30.0


class PageClient:
    """`host`: as it stands in the address bar, where that is not the door's own."""

    def __init__(self, door: Door, *, host: str | None = None, scheme: str | None = None) -> None:
        self._door = door
        self._tls = _trusting(door)
        url = httpx.URL(door.url)
        self.host = host or f"{url.host}:{url.port}"
        self.origin = f"{scheme or url.scheme}://{self.host}"
        self.cookie: str | None = None
        self._http = httpx.AsyncClient(
            base_url=door.url.replace("localhost", "127.0.0.1"),
            timeout=ANSWER_S,
            trust_env=False,
            verify=self._tls or False,
        )

    async def __aenter__(self) -> PageClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def _headers(self, changed: dict[str, str | None]) -> dict[str, str]:
        given = {"host": self.host, "origin": self.origin, "x-hedgerow": "1", "cookie": self.cookie} | changed
        return {name: text for name, text in given.items() if text is not None}

    async def call(self, method: str, path: str, body: Any = None, **changed: str | None) -> httpx.Response:
        """One request; `x_hedgerow=None` leaves that header out."""
        headers = self._headers({name.replace("_", "-"): text for name, text in changed.items()})
        answer = await self._http.request(method, path, json=body, headers=headers)
        self._http.cookies.clear()  # this client's own jar would send them again
        for cookie in answer.headers.get_list("set-cookie"):
            pair, _, rest = cookie.partition("; ")
            self.cookie = None if "Max-Age=0" in rest else pair
        return answer

    async def pairing(self) -> dict[str, Any]:
        """As the owner's command line makes one."""
        answer = await self.call("POST", "/api/pairings", authorization=f"Bearer {self._door.token}")
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def sign_in(self, code: str | None = None, device: str = "Phone") -> httpx.Response:
        chosen = code if code is not None else secret_in((await self.pairing())["url"])
        return await self.call("POST", "/api/session", {"code": chosen, "device": device})

    async def signed_in(self) -> bool:
        return (await self.call("GET", "/api/session")).status_code == 200

    async def socket(self, path: str = "/ws/orders", **changed: str | None) -> ClientConnection:
        headers = self._headers({"x-hedgerow": None, **changed})
        host, origin = headers.pop("host"), headers.pop("origin", None)
        url = httpx.URL(self._door.url)
        return await connect(
            f"{'wss' if self._tls else 'ws'}://{host}{path}",
            host="127.0.0.1",
            port=url.port,
            origin=origin,  # type: ignore[arg-type]
            additional_headers=headers,
            ssl=self._tls,
            proxy=None,
        )


def secret_in(link: str) -> str:
    return link.partition("#pair=")[2]


def link_in(printed: str) -> str:
    """The one-time link that the desk prints as it starts."""
    [line] = [line for line in printed.splitlines() if line.startswith("sign in  ")]
    return line.split()[2]


async def closed(socket: ClientConnection, within_s: float = 10.0) -> tuple[int, dict[str, Any]]:
    """Wait until the desk has closed it: the code, and the last message."""
    last: Any = {}
    try:
        async with asyncio.timeout(within_s):
            async for text in socket:
                last = msgspec.json.decode(text)
    except ConnectionClosed:
        pass
    assert socket.close_code is not None
    return socket.close_code, last


def _trusting(door: Door) -> ssl.SSLContext | None:
    if door.certificate is None:
        return None
    context = ssl.create_default_context(cadata=door.certificate)
    context.check_hostname = False  # the address is this machine's; a test asks by other names too
    return context
