"""What went wrong in a database, in words that may be shown."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import OperationalError


class UnusableError(Exception):
    """A file or a URL is not what it should be; `str()` says what, for a person."""


class RowFault(Exception):  # noqa: N818
    """A row could not be read; `str()` says why."""


def reason(error: BaseException) -> str:
    """The database's own words, in one line: without the statement, its values, or what a row holds."""
    own = getattr(error, "orig", None) or error
    primary = getattr(getattr(own, "diag", None), "message_primary", None)  # psycopg's, of what the server said
    words = str(primary or own).strip()
    return words.splitlines()[0].strip() if words else type(own).__name__


def explained(name: str, place: str | Path, error: Exception) -> str:
    """Why the history or the vault at a place could not be opened, and what to do. A URL is not shown."""
    if isinstance(error, UnusableError):
        return str(error)
    if isinstance(error, OSError):
        return f"The {name} {place} cannot be opened: {error.strerror}."
    if isinstance(place, Path):
        return f"The {name} {place} cannot be read ({reason(error)}). Restore it from a backup."
    verb = "reached" if isinstance(error, OperationalError) else "used"
    return f"The database of the {name} cannot be {verb}: {reason(error)}."
