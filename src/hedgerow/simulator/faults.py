"""Faults on order: what goes wrong, to which request or push, and for how many of them.

Deterministic: a fault counts its matches (`skip` some, then strike `count`), and where `one_in` asks for chance it
comes from the fault's own seed and the number of the match.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from hashlib import blake2b

import msgspec


class Kind(StrEnum):
    # requests: a REST call, or an op on a WebSocket
    REPLY_LOST = "reply_lost"  # REST: the connection is cut; WebSocket: no reply, the socket stays
    REPLY_DELAYED = "reply_delayed"  # by `ms`
    REPLY_STATUS = "reply_status"  # REST: `status` with `body`
    REPLY_HTML = "reply_html"  # REST: 200 with a page of HTML
    REPLY_CUT_SHORT = "reply_cut_short"  # REST: half of the body, then the connection is cut
    SOCKET_CUT = "socket_cut"  # WebSocket: cut instead of the reply, or of the push
    SOCKET_SILENT = "socket_silent"  # WebSocket: open, and nothing ever comes again, not even a pong
    # pushes of the private stream, by topic
    PUSH_DROPPED = "push_dropped"
    PUSH_REPEATED = "push_repeated"
    PUSH_REORDERED = "push_reordered"  # held back until after the next one
    PUSH_DELAYED = "push_delayed"  # by `ms`; later ones may overtake it
    # reads of the private REST lists
    STALE_READ = "stale_read"  # answered from the state of `ms` ago


SOCKET_KINDS = frozenset({Kind.SOCKET_CUT, Kind.SOCKET_SILENT})
REST_KINDS = frozenset({Kind.REPLY_LOST, Kind.REPLY_DELAYED, Kind.REPLY_STATUS, Kind.REPLY_HTML, Kind.REPLY_CUT_SHORT})
OP_KINDS = SOCKET_KINDS | {Kind.REPLY_LOST, Kind.REPLY_DELAYED}
PUSH_KINDS = SOCKET_KINDS | {Kind.PUSH_DROPPED, Kind.PUSH_REPEATED, Kind.PUSH_REORDERED, Kind.PUSH_DELAYED}
READ_KINDS = frozenset({Kind.STALE_READ})

HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`target`: a path ("/v5/order/create"), an op ("order.create"), a topic ("execution"); empty: any.

    `channel`: of an op, the WebSocket that it came over: "public", "private" or "trade"; empty: any.
    `executed`: whether the request is carried out before its reply goes wrong.
    """

    kind: Kind
    target: str = ""
    account: str = ""
    channel: str = ""
    count: int = 1
    skip: int = 0
    ms: int = 0
    status: int = 500
    body: str = ""
    executed: bool = True
    one_in: int = 1
    seed: int = 0


class _Armed(msgspec.Struct):
    number: int
    fault: Fault
    matched: int = 0
    struck: int = 0


class Faults:
    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._placed = 0

    def place(self, fault: Fault) -> int:
        self._placed += 1
        self._armed.append(_Armed(self._placed, fault))
        return self._placed

    def clear(self) -> None:
        self._armed.clear()

    def listed(self) -> list[dict[str, object]]:
        return [
            {"id": armed.number, "matched": armed.matched, "struck": armed.struck, **msgspec.to_builtins(armed.fault)}
            for armed in self._armed
        ]

    def armed(self, kinds: Iterable[Kind]) -> bool:
        return any(armed.fault.kind in kinds for armed in self._armed)

    def strike(self, kinds: frozenset[Kind], target: str, account: str, channel: str = "") -> Fault | None:
        """The first fault for this request or push, counted; a spent one is taken off.

        `channel` is the WebSocket's that the request came over.
        """
        for armed in self._armed:
            fault = armed.fault
            if fault.kind not in kinds or fault.target not in ("", target) or fault.account not in ("", account):
                continue
            if fault.channel not in ("", channel):
                continue
            armed.matched += 1
            if armed.matched <= fault.skip or not _chance(fault, armed.matched):
                continue
            armed.struck += 1
            if armed.struck >= fault.count:
                self._armed.remove(armed)
            return fault
        return None


def _chance(fault: Fault, match: int) -> bool:
    if fault.one_in <= 1:
        return True
    drawn = blake2b(f"{fault.seed}:{match}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") % fault.one_in == 0
