"""The data folder without a running desk: what may be done to its vault then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

from hedgerow.cli.command import Invocation
from hedgerow.cli.door import NoDeskError
from hedgerow.cli.exits import BadInputError, FailedError
from hedgerow.config.services import DATABASE, KEY_FILE, sources
from hedgerow.vault import Vault, VaultFault

Result = TypeVar("Result")


def running_desk(here: Invocation) -> bool:
    """Whether a desk is to be asked; where none runs, the data folder is ours to open.

    Who has the shared vault's address and key manages it directly: no process of that deployment is its owner's.
    """
    if shared_vault(here) is not None:
        return False
    try:
        here.desk()
    except NoDeskError:
        return False
    return True


def shared_vault(here: Invocation) -> tuple[str, Path] | None:
    """The database and the key of the distributed deployment, where the environment names them.

    Raises:
        BadInputError: they cannot be read.
    """
    environment = here.outside.environment
    if DATABASE.name not in environment and f"{DATABASE.name}_FILE" not in environment:
        return None
    try:
        given = sources(environment, None)
        return given.value(DATABASE), given.value(KEY_FILE)
    except ValueError as error:
        raise BadInputError("environment", str(error)) from None


def _open(here: Invocation) -> AbstractAsyncContextManager[Vault]:
    shared = shared_vault(here)
    return here.outside.open_vault(here.settings) if shared is None else here.outside.services.open_vault(*shared)


def on_vault(here: Invocation, act: Callable[[Vault], Awaitable[Result]]) -> Result:
    """Open the vault of the data folder, act on it, close it.

    Raises:
        FailedError: it cannot be opened or read.
    """
    import asyncio  # slow to load, and most commands ask a running desk

    async def run() -> Result:
        async with _open(here) as vault:
            return await act(vault)

    try:
        return asyncio.run(run())
    except VaultFault as fault:
        raise FailedError(str(fault)) from None
    except OSError as error:
        raise FailedError(f"{here.settings.data_dir} cannot be used: {error.strerror or error}.") from None
