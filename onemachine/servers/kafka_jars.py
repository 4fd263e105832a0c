"""The broker's jars: fetched once by Maven, into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Final

from onemachine.servers.server import MissingError

SETUP: Final = Path(__file__).with_name("kafka-broker")
_POM: Final = SETUP / "pom.xml"
_NAMES: Final = {"pom": "http://maven.apache.org/POM/4.0.0"}
_FETCH_S: Final = 600.0


def find_java() -> str:
    """Raises MissingError."""
    java = shutil.which("java")
    if java is None:
        raise MissingError("java is not on this machine: install the package openjdk-17-jre-headless, or a newer one")
    return java


def version() -> str:
    """The broker's version, as the pom names it."""
    root = ElementTree.parse(_POM).getroot()
    for dependency in root.iterfind(".//pom:dependency", _NAMES):
        if dependency.findtext("pom:groupId", namespaces=_NAMES) == "org.apache.kafka":
            return str(dependency.findtext("pom:version", namespaces=_NAMES))
    raise AssertionError(f"{_POM} names no broker")


def jars() -> Path:
    """The folder of the jars; fetched where it is not there yet. Raises MissingError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hedgerow"
    folder = cache / f"kafka-{version()}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    """Into a folder beside it, then renamed: nobody finds half of them, and who comes second throws his own away."""
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingError(
            "mvn is not on this machine, and Kafka's jars are not in its cache: install the package maven"
        )
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as made:
        shutil.copy(_POM, made)
        command = [maven, "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime"]
        command.append(f"-DoutputDirectory={made}/jars")
        got = subprocess.run(command, cwd=made, capture_output=True, timeout=_FETCH_S, check=False)
        if got.returncode:
            told = (got.stdout + got.stderr).decode(errors="replace")[-2_000:]
            raise MissingError(f"Kafka's jars could not be fetched; mvn ended with {got.returncode}:\n{told}")
        try:
            Path(made, "jars").rename(folder)
        except OSError:
            if not folder.exists():
                raise
