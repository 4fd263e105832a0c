"""What deployment files may speak of: the settings, commands and figures that the code has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typer
import yaml

from hedgerow.cli.main import app
from hedgerow.config.services import NAMES
from hedgerow.meters import Meters, Spread

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_FLOATING = {"latest", "stable", "main", "edge"}


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def unknown_settings(names: Iterable[str]) -> list[str]:
    """Those of these variables that are Hedgerow's by name, and that nothing of it reads."""
    ours = [name for name in names if name.startswith("HEDGEROW_")]
    return [name for name in ours if name not in NAMES and name.removesuffix("_FILE") not in NAMES]


@cache
def _commands() -> Any:
    return typer.main.get_command(app)


def is_command(words: Sequence[str]) -> bool:
    """Whether `hedgerow words…` begins with a command that exists, groups followed to their ends."""
    at: Any = _commands()
    for word in words:
        if not hasattr(at, "commands"):
            break
        if word not in at.commands:
            return False
        at = at.commands[word]
    return not hasattr(at, "commands")


def is_pinned(image: str) -> bool:
    """A tag that names one version, not a line of them."""
    name, _, tag = image.rpartition(":")
    return bool(name) and tag not in _FLOATING and re.match(r"v?\d+(\.\d+)+", tag) is not None


def figures() -> set[str]:
    """Every name that a query may use."""
    names: set[str] = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"}
    for meter in Meters().all():
        spread = isinstance(meter, Spread)
        names |= {f"{meter.name}{end}" for end in ("_bucket", "_count", "_sum")} if spread else {meter.name}
    return names
