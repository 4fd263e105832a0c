"""A simulated exchange in a process of its own, and the real ccxt client for it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ccxt.pro

START_S = 20.0


class Controls:
    """The control routes of a simulated exchange that runs somewhere."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{self.url}/control/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            read: dict[str, Any] = json.load(answer)
            return read

    def fault(self, kind: str, target: str = "", **more: Any) -> None:
        self.control("POST", "faults", kind=kind, target=target, **more)


class Running(Controls):
    """Started with the control routes; its market stands still once it has quoted."""

    def __init__(self, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hedgerow.simulator", "--control", "--stop-with-parent", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout is not None
        super().__init__(self.process.stdout.readline().removeprefix("ready ").strip())
        self._accounts = 0
        if self.url:
            self.control("POST", "market", running=False)

    def raw(self, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def account(self, name: str = "") -> str:
        """A new account with a key of the same name, and 100,000 USDT."""
        self._accounts += 1
        name = name or f"user-{self._accounts}"
        self.control("POST", "keys", key=name, secret=f"{name}'s secret", account=name)
        return name

    def client(self, account: str) -> Any:
        return client(self.url, account, f"{account}'s secret")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.communicate(timeout=START_S)
        return self.process.returncode


def client(url: str, key: str, secret: str) -> Any:
    """ccxt.pro's Bybit, as a careful desk sets it up, its addresses pointed here."""
    sockets = url.replace("http", "ws", 1)
    exchange = ccxt.pro.bybit(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "timeout": 5000,
            "number": str,
            "newUpdates": True,
            "streaming": {"keepAlive": 1000},
            "urls": {
                "api": {
                    "public": url,
                    "private": url,
                    "ws": {
                        "public": {"linear": f"{sockets}/v5/public/linear"},
                        "private": {"contract": f"{sockets}/v5/private", "trade": f"{sockets}/v5/trade"},
                    },
                }
            },
            "options": {
                "fetchMarkets": {"types": ["linear"]},
                "enableUnifiedMargin": False,
                "enableUnifiedAccount": True,
                "unifiedMarginStatus": 6,
                "watchPositions": {"fetchPositionsSnapshot": False},
            },
        }
    )
    exchange.has["fetchCurrencies"] = False
    return exchange


async def until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    """Waits for a condition, and fails when it does not come."""
    limit = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < limit, "it did not come true in time"
        await asyncio.sleep(0.005)
