"""`hedgerow up` without its half of a start that is Python's imports: forked from one process that has made them.

What is imported here is imported by each of them again.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

_forking = multiprocessing.get_context("forkserver")


def launch(data: Path, out: Path, err: Path, arguments: tuple[str, ...], room: int) -> BaseProcess:
    """`room`: how large any file of it may become."""
    process = _forking.Process(target=_up, args=(data, out, err, arguments, room), daemon=True)
    process.start()
    return process


def _up(data: Path, out: Path, err: Path, arguments: tuple[str, ...], room: int) -> None:
    for path, descriptor in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    for name in [name for name in os.environ if name.startswith("HEDGEROW_")]:
        del os.environ[name]
    os.environ["HEDGEROW_DATA"] = str(data)

    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    from hedgerow.cli.main import main

    sys.exit(main(["up", "--port", "0", *arguments]))
