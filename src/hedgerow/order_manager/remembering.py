"""Commands as the log tells them: a repeat, at whichever order_manager, gets the first one's answer."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

import msgspec

from hedgerow.core.records import Answered, CameToNothing, Intended, Nothing, OrderIntended, remembered_no

_KEEP: Final = 10_000
_T = TypeVar("_T")


class KnownCommand(msgspec.Struct, frozen=True):
    """A command that was intended; `came` is `None` while nobody knows what came of it."""

    body_hash: str
    came: Answered | CameToNothing | None


class ReadCommands:
    """The newest commands that are no orders. Intents and answers come by two streams, in either order."""

    def __init__(self, keep: int = _KEEP) -> None:
        self._keep = keep
        self._hashes: OrderedDict[str, str] = OrderedDict()
        self._came: OrderedDict[str, Answered | CameToNothing] = OrderedDict()

    def read(self, body: Intended | Answered | CameToNothing) -> None:
        """The next record. Of two intents with one id the first stands."""
        match body:
            case OrderIntended():
                pass
            case Intended():
                if body.command_id not in self._hashes and (no := remembered_no(body)) is not None:
                    self._came[body.command_id] = no
                    self._bound(self._came)
                self._hashes.setdefault(body.command_id, body.body_hash)
                self._bound(self._hashes)
            case Answered() | CameToNothing() if body.order_id != body.command_id:
                if isinstance(body, Answered) or body.how is not Nothing.REPEAT:
                    self._came[body.command_id] = body
                    self._bound(self._came)

    def get(self, command_id: str) -> KnownCommand | None:
        body_hash = self._hashes.get(command_id)
        return None if body_hash is None else KnownCommand(body_hash, self._came.get(command_id))

    def _bound(self, remembered: OrderedDict[str, _T]) -> None:
        if len(remembered) > self._keep:
            remembered.popitem(last=False)
