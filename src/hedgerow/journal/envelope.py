"""The envelope around every record, and its one encoding: JSON, money as text."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from hedgerow.core.codec import to_json
from hedgerow.core.records import Body

VERSION = 1


class Environment(StrEnum):
    SIMULATION = "simulation"
    DEMO = "demo"
    TESTNET = "testnet"
    LIVE = "live"


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What every record of every stream carries around its body.

    Attributes:
        v: version of the envelope and its bodies.
        writer, epoch, sequence: who wrote it, in which incarnation, and its number since then.
            A resolver's epoch is its partition's, raised at each take-over; an order_manager's is its start.
        time_ms: the writer's clock.
        principal: who asked, by which token or page; `None` for what nobody asked.
    """

    v: int = VERSION
    journal: str
    account: str
    environment: Environment
    writer: str
    epoch: int
    sequence: int
    time_ms: int
    body: Body
    principal: str | None = None


_decoder = msgspec.json.Decoder(Envelope)


def encode(envelope: Envelope) -> bytes:
    return to_json(envelope)


def decode(payload: bytes) -> Envelope:
    """Read one envelope.

    Raises:
        msgspec.DecodeError: the payload is no envelope of this version.
    """
    return _decoder.decode(payload)
