"""Commands on what an account may do: its limits and its trading state. They act by being journaled."""

from __future__ import annotations

from hedgerow.clock import Clock
from hedgerow.core.limits import AccountRules, Limits, TradingState
from hedgerow.core.records import LimitsIntended, TradingStateIntended
from hedgerow.core.refusals import Refusal
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.commanding import Commanding, Done
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.placing import Asked


class Ruling:
    def __init__(self, *, accounts: Accounts, live: LiveView, commanding: Commanding, clock: Clock) -> None:
        self._accounts = accounts
        self._live = live
        self._commanding = commanding
        self._clock = clock

    def rules(self, account: str) -> AccountRules | Refusal:
        found = self._accounts.get(account)
        return found if isinstance(found, Refusal) else self._live.rules(account)

    async def set_limits(self, account: str, limits: Limits, asked: Asked) -> Done | Refusal:
        known = self._accounts.get(account)
        if isinstance(known, Refusal):
            return known
        command_id = self._commanding.command_id("limits", account, asked)
        now_ms = self._clock.now_ms()
        intent = LimitsIntended(
            command_id=command_id,
            body_hash=asked.body_hash,
            timestamp_ms=now_ms,
            deadline_ms=now_ms,
            idempotency_key=asked.key if asked.key_given else None,
            limits=limits,
        )
        return await self._commanding.once(command_id, asked, lambda: self._commanding.declare(account, asked, intent))

    async def set_state(self, account: str, state: TradingState, asked: Asked) -> Done | Refusal:
        known = self._accounts.get(account)
        if isinstance(known, Refusal):
            return known
        command_id = self._commanding.command_id("trading_state", account, asked)
        now_ms = self._clock.now_ms()
        intent = TradingStateIntended(
            command_id=command_id,
            body_hash=asked.body_hash,
            timestamp_ms=now_ms,
            deadline_ms=now_ms,
            idempotency_key=asked.key if asked.key_given else None,
            state=state,
        )
        return await self._commanding.once(command_id, asked, lambda: self._commanding.declare(account, asked, intent))
