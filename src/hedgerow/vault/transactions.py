"""One transaction on the vault's database; whatever goes wrong in it is a VaultFault that shows no value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from hedgerow.sql.database import Database
from hedgerow.sql.faults import reason
from hedgerow.vault import NameTakenError, VaultFault

T = TypeVar("T")


async def read(database: Database, work: Callable[[Connection], T]) -> T:
    """Raises VaultFault."""
    return await _guarded(database.read(work), "")


async def write(database: Database, work: Callable[[Connection], T], taken: str = "") -> T:
    """Raises VaultFault; NameTakenError with the sentence `taken` where a row with the same key is there."""
    return await _guarded(database.write(work), taken)


async def _guarded(work: Awaitable[T], taken: str) -> T:
    """No cause goes along: a database's error shows the statement's values."""
    try:
        return await work
    except IntegrityError as error:
        raise (NameTakenError(taken) if taken else VaultFault(_failed(error))) from None
    except SQLAlchemyError as error:
        raise VaultFault(_failed(error)) from None
    except RuntimeError:  # its threads have ended
        raise VaultFault("The vault is closed.") from None


def _failed(error: SQLAlchemyError) -> str:
    return f"The vault failed: {reason(error)}."
