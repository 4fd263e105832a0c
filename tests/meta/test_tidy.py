"""House rules that no other tool holds: imports without circles, pure code that is pure, everything in measure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
FILES = sorted(SOURCE.rglob("*.py"))
PURE_SIMULATOR = {
    "accounts",
    "admission",
    "amending",
    "book",
    "conditional",
    "engine",
    "margin",
    "matching",
    "messages",
}
PURE_SIMULATOR |= {"listing", "orders", "protection", "refusals", "snapshots", "trading", "venue", "instruments"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 70
VAGUE = {"utils", "helpers", "data", "info", "process", "manager", "misc", "common"}
IMPURE_MODULES = {
    "asyncio",
    "time",
    "random",
    "secrets",
    "uuid",
    "os",
    "socket",
    "threading",
    "sqlite3",
    "pathlib",
    "io",
}


def module_of(path: Path) -> str:
    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def is_pure(path: Path) -> bool:
    parts = path.relative_to(SOURCE / "hedgerow").parts
    return parts[0] == "core" or (parts[0] == "simulator" and len(parts) == 2 and path.stem in PURE_SIMULATOR)


PURE = [path for path in FILES if is_pure(path)]


def imported(tree: ast.AST, module: str) -> Iterator[str]:
    """Every module that a file imports, inside functions too; not what only a type checker sees."""
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            assert node.module is not None
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names
            if not all(name in MODULES for name in names):  # `from package import sibling` needs the sibling alone
                yield node.module


def test_no_file_imports_itself_through_others() -> None:
    graph = {}
    for name, path in MODULES.items():
        wanted = {target for target in imported(ast.parse(path.read_text()), name) if target in MODULES}
        graph[name] = wanted - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("path", PURE, ids=module_of)
def test_pure_code_has_no_clock_chance_float_async_or_io(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for target in imported(tree, module_of(path)):
        assert target.split(".")[0] not in IMPURE_MODULES, f"line imports {target}"
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in {"float", "open", "print"}), f"line {node.lineno}"
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"line {node.lineno}: a float"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_and_functions_are_read_in_one_go(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "migrations" not in path.parts:
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{node.name} is too long"


def test_names_carry_meaning() -> None:
    assert not [path for path in FILES if path.stem in VAGUE]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "a docstring"


def test_nothing_is_left_open() -> None:
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not any(word in line for word in ("TODO", "FIXME", "XXX")), f"{path}:{number}"
