"""Commands on what an account may do: its limits and its trading state. They act by being journaled."""

from __future__ import annotations

from hedgerow.clock import Clock
from hedgerow.core.limits import AccountRules, Limits, TradingState
from hedgerow.core.records import LimitsIntended, TradingStateIntended
from hedgerow.core.refusals import Refusal
from hedgerow.exchange import Timing
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.commanding import Commanding, Done, heading
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
        when = self._now()
        intent = LimitsIntended(
            **heading(command_id, asked, when),
            limits=limits,
        )
        return await self._commanding.once(command_id, asked, lambda: self._commanding.declare(account, asked, intent))

    async def set_state(self, account: str, state: TradingState, asked: Asked) -> Done | Refusal:
        known = self._accounts.get(account)
        if isinstance(known, Refusal):
            return known
        command_id = self._commanding.command_id("trading_state", account, asked)
        when = self._now()
        intent = TradingStateIntended(
            **heading(command_id, asked, when),
            state=state,
        )
        return await self._commanding.once(command_id, asked, lambda: self._commanding.declare(account, asked, intent))

    def _now(self) -> Timing:
        """Nothing goes out: the command is done once it is journaled."""
        now_ms = self._clock.now_ms()
        return Timing(now_ms, now_ms)
