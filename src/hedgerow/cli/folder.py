"""The data folder without a running desk: what may be done to its vault then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from hedgerow.cli.command import Invocation
from hedgerow.cli.door import NoDeskError
from hedgerow.cli.exits import FailedError
from hedgerow.vault import Vault, VaultFault

Result = TypeVar("Result")


def running_desk(here: Invocation) -> bool:
    """Whether a desk is to be asked; where none runs, the data folder is ours to open."""
    try:
        here.desk()
    except NoDeskError:
        return False
    return True


def on_vault(here: Invocation, act: Callable[[Vault], Awaitable[Result]]) -> Result:
    """Open the vault of the data folder, act on it, close it.

    Raises:
        FailedError: it cannot be opened or read.
    """
    import asyncio  # slow to load, and most commands ask a running desk

    async def run() -> Result:
        async with here.outside.open_vault(here.settings) as vault:
            return await act(vault)

    try:
        return asyncio.run(run())
    except VaultFault as fault:
        raise FailedError(str(fault)) from None
    except OSError as error:
        raise FailedError(f"{here.settings.data_dir} cannot be used: {error.strerror or error}.") from None
