"""Where a setting of a service comes from: the environment, a file that the environment names, or a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

_PREFIX: Final = "HEDGEROW_"
_FILE: Final = "_FILE"
_LARGEST: Final = 64 * 1024  # bytes of a file that holds one value
_PAGE: Final = re.compile(
    r"https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?", re.ASCII
)
T = TypeVar("T")


class Setting(NamedTuple, Generic[T]):
    """One setting.

    Attributes:
        name: in the environment; in the TOML file without `HEDGEROW_` and in small letters.
        about: what it says, for the reference.
        shipped: as text; `None` where it must be given.
        read: its value from its text; raises ValueError with the rest of a sentence that begins with the name.
    """

    name: str
    about: str
    shipped: str | None
    read: Callable[[str], T]

    @property
    def key(self) -> str:
        return self.name.removeprefix(_PREFIX).lower()


class Sources:
    """Looks a setting up: the environment comes before the TOML file."""

    def __init__(self, environment: Mapping[str, str], file: Mapping[str, str]) -> None:
        self._environment = environment
        self._file = file

    def value(self, setting: Setting[T]) -> T:
        """Raises ValueError: it is missing or cannot be read; the message names it, and never shows its value."""
        text = self._text(setting)
        if text is None:
            raise ValueError(f"{setting.name} must be set: {setting.about}")
        try:
            return setting.read(text.strip())
        except ValueError as error:
            raise ValueError(f"{setting.name} {error}") from None

    def _text(self, setting: Setting[Any]) -> str | None:
        plain, path = self._environment.get(setting.name), self._environment.get(setting.name + _FILE)
        if plain is not None and path is not None:
            raise ValueError(f"{setting.name} and {setting.name}{_FILE} are both set: one of them is meant")
        if path is not None:
            return _held_by(setting.name + _FILE, Path(path))
        return plain if plain is not None else self._file.get(setting.key, setting.shipped)


def _held_by(name: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_LARGEST)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{name}: {path} cannot be read: {reason}") from None


def read_toml(path: Path, known: Sequence[Setting[Any]]) -> dict[str, str]:
    """A settings file: `key = value` lines, one for each setting.

    Raises:
        ValueError: it cannot be read, or holds something that is no setting.
    """
    try:
        with path.open("rb") as file:
            held = tomllib.load(file)
    except OSError as error:
        raise ValueError(f"the settings file {path} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the settings file {path} is no TOML: {error}") from None
    keys = {setting.key for setting in known}
    for key, value in held.items():
        if key not in keys:
            raise ValueError(f"the settings file {path} has {key!r}, which is no setting")
        if not isinstance(value, str | int):
            raise ValueError(f"the settings file {path}: {key} must be a text or a whole number")
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in held.items()}


# how texts are read


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def yes_or_no(text: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "0", "false", "no", ""):
        raise ValueError("must be 1 or 0")
    return text.lower() in ("1", "true", "yes")


def names(text: str) -> tuple[str, ...]:
    """A list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def pairs(text: str) -> Mapping[str, str]:
    """`name=value`, a line each or with commas."""
    parts = [part.strip() for line in text.splitlines() for part in line.split(",") if part.strip()]
    split = [part.partition("=") for part in parts]
    if not all(name.strip() and equals for name, equals, _ in split):
        raise ValueError("must be name=value, a line each or with commas")
    return {name.strip(): value.strip() for name, _, value in split}


def url_of(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"must be an address such as {schemes[0]}://host/…")
        return text

    return read


def addresses(text: str) -> str:
    """`host:port`, or several with commas."""
    for address in names(text):
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) <= 65_535:
            raise ValueError(f"must be host:port, or several with commas; {address!r} is none")
    if not names(text):
        raise ValueError("must be host:port, or several with commas")
    return ",".join(names(text))


def optional_path(text: str) -> Path | None:
    return Path(text) if text else None


def optional_address(text: str) -> str | None:
    """The address of the page, without a slash at its end."""
    if not text:
        return None
    if _PAGE.fullmatch(text) is None:
        raise ValueError("must be the page's address, such as https://desk.example, without a path")
    return text.rstrip("/")


def plain(text: str) -> str:
    return text
