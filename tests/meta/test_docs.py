"""The documentation tells the truth: generated pages are fresh, links lead somewhere, commands exist."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from hedgerow.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SHELL = re.compile(r"(?:^|(?<!-n)[\s(])(?:\./)?(hedgerow|make|npm)((?: +[^\s|<>;&()#]+)+)")  # a program and its words
ADDRESS = re.compile(r"[\"']?localhost:")  # a shell function of the README has the name of the command line


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == GENERATOR.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    pictures = [(name, "") for name in re.findall(r'<img src="([^"]+)"', text)]
    for target, place in [*re.findall(r"\]\(([^)#\s]*)(#[^)\s]+)?\)", text), *pictures]:
        if target.startswith(("http:", "https:")):
            continue
        found = page.parent / target if target else page
        assert found.exists(), f"{page}: {target}"
        assert not place or place in headings(found), f"{page}: {target}{place}"


def headings(page: Path) -> set[str]:
    """What links into a page may name."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    scripts = json.loads((ROOT / "frontend" / "package.json").read_text())["scripts"]
    for program, words in commands_of(page.read_text()):
        said = f"{page.name}: {program} {' '.join(words)}"
        if program == "make":
            assert words[0] in targets, said
        elif program == "npm":
            assert words[0] == "ci" or words[-1] in scripts, said
        else:
            assert not unknown_words(words), said


def commands_of(text: str) -> Iterator[tuple[str, list[str]]]:
    """What stands in blocks of shell and as inline code."""
    lines = (
        "\n".join(re.findall(r"^```(?:sh)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
        .replace("\\\n", " ")
        .splitlines()
    )
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in [*lines, *inline]:
        for program, words in SHELL.findall(line):
            if ADDRESS.match(words.split()[0]) is None:
                yield program, words.split()


def unknown_words(words: list[str]) -> list[str]:
    """Those that the command line does not know: commands and options; a group may stand for all of its commands."""
    at: Any = typer.main.get_command(app)
    while hasattr(at, "commands") and words:
        name, *words = words
        if name not in at.commands:
            return [name]
        at = at.commands[name]
    known = {name for parameter in at.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    return [word for word in words if word.startswith("-") and word.partition("=")[0] not in known]


def test_an_unknown_command_is_seen() -> None:
    block = "```sh\nX=$(hedgerow order \\\n  a1 --nosuch)\nmake dinner\n```\n"
    text = f"`hedgerow pear` and `./hedgerow orders --wach`\n{block}"
    found = list(commands_of(text))
    assert [program for program, _ in found] == ["hedgerow", "make", "hedgerow", "hedgerow"]
    assert [unknown_words(words) for program, words in found if program == "hedgerow"] == [
        ["--nosuch"],
        ["pear"],
        ["--wach"],
    ]


def test_every_decision_is_numbered_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
