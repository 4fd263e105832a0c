"""`make run-distributed`, as a person runs it: started, traded on through nginx, stopped, started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from onemachine.servers import nginx
from onemachine.servers.server import MissingError, free_port
from onemachine.service import run_command

_START_S = 90.0
_STOP_S = 60.0


class Started:
    """One life of it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._log = folder.with_suffix(f".{time.monotonic_ns()}.log")
        command = [sys.executable, "-m", "onemachine", "--folder", str(folder), "--port", str(port)]
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        self._until(lambda: "ready http" in self.said or self.process.poll() is not None, _START_S)
        assert self.process.poll() is None, self.said
        line = next(line for line in self.said.splitlines() if "export" in line)
        url = next(word for word in line.split() if word.startswith("HEDGEROW_URL="))
        token = (folder / "token").read_text()
        self.environment = {"HEDGEROW_URL": url.partition("=")[2], "HEDGEROW_TOKEN": token}

    @property
    def said(self) -> str:
        return self._log.read_text()

    def hedgerow(self, *arguments: str) -> str:
        return run_command(*arguments, environment=self.environment, folder=self.folder)

    def becomes(self, order_id: str, status: str) -> None:
        def reached() -> bool:
            return json.loads(self.hedgerow("order", order_id, "--json"))["order"]["status"] == status

        self._until(reached, 30)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_STOP_S)

    @staticmethod
    def _until(holds: Callable[[], bool], within_s: float) -> None:
        limit = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < limit, "it did not come true in time"
            time.sleep(0.05)


def _signs_in(said: str) -> None:
    """The printed link, through nginx, as a browser on this machine."""
    [line] = [line for line in said.splitlines() if line.startswith("sign in  ")]
    url, _, secret = line.split()[2].partition("/#pair=")
    with httpx.Client(base_url=url, headers={"Origin": url, "X-Hedgerow": "1"}, trust_env=False) as browser:
        answer = browser.post("/api/session", json={"code": secret, "device": "Browser"})
        assert answer.status_code == 201, answer.text
        assert "Secure" not in answer.headers["set-cookie"], "without TLS, on this machine"
        assert [each["this"] for each in browser.get("/api/devices").json()] == [True]
        assert browser.delete("/api/session").status_code == 204
        assert browser.get("/api/session").status_code == 401


@pytest.fixture
def folder() -> Iterator[Path]:
    try:
        nginx.program()
    except MissingError as missing:
        pytest.skip(str(missing))
    with tempfile.TemporaryDirectory(prefix="hedgerow-onemachine-") as made:
        Path(made).chmod(0o755)  # under root PostgreSQL is another user, and must be able to reach its own folder
        yield Path(made) / "desk"


@pytest.mark.usefixtures("kafka_server", "redis_server", "postgres")  # where one is missing, this cannot run either
@pytest.mark.timeout(300)
def test_it_starts_trades_stops_and_goes_on_where_it_was(folder: Path) -> None:
    port = free_port()
    first = Started(folder, port)
    try:
        bought = json.loads(first.hedgerow("place", "buy", "BTC/USDT:USDT", "0.02", "--no-follow", "--json"))
        first.becomes(bought["order_id"], "filled")
        resting = json.loads(
            first.hedgerow("place", "buy", "BTC/USDT:USDT", "0.01", "--price", "40000", "--no-follow", "--json")
        )
        first.becomes(resting["order_id"], "open")
        assert "up" in first.hedgerow("doctor")
        _signs_in(first.said)
    finally:
        code = first.stop()
    assert code == 0, first.said
    second = Started(folder, port)
    try:
        [living] = json.loads(second.hedgerow("orders", "--json"))["orders"]
        assert living["order_id"] == resting["order_id"]
        [position] = json.loads(second.hedgerow("positions", "--json"))["positions"]
        assert position["amount"] == "0.02"
        second.hedgerow("cancel", resting["order_id"])
        second.becomes(resting["order_id"], "canceled")
    finally:
        code = second.stop()
    assert code == 0, second.said
    for log in folder.glob("order-*.log"):
        assert "Traceback" not in log.read_text(), log.read_text()[-3000:]
