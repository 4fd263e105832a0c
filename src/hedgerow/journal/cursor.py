"""A cursor: opaque text for a place in one stream, over all its partitions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated

import msgspec


class MalformedCursorError(ValueError):
    """The text is not a cursor."""


_Offset = Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)]
_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """`places` maps a partition to the offset and the epoch of the last entry read in it."""

    journal_id: str
    stream: str
    places: dict[_Whole, tuple[_Offset, _Whole]]

    @property
    def offsets(self) -> dict[int, int]:
        return {partition: offset for partition, (offset, _) in self.places.items()}

    @property
    def epochs(self) -> dict[int, int]:
        return {partition: epoch for partition, (_, epoch) in self.places.items()}

    def advanced(self, places: Mapping[int, tuple[int, int]]) -> Cursor:
        """This cursor with some partitions moved on."""
        return Cursor(self.journal_id, self.stream, {**self.places, **places})


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Cursor)


def to_text(cursor: Cursor) -> str:
    ordered = Cursor(cursor.journal_id, cursor.stream, dict(sorted(cursor.places.items())))
    return base64.urlsafe_b64encode(_encoder.encode(ordered)).decode().rstrip("=")


def from_text(text: str) -> Cursor:
    """Read a cursor.

    Raises:
        MalformedCursorError: it is none.
    """
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return _decoder.decode(raw)
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise MalformedCursorError("not a cursor") from error
