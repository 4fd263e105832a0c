"""Credentials from a prompt that does not echo, or from standard input. Never from an argument."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hedgerow.cli.exits import BadInputError
from hedgerow.cli.outside import Outside

_MAX_INPUT = 64 * 1024
_MAX_SECRET = 8 * 1024


def asked(outside: Outside, names: Sequence[str]) -> dict[str, str]:
    """Ask for each in turn.

    Raises:
        BadInputError: nobody is there to ask, or an answer is not fit.
    """
    if not outside.stdin.isatty():
        raise BadInputError("credentials", "there is no terminal to ask at: give them on standard input with --stdin")
    return _checked({name: outside.ask_secret(f"{name}: ") for name in names})


def piped(outside: Outside) -> dict[str, str]:
    """Read a JSON object, or lines of NAME=VALUE.

    Raises:
        BadInputError: it is neither; the message never repeats what came in.
    """
    text = outside.stdin.read(_MAX_INPUT + 1)
    if len(text) > _MAX_INPUT:
        raise BadInputError("credentials", "standard input is too long for credentials")
    if text.lstrip().startswith("{"):
        try:
            return _checked(msgspec.json.decode(text, type=dict[str, str]))
        except msgspec.DecodeError:
            raise BadInputError("credentials", "must be a JSON object of names and texts") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = [line.partition("=") for line in lines]
    if not pairs or any(not equals for _, equals, _ in pairs):
        raise BadInputError("credentials", "must be a JSON object, or lines of NAME=VALUE")
    return _checked({name.strip(): value.strip() for name, _, value in pairs})


def _checked(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if not name.isascii() or not name.isidentifier() or len(name) > 64:
            raise BadInputError("credentials", "a name must be one of ccxt's, such as apiKey")
        if not value:
            raise BadInputError(name, "must not be empty")
        if len(value) > _MAX_SECRET:
            raise BadInputError(name, "is too long")
    return values
