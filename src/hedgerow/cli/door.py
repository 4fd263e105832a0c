"""Where the desk is and how to enter it: as told, or through the file that only its owner can read."""

from __future__ import annotations

import os
import re
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from hedgerow.cli.exits import BadInputError, UnreachableError
from hedgerow.config import Door

START: Final = "start one with `make run`, or with `hedgerow up`"
_URL: Final = "HEDGEROW_URL"
_TOKEN: Final = "HEDGEROW_TOKEN"  # noqa: S105 (its name)
_FIT: Final = re.compile(r"[!-~]{1,512}")


class Desk(NamedTuple):
    """A desk's base address, without a slash at its end, and a token for it.

    Attributes:
        certificate: the only one to trust for it, in PEM; `None`: as the machine does.
    """

    url: str
    token: str
    certificate: str | None = None


class NoDeskError(UnreachableError):
    """No desk runs on this data folder."""


def find_desk(door_path: Path, environment: Mapping[str, str], url: str | None, token: str | None) -> Desk:
    """The desk that is asked for, else the one that runs on the data folder.

    The local desk's token goes to no other address.

    Raises:
        NoDeskError: none runs there.
        UnreachableError: the file that leads to it is not fit to be trusted.
        BadInputError: an address or a token is malformed or missing.
    """
    asked_url = url or environment.get(_URL) or None
    asked_token = token or environment.get(_TOKEN) or None
    named_token = "token" if token else _TOKEN
    if asked_url is None:
        door = read_door(door_path)
        return Desk(_address(door.url, "url"), _checked_token(asked_token or door.token, named_token), door.certificate)
    if asked_token is None:
        raise BadInputError("token", "another desk needs a token: set HEDGEROW_TOKEN")
    return Desk(_address(asked_url, "url" if url else _URL), _checked_token(asked_token, named_token))


def read_door(path: Path) -> Door:
    """The door that a running desk has left.

    Raises:
        NoDeskError: there is none, or its desk has ended.
        UnreachableError: others could have read or written it, or it is damaged.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NoDeskError(f"No desk is running on {path.parent}: {START}.") from None
    except OSError as error:
        raise UnreachableError(f"{path} cannot be read: {error.strerror}.") from None
    with open(descriptor, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
            raise UnreachableError(
                f"{path} is open to others, so its token may be known: revoke what is in it, "
                f"remove the file and start the desk again."
            )
        raw = file.read(65_536)
    try:
        door = msgspec.json.decode(raw, type=Door)
    except msgspec.DecodeError:
        raise UnreachableError(f"{path} is damaged: remove it and start the desk again.") from None
    if not _lives(door.pid):
        raise NoDeskError(f"No desk is running on {path.parent}, the last one has ended: {START}.")
    return door


def _lives(pid: int) -> bool:
    """A process that ended must not have its token sent to whoever took its port."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return pid > 0


def trust(desk: Desk) -> ssl.SSLContext | None:
    """What a connection to a desk must be proven by; `None` where it is not encrypted.

    A local desk's certificate is made for the names that others call it by, so it is known by itself and not by name.
    """
    if not desk.url.startswith("https:"):
        return None
    if desk.certificate is None:
        return ssl.create_default_context()
    context = ssl.create_default_context(cadata=desk.certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _address(url: str, given_by: str) -> str:
    parts = urlsplit(url)
    try:
        _ = parts.port
    except ValueError:
        raise BadInputError(given_by, "the port is not a port number") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BadInputError(given_by, 'must be an address such as "http://localhost:8040"')
    if parts.username is not None or parts.password is not None:
        raise BadInputError(given_by, "must not hold a user or a password; give a token by HEDGEROW_TOKEN")
    return url.rstrip("/")


def _checked_token(token: str, given_by: str) -> str:
    if _FIT.fullmatch(token) is None:
        raise BadInputError(given_by, "has characters that no token has")
    return token
