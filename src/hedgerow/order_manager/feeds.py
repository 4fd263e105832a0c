"""The feeds behind `/ws/orders` and `/ws/positions`: every event after a cursor, in order, exactly once, then live.

Events are the journal's own records, handed on as they were written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
import structlog

from hedgerow.core.codec import to_json
from hedgerow.core.records import Stream, TakenOver
from hedgerow.history import History
from hedgerow.journal import Entry, Journal, RecordsGone, Tail
from hedgerow.journal.cursor import Cursor, MalformedCursorError, from_text, to_text
from hedgerow.journal.envelope import decode
from hedgerow.journal.fencing import Fence
from hedgerow.order_manager.reading import Reading

_log = structlog.get_logger(__name__)
FRAME = 500  # events in one frame at most
_COMPLAINTS = 1_000


class CursorRefusedError(Exception):
    """The cursor cannot be continued from: take a new snapshot; `str()` says why."""


class Quarantine:
    """Keeps what cannot be read out of the frames, whatever its bytes are; each record is complained of once."""

    def __init__(self) -> None:
        self._told: set[tuple[str, int, int]] = set()

    def events(self, stream: str, entries: Sequence[Entry]) -> list[Entry]:
        """The entries that are events."""
        return [entry for entry in entries if self._reads(stream, entry)]

    def _reads(self, stream: str, entry: Entry) -> bool:
        try:
            return not isinstance(decode(entry.payload).body, TakenOver)
        except msgspec.DecodeError as fault:
            place = (stream, entry.partition, entry.offset)
            if place not in self._told and len(self._told) < _COMPLAINTS:
                self._told.add(place)
                _log.error("record left out of the feeds", stream=stream, offset=entry.offset, fault=str(fault))
            return False


class Feed:
    """One client's way through one stream, frame by frame."""

    def __init__(self, tail: Tail, cursor: Cursor, quarantine: Quarantine, past: Mapping[int, int]) -> None:
        self._tail = tail
        self._cursor = cursor
        self._past = past  # the last offsets when it began, by partition
        self._taken: Mapping[int, int] = cursor.offsets  # ahead of it is what was asked for last
        self._fence = Fence(cursor.epochs)
        self._quarantine = quarantine

    @property
    def cursor(self) -> str:
        """The cursor of the last frame."""
        return to_text(self._cursor)

    @property
    def in_memory(self) -> bool:
        """Whether what follows is in memory, or has to be read from the store first."""
        return self._tail.in_memory

    @property
    def caught_up(self) -> bool:
        """Whether all that had happened when it began was handed out, and more was asked for."""
        return all(self._taken.get(partition, -1) >= offset for partition, offset in self._past.items())

    async def frames(self) -> AsyncIterator[bytes]:
        """Frames for ever, each beginning where the one before ended.

        Raises:
            CursorRefusedError: the place is no longer kept.
        """
        after = self.cursor
        while True:
            self._taken = self._cursor.offsets
            try:
                entries = await self._tail.next(FRAME)
            except RecordsGone as fault:
                raise CursorRefusedError(f"the journal no longer keeps this place: {fault}") from fault
            passed = self._fence.passed(entries)
            epochs = self._fence.epochs
            self._cursor = self._cursor.advanced({e.partition: (e.offset, epochs[e.partition]) for e in entries})
            events = self._quarantine.events(self._cursor.stream, passed)
            if events:  # what is dropped whole makes no frame, and the next one begins where the last frame ended
                frame, after = _frame(after, self.cursor, events), self.cursor
                yield frame

    def close(self) -> None:
        self._tail.close()


class Feeds:
    def __init__(self, journal: Journal, history: History, reading: Reading) -> None:
        self._journal = journal
        self._history = history
        self._reading = reading
        self._quarantine = Quarantine()

    async def after(self, stream: Stream, text: str) -> Feed:
        """Go on after a cursor. Raises CursorRefusedError: now, or with a frame where the place is no longer kept."""
        cursor, past = await self._checked(stream, text)
        epochs = await self._history.epochs()
        if any(epoch > epochs.get(partition, 0) for partition, epoch in cursor.epochs.items()):
            # Everything that comes would be fenced off, for ever.
            raise CursorRefusedError(
                "this cursor is of a time that the desk does not know (a backup was restored); take a new snapshot"
            )
        return self._feed(cursor, past)

    async def checked(self, stream: Stream, text: str) -> Cursor:
        """A cursor that a client has sent.

        Raises:
            CursorRefusedError: it is no cursor, of another stream or journal, or beyond the end of this one.
        """
        cursor, _ = await self._checked(stream, text)
        return cursor

    async def _checked(self, stream: Stream, text: str) -> tuple[Cursor, Mapping[int, int]]:
        """And where the stream ends now."""
        try:
            cursor = from_text(text)
        except MalformedCursorError as fault:
            raise CursorRefusedError("this is not a cursor; take a new snapshot") from fault
        if cursor.stream != stream:
            raise CursorRefusedError(f"this cursor is of {cursor.stream}, not of {stream}; take a new snapshot")
        if cursor.journal_id != self._journal.journal_id:
            raise CursorRefusedError("this cursor is of another journal; take a new snapshot")
        ends = await self._journal.end(stream)
        if any(offset > ends.get(partition, -1) for partition, offset in cursor.offsets.items()):
            raise CursorRefusedError("this cursor is beyond what the journal holds; take a new snapshot")
        return cursor, ends

    async def from_snapshot(self, stream: Stream) -> tuple[bytes, Feed]:
        """The frame of a fresh snapshot, and the feed that goes on after it."""
        items: Sequence[object]
        if stream == Stream.ORDERS_UPDATED:
            items, cursor = await self._reading.living()
        else:
            items, cursor = await self._reading.held()
        frame = {"after": None, "cursor": to_text(cursor), "events": [], "snapshot": items}
        return to_json(frame), self._feed(cursor, past={})

    def _feed(self, cursor: Cursor, past: Mapping[int, int]) -> Feed:
        return Feed(self._journal.tail(cursor.stream, cursor.offsets), cursor, self._quarantine, past)


def _frame(after: str, cursor: str, entries: Sequence[Entry]) -> bytes:
    """A frame around records that are JSON already."""
    events = b",".join([entry.payload for entry in entries])
    return b'{"after":"%s","cursor":"%s","events":[%s]}' % (after.encode(), cursor.encode(), events)


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may send on a feed: the cursor that it has taken in."""

    ack: str
