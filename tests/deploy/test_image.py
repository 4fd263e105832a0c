"""The Dockerfile: what it is made of, and what it leaves out."""

from __future__ import annotations

import re
import tomllib

from hedgerow.ops import probe
from tests.deploy.known import DEPLOY, ROOT, is_pinned, unknown_settings

DOCKERFILE = (ROOT / "Dockerfile").read_text()
RUNTIME = DOCKERFILE.rpartition("FROM ")[2]


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package of a lock with its version and hashes."""
    found: dict[str, tuple[str, set[str]]] = {}
    latest: set[str] = set()
    for line in (ROOT / name).read_text().splitlines():
        if pin := re.match(r"([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", line):
            latest = set()
            found[pin[1]] = (pin[2], latest)
        elif digest := re.search(r"--hash=(\S+)", line):
            latest.add(digest[1])
    return {package: (version, frozenset(hashes)) for package, (version, hashes) in found.items()}


def test_the_image_holds_what_was_tested_and_no_tool_of_ours() -> None:
    tested, shipped = locked("requirements.txt"), locked("deploy/requirements.txt")
    assert shipped
    assert {package: tested.get(package) for package in shipped} == shipped, "lock both again"
    assert not shipped.keys() & {"pytest", "mypy", "ruff", "hypothesis", "setuptools", "pip"}
    assert all(hashes for _, hashes in [*shipped.values(), *locked("deploy/requirements-build.txt").values()])


def test_every_dependency_is_in_the_lock() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=~ ]", each)[0] for each in wanted}
    assert names <= locked("deploy/requirements.txt").keys()


def test_it_is_built_from_versions_by_hash() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert {re.split("[:@]", base)[0] for base in bases} == {"node", "nginx", "python"}
    assert all(is_pinned(base) for base in bases)
    assert re.findall(r"npm \w+", DOCKERFILE) == ["npm ci", "npm run"]
    for install in re.findall(r"pip (?:--python \S+ )?install (.*)", DOCKERFILE):
        assert "--require-hashes" in install or "--no-index" in install
    assert not re.search(r"^ADD |curl|wget|apt-get", DOCKERFILE, re.MULTILINE)


def test_both_images_hold_the_page_of_one_build() -> None:
    copied = re.findall(r"^COPY --from=page (\S+) (\S+)$", DOCKERFILE, re.MULTILINE)
    assert [source for source, _ in copied] == ["/page/src/hedgerow/page"] * 2
    assert DOCKERFILE.rpartition("FROM ")[2].startswith("python"), "without a target it is the desk that is built"


def test_the_frontend_needs_no_privilege_and_renders_the_one_configuration() -> None:
    frontend = DOCKERFILE.partition(" AS frontend\n")[2].partition("\nFROM ")[0]
    assert re.search(r"^USER 101:101$", frontend, re.MULTILINE)
    assert "NGINX_ENVSUBST_FILTER=^DESK_" in frontend
    assert "COPY deploy/nginx/nginx.conf.template /etc/nginx/templates/" in frontend


def test_it_runs_as_nobody_in_particular_and_writes_nothing() -> None:
    user = re.findall(r"^USER (\d+):(\d+)$", RUNTIME, re.MULTILINE)
    assert len(user) == 1
    assert all(int(number) > 0 for number in user[0])
    assert "PYTHONDONTWRITEBYTECODE=1" in RUNTIME
    assert re.search(r"pip uninstall .*pip setuptools", RUNTIME)
    assert 'ENTRYPOINT ["hedgerow"]' in RUNTIME


def test_its_settings_exist_and_its_health_check_is_ours() -> None:
    assert unknown_settings(re.findall(r"(HEDGEROW_[A-Z_]+)=", DOCKERFILE)) == []
    checked = re.search(r'^HEALTHCHECK .*CMD \["python", "-m", "([a-z.]+)"\]$', RUNTIME, re.MULTILINE)
    assert checked is not None
    assert checked[1] == probe.__name__


def test_the_context_holds_what_is_copied_and_nothing_else() -> None:
    let_in = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert {word for word in copied if not word.startswith("frontend/")} == set(let_in)
    assert all((ROOT / path).exists() for path in let_in)
    assert DEPLOY.exists()
