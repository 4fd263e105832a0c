"""What every client of Kafka here is given: where the brokers are, how long a call may take, and where it logs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hedgerow.journal.kafka_message import MOST_BYTES

MESSAGE_BYTES: Final = MOST_BYTES + 65_536  # with its key, its headers, and what Kafka adds
_NEVER_MS: Final = 86_400_000
_PARTITIONER: Final = "murmur2_random"
_QUIET_S: Final = 30.0

Setting = str | int | float | bool
Configuration = dict[str, Any]


@dataclass(frozen=True)
class KafkaSettings:
    """How the desk reaches its journal in Kafka.

    Attributes:
        servers: `host:port`, several with commas.
        prefix: of the topics' names; the stream's name follows.
        deadline_s: how long any call may take.
        security: more settings of librdkafka, of TLS and SASL.
    """

    servers: str
    prefix: str = "hedgerow."
    deadline_s: float = 5.0
    security: Mapping[str, str] = field(default_factory=dict, repr=False)

    def topic(self, stream: str) -> str:
        return self.prefix + stream

    @property
    def deadline_ms(self) -> int:
        return round(self.deadline_s * 1000)


class OnceInAWhile(logging.Filter):
    """Lets one line of a kind and role pass in half a minute: a broker that is away is told of at every attempt."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.getMessage().partition("#")[0]  # `FAIL [hedgerow-reader#consumer-7] …`
        if record.created - self._passed.get(kind, 0.0) < _QUIET_S:
            return False
        self._passed[kind] = record.created
        return True


_LOGGER: Final = logging.getLogger("hedgerow.kafka")
_LOGGER.addFilter(OnceInAWhile())


def client(settings: KafkaSettings, role: str, **more: Setting) -> Configuration:
    """The configuration of one client of librdkafka; `more` with `_` for its dots."""
    configuration: Configuration = {
        **settings.security,
        "bootstrap.servers": settings.servers,
        "client.id": f"hedgerow-{role}",
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.timeout.ms": max(1_000, settings.deadline_ms),
        "socket.nagle.disable": True,
        "log.connection.close": False,
        "logger": _LOGGER,
    }
    return configuration | {name.replace("_", "."): value for name, value in more.items()}


def producer(settings: KafkaSettings) -> Configuration:
    """Of the one that writes: durable on every replica in sync, once, at once.

    The writer gives deliveries up before this client does. Where the client does, it takes a new epoch and sends what
    is in doubt once more, and the brokers do not know it again.
    """
    attempt_ms = max(500, settings.deadline_ms // 3)
    return client(
        settings,
        "writer",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        # A broker takes one request of a connection at a time: more under way would only wait there, each on its own,
        # where what waits here goes out together.
        max_in_flight=2,
        partitioner=_PARTITIONER,
        delivery_timeout_ms=3 * settings.deadline_ms,
        request_timeout_ms=attempt_ms,
        socket_timeout_ms=attempt_ms,
        message_max_bytes=MESSAGE_BYTES,
        queue_buffering_max_messages=100_000,
    )


def reader(settings: KafkaSettings, role: str, **more: Setting) -> Configuration:
    """Of one that reads from places that it is told, in no group; the name of one it must have, and never uses."""
    return client(
        settings,
        role,
        group_id=f"hedgerow-{role}",
        enable_auto_commit=False,
        enable_auto_offset_store=False,
        auto_offset_reset="error",
        max_poll_interval_ms=_NEVER_MS,  # nobody waits for its share of a group
        fetch_error_backoff_ms=50,
        **more,
    )


def administration(settings: KafkaSettings) -> Configuration:
    """Of one that asks and orders. It has no thread here that would take its logs: its answers say enough."""
    silent = {name: value for name, value in client(settings, "administration").items() if name != "logger"}
    return silent | {"log_level": 0}
