"""nginx in front of order_managers, with the configuration that containers use, as an ordinary user."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from onemachine.servers.server import HOST, MissingError, Server, StartError, answers

_ROOT = Path(__file__).parents[2]
TEMPLATE = _ROOT / "deploy" / "nginx" / "nginx.conf.template"
PAGE = _ROOT / "src" / "hedgerow" / "page"  # built
_READY_S = 10.0
_CHECK_S = 10.0
_PLACE = re.compile(r"\$\{(DESK_[A-Z]+)\}")


def render(template: str, values: Mapping[str, str]) -> str:
    """Put the values where the template names them; nginx's own `$names` stay. Raises KeyError for one not given."""
    return _PLACE.sub(lambda place: values[place[1]], template)


def configuration(managers: Sequence[str], listen: str, page: Path, temp: Path) -> str:
    """nginx.conf for these order_managers, each `host:port`."""
    servers = "\n        ".join(f"server {place} max_fails=1 fail_timeout=5s;" for place in managers)
    values = {"DESK_LISTEN": listen, "DESK_MANAGERS": servers, "DESK_STATIC": str(page), "DESK_TEMP": str(temp)}
    return render(TEMPLATE.read_text(), values)


def check(folder: Path, text: str) -> None:
    """Have nginx read a configuration. Raises StartError with what it says; MissingError where there is no nginx."""
    path = folder / "nginx.conf"
    path.write_text(text)
    said = subprocess.run([*command(folder, path), "-t"], capture_output=True, text=True, timeout=_CHECK_S)
    if said.returncode:
        raise StartError(said.stderr)


def start(folder: Path, *, managers: Sequence[str], port: int, page: Path = PAGE) -> Server:
    """Start it on loopback; everything that it writes is in `folder`.

    Args:
        managers: `host:port` of each order_manager.

    Raises:
        MissingError: there is no nginx, or no built page.
        StartError: it did not come up.
    """
    if not (page / ".guards.conf").exists():
        raise MissingError("the page is not built (`make page`, which needs Node)")
    folder.mkdir(parents=True, exist_ok=True)
    check(folder, configuration(managers, f"{HOST}:{port}", page, folder))
    server = Server.start("nginx", command(folder, folder / "nginx.conf"), folder=folder)
    try:
        return server.wait_until(lambda: answers(port), _READY_S)
    except StartError:
        server.kill()
        raise


def command(folder: Path, path: Path) -> list[str]:
    """Started by root it would change to a user of its own, who may not read what is ours."""
    command = [program(), "-p", str(folder), "-e", "stderr", "-c", str(path)]
    if os.geteuid():
        return command
    return [*command, "-g", f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(os.getegid()).gr_name};"]


def program() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if found is None:
        raise MissingError("there is no nginx on this machine (Debian's package: nginx-light)")
    return found
