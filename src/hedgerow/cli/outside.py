"""What lies outside of a command: its streams, its environment, time, and the desk's own machinery."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import tzinfo
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from hedgerow.config import Settings
from hedgerow.config.services import ServiceSettings, Topics
from hedgerow.vault import Vault


@dataclass(frozen=True)
class Services:
    """The distributed deployment: each runs one process of it until it is stopped, and gives its exit code.

    Attributes:
        open_vault: the vault that all of them share, by the database's address and the key's file.
    """

    order_manager: Callable[[ServiceSettings], int]
    order_resolver: Callable[[ServiceSettings], int]
    kafka_init: Callable[[Topics], int]
    open_vault: Callable[[str, Path], AbstractAsyncContextManager[Vault]]


@dataclass(frozen=True)
class Outside:
    """Given to `main`; the process's own unless a test gives another.

    Attributes:
        zone: of the times shown; `None` is the machine's own.
        ask_secret: a question whose answer is not echoed.
        run_desk: runs a desk until it is stopped, with a simulator on a port under a seed where one is wanted.
        run_simulator: runs the simulated exchange with its own flags.
    """

    environment: Mapping[str, str]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    now_ms: Callable[[], int]
    zone: tzinfo | None
    ask_secret: Callable[[str], str]
    run_desk: Callable[[Settings, tuple[int, int] | None], int]
    run_simulator: Callable[[list[str]], int]
    open_vault: Callable[[Settings], AbstractAsyncContextManager[Vault]]
    services: Services


def of_this_process() -> Outside:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character shows a question mark
    return Outside(
        environment=os.environ,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        now_ms=lambda: time.time_ns() // 1_000_000,
        zone=None,
        ask_secret=getpass.getpass,
        run_desk=_run_desk,
        run_simulator=_run_simulator,
        open_vault=_open_vault,
        services=Services(
            order_manager=_run_order_manager,
            order_resolver=_run_order_resolver,
            kafka_init=_init_kafka,
            open_vault=_open_shared_vault,
        ),
    )


# The desk's machinery is heavy: what only asks a running desk does not load it.


def _run_desk(settings: Settings, simulator: tuple[int, int] | None) -> int:
    from hedgerow.bootstrap import embedded
    from hedgerow.paper import SimulatorChoice

    choice = None if simulator is None else SimulatorChoice(port=simulator[0], seed=simulator[1])
    return embedded.run_desk(settings, simulator=choice)


def _open_vault(settings: Settings) -> AbstractAsyncContextManager[Vault]:
    from hedgerow.bootstrap import embedded

    return embedded.open_vault(settings)


def _run_order_manager(settings: ServiceSettings) -> int:
    from hedgerow.bootstrap import distributed

    return distributed.run_order_manager(settings)


def _run_order_resolver(settings: ServiceSettings) -> int:
    from hedgerow.bootstrap import distributed

    return distributed.run_order_resolver(settings)


def _init_kafka(topics: Topics) -> int:
    from hedgerow.bootstrap import topic_setup

    return topic_setup.init_kafka(topics)


def _open_shared_vault(database: str, key_path: Path) -> AbstractAsyncContextManager[Vault]:
    from hedgerow.bootstrap import distributed

    return distributed.open_vault(database, key_path)


def _run_simulator(arguments: list[str]) -> int:
    """The simulator stands alone, its flags too: this process becomes it."""
    os.execv(sys.executable, [sys.executable, "-m", "hedgerow.simulator", *arguments])  # noqa: S606
