"""Writing down that a session is used, so that it lives on: seldom, and never while a request waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from hedgerow.order_manager.owner import Owner
from hedgerow.vault import Vault, VaultFault
from hedgerow.vault.sessions import Session

_log = structlog.get_logger(__name__)
_END_S: Final = 1.0


class SessionUse:
    def __init__(self, vault: Vault, now_ms: Callable[[], int]) -> None:
        self._vault = vault
        self._now_ms = now_ms
        self._owner = Owner()
        self._writing: set[str] = set()

    def cookie_is_due(self, session: Session) -> bool:
        return session.cookie_is_due(self._now_ms())

    def seen(self, session: Session, *, cookie: bool = False) -> None:
        """It was used just now; `cookie`: its cookie went out again."""
        due = cookie or session.use_is_due(self._now_ms())
        if due and session.session_id not in self._writing and not self._owner.full:
            self._writing.add(session.session_id)
            self._owner.adopt(self._write(session.session_id, cookie))

    async def _write(self, session_id: str, cookie: bool) -> None:
        try:
            await self._vault.sessions.used(session_id, self._now_ms(), cookie=cookie)
        except VaultFault as fault:
            _log.error("a session's use was not written down", fault=str(fault))
        finally:
            self._writing.discard(session_id)

    async def written(self) -> None:
        """Wait for what is being written."""
        await self._owner.drained(_END_S)
