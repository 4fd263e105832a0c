"""What the routes work with: the order_manager's parts, in one hand."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hedgerow.core.refusals import Refusal
from hedgerow.notices.service import Notices
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.changing import Changing
from hedgerow.order_manager.checkup import Checkup
from hedgerow.order_manager.holding import Holding
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.front import Doorway
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.placing import Placing
from hedgerow.order_manager.previewing import Previewing
from hedgerow.order_manager.reading import Reading
from hedgerow.order_manager.reversing import Reversing
from hedgerow.order_manager.ruling import Ruling
from hedgerow.vault import Vault


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    placing: Placing
    changing: Changing
    holding: Holding
    reversing: Reversing
    ruling: Ruling
    reading: Reading
    previewing: Previewing
    checkup: Checkup
    accounts: Accounts
    live: LiveView
    vault: Vault
    now_ms: Callable[[], int]
    new_key: Callable[[], str]
    notices: Notices
    forget_tokens: Callable[[], None]
    doorway: Doorway

    def known(self, account: str | None) -> None:
        """Of a question that found nothing: the account may be why. One that was removed still has its past.

        Raises RefusedError.
        """
        if account is not None and isinstance(unknown := self.accounts.get(account), Refusal):
            raise RefusedError(unknown)
