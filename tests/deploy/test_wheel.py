"""The package as its users get it: the page is in it, and nothing of Node's is needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from hedgerow.order_manager.http.page import built_page
from tests.deploy.known import ROOT

_BUILD = "import sys, setuptools.build_meta as build; getattr(build, sys.argv[1])(sys.argv[2])"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a package is built from; setuptools leaves files beside it."""
    if not built_page():
        pytest.skip("the page is not built (`make page`, which needs Node)")
    folder = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return folder


def built(source: Path, how: str, into: Path) -> Path:
    command = [sys.executable, "-c", _BUILD, how, str(into)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    return next(into.iterdir())


def test_the_wheel_holds_the_whole_page(source: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(built(source, "build_wheel", tmp_path)) as wheel:
        shipped = {name.removeprefix("hedgerow/page"): wheel.read(name) for name in wheel.namelist()}
    for address, content in built_page().items():
        assert shipped.get(address) == content, address


def test_the_source_package_holds_it_too(source: Path, tmp_path: Path) -> None:
    """So whoever installs from it needs no Node either."""
    with tarfile.open(built(source, "build_sdist", tmp_path)) as package:
        names = {name.partition("/src/hedgerow/page")[2] for name in package.getnames()}
    assert set(built_page()) <= names
