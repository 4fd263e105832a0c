"""The README is run as written, on ports that are free: `make run`, the two commands, and every block of shell."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk_process import START_S, until

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
TWO_COMMANDS = re.findall(r"```\n(make run)\n(\./hedgerow place .*?)\n```", README)


class MakeRun:
    """`make run` in a terminal of its own, as far as signals go."""

    def __init__(self, folder: Path) -> None:
        self._out = folder / "make-run.out"
        self.environment = {
            name: text for name, text in os.environ.items() if not name.startswith(("HEDGEROW_", "MAKE"))
        }
        self.environment |= {"HEDGEROW_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
        ports = {"HEDGEROW_PORT": "0", "HEDGEROW_SIMULATOR_PORT": "0"}
        with self._out.open("wb") as out:
            self._process = subprocess.Popen(
                ["make", "run"], cwd=ROOT, env=self.environment | ports, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def said(self) -> str:
        return self._out.read_text()

    @property
    def url(self) -> str:
        return re.findall(r"^ready http://(\S+)$", self.said, flags=re.MULTILINE)[0]

    async def ready(self) -> None:
        await until(lambda: "\nready http://" in self.said or self._process.poll() is not None, START_S)
        assert self._process.poll() is None, self.said

    async def interrupt(self) -> None:
        """Ctrl-C reaches everything in the terminal."""
        os.killpg(self._process.pid, signal.SIGINT)
        await until(lambda: self._process.poll() is not None, START_S)

    def end(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture(scope="module")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    running = MakeRun(tmp_path_factory.mktemp("readme"))
    try:
        yield running
    finally:
        running.end()


def shell(script: str, make_run: MakeRun) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("localhost:8040", make_run.url)],
        cwd=ROOT,
        env=make_run.environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_there_is_something_to_run() -> None:
    assert len(TWO_COMMANDS) == 1
    assert len(BLOCKS) >= 2


async def test_the_two_commands(make_run: MakeRun) -> None:
    await make_run.ready()
    assert make_run.said.count("./hedgerow ") >= 3, "three commands to try"
    place = TWO_COMMANDS[0][1]
    follower = subprocess.Popen(
        place.split(), cwd=ROOT, env=make_run.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    shown = follower.stdout.readline() + follower.stdout.readline()  # what was asked for, and how it stands
    follower.send_signal(signal.SIGINT)
    rest, errors = follower.communicate(timeout=20)
    ended = "filled 0.01 of 0.01" in shown + rest  # then it was leaving by itself when the signal came
    assert follower.returncode == 0 or ended, (shown, rest, errors)
    assert "buy 0.01 BTC/USDT:USDT at 60000" in shown
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", range(len(BLOCKS)))
async def test_a_block_of_shell_runs_as_written(number: int, make_run: MakeRun) -> None:
    await make_run.ready()
    ran = shell(BLOCKS[number], make_run)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert "Traceback" not in ran.stderr


async def test_an_interrupt_stops_everything_cleanly(make_run: MakeRun) -> None:
    await make_run.ready()
    await make_run.interrupt()
    assert "Traceback" not in make_run.said, make_run.said
