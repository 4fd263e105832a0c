"""Settings of the distributed deployment: one set for every process of it, frozen, read once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from hedgerow.config.sources import (
    Setting,
    Sources,
    addresses,
    names,
    optional_address,
    optional_path,
    pairs,
    plain,
    read_toml,
    url_of,
    whole,
    yes_or_no,
)

KAFKA: Final = Setting("HEDGEROW_KAFKA", "Kafka's brokers: host:port, comma-separated.", None, addresses)
KAFKA_PREFIX: Final = Setting("HEDGEROW_KAFKA_PREFIX", "Stands before the name of each topic.", "hedgerow.", plain)
KAFKA_GROUP: Final = Setting(
    "HEDGEROW_KAFKA_GROUP", "The consumer group in which order_resolvers share the accounts.", "order_resolvers", plain
)
KAFKA_SESSION_MS: Final = Setting(
    "HEDGEROW_KAFKA_SESSION_MS",
    "After so long without a sign of life another order_resolver takes over.",
    "6000",
    whole(1_000, 300_000),
)
KAFKA_CLIENT: Final = Setting(
    "HEDGEROW_KAFKA_CLIENT",
    "More settings of librdkafka for TLS and SASL: name=value, a line each or with commas.",
    "",
    pairs,
)
KAFKA_PARTITIONS: Final = Setting(
    "HEDGEROW_KAFKA_PARTITIONS", "Partitions of each topic, for `kafka init`; fixed for ever.", "12", whole(1, 1_024)
)
KAFKA_REPLICATION: Final = Setting(
    "HEDGEROW_KAFKA_REPLICATION", "Brokers that hold each record, for `kafka init`.", "3", whole(1, 9)
)
KAFKA_MIN_INSYNC: Final = Setting(
    "HEDGEROW_KAFKA_MIN_INSYNC", "Brokers that must have a record before it counts, for `kafka init`.", "2", whole(1, 9)
)
KAFKA_RETENTION_HOURS: Final = Setting(
    "HEDGEROW_KAFKA_RETENTION_HOURS", "How long the topics keep records, for `kafka init`.", "168", whole(1, 87_600)
)
REDIS: Final = Setting("HEDGEROW_REDIS", "Redis: redis://host:port/number.", None, url_of("redis", "rediss", "unix"))
REDIS_ENDED_S: Final = Setting(
    "HEDGEROW_REDIS_ENDED_S", "How long the cache keeps an order that has ended.", "3600", whole(1, 2_592_000)
)
DATABASE: Final = Setting(
    "HEDGEROW_DATABASE", "PostgreSQL: postgresql://user@host:port/database.", None, url_of("postgresql")
)
KEY_FILE: Final = Setting(
    "HEDGEROW_KEY_FILE", "The vault's key, a file that only the desk can read; made by the first to start.", None, Path
)
HOST: Final = Setting("HEDGEROW_HOST", "The address that an order_manager listens on.", "127.0.0.1", plain)
PORT: Final = Setting("HEDGEROW_PORT", "Its port; 0 takes a free one.", "8040", whole(0, 65_535))
ALLOWED_HOSTS: Final = Setting(
    "HEDGEROW_ALLOWED_HOSTS", "Names under which the desk may be asked for, comma-separated.", "", names
)
PUBLIC_URL: Final = Setting(
    "HEDGEROW_PUBLIC_URL",
    "The page's address for links and QR codes; its name is answered to.",
    "",
    optional_address,
)
TLS_CERT: Final = Setting(
    "HEDGEROW_TLS_CERT", "A PEM file with the certificate: an order_manager speaks TLS itself.", "", optional_path
)
TLS_KEY: Final = Setting("HEDGEROW_TLS_KEY", "A PEM file with its key, without a password.", "", optional_path)
BEHIND_PROXY: Final = Setting(
    "HEDGEROW_BEHIND_PROXY",
    "1 where a proxy with TLS stands before the order_managers; what it says of host and scheme is believed.",
    "0",
    yes_or_no,
)
OPS_HOST: Final = Setting("HEDGEROW_OPS_HOST", "The address of /healthz, /readyz and /metrics.", "127.0.0.1", plain)
OPS_PORT: Final = Setting(
    "HEDGEROW_OPS_PORT", "Their port, plain HTTP without sign-in; empty for none.", "", lambda text: _port(text)
)

SETTINGS: Final[tuple[Setting[Any], ...]] = (
    KAFKA,
    KAFKA_PREFIX,
    KAFKA_GROUP,
    KAFKA_SESSION_MS,
    KAFKA_CLIENT,
    KAFKA_PARTITIONS,
    KAFKA_REPLICATION,
    KAFKA_MIN_INSYNC,
    KAFKA_RETENTION_HOURS,
    REDIS,
    REDIS_ENDED_S,
    DATABASE,
    KEY_FILE,
    HOST,
    PORT,
    ALLOWED_HOSTS,
    PUBLIC_URL,
    TLS_CERT,
    TLS_KEY,
    BEHIND_PROXY,
    OPS_HOST,
    OPS_PORT,
)


def _port(text: str) -> int | None:
    return whole(0, 65_535)(text) if text else None


class Topics(msgspec.Struct, frozen=True, kw_only=True):
    """What `kafka init` makes, and how it reaches the brokers; `client` may hold a password."""

    kafka: str
    prefix: str
    client: Mapping[str, str]
    partitions: int
    replication: int
    min_insync: int
    retention_hours: int

    def __repr__(self) -> str:
        return "Topics(…)"


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Of one order_manager or order_resolver. It holds passwords: never shown whole.

    Attributes:
        kafka_session_ms: after so long without a sign of life a resolver's partitions go to another.
        ops_port: `None` for no health and metrics.
    """

    kafka: str
    kafka_prefix: str
    kafka_group: str
    kafka_session_ms: int
    kafka_client: Mapping[str, str]
    redis: str
    redis_ended_s: int
    database: str
    key_path: Path
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    public_url: str | None
    tls_cert: Path | None
    tls_key: Path | None
    behind_proxy: bool
    ops_host: str
    ops_port: int | None

    def __repr__(self) -> str:
        return "ServiceSettings(…)"


def sources(environment: Mapping[str, str], file: Path | None) -> Sources:
    """Raises ValueError: the settings file cannot be read."""
    return Sources(environment, {} if file is None else read_toml(file, SETTINGS))


def service_settings(given: Sources) -> ServiceSettings:
    """Raises ValueError: a setting is missing or malformed; the message names it."""
    return ServiceSettings(
        kafka=given.value(KAFKA),
        kafka_prefix=given.value(KAFKA_PREFIX),
        kafka_group=given.value(KAFKA_GROUP),
        kafka_session_ms=given.value(KAFKA_SESSION_MS),
        kafka_client=given.value(KAFKA_CLIENT),
        redis=given.value(REDIS),
        redis_ended_s=given.value(REDIS_ENDED_S),
        database=given.value(DATABASE),
        key_path=given.value(KEY_FILE),
        host=given.value(HOST),
        port=given.value(PORT),
        allowed_hosts=given.value(ALLOWED_HOSTS),
        public_url=given.value(PUBLIC_URL),
        tls_cert=given.value(TLS_CERT),
        tls_key=given.value(TLS_KEY),
        behind_proxy=given.value(BEHIND_PROXY),
        ops_host=given.value(OPS_HOST),
        ops_port=given.value(OPS_PORT),
    )


def topics(given: Sources) -> Topics:
    """Raises ValueError: a setting is missing or malformed; the message names it."""
    made = Topics(
        kafka=given.value(KAFKA),
        prefix=given.value(KAFKA_PREFIX),
        client=given.value(KAFKA_CLIENT),
        partitions=given.value(KAFKA_PARTITIONS),
        replication=given.value(KAFKA_REPLICATION),
        min_insync=given.value(KAFKA_MIN_INSYNC),
        retention_hours=given.value(KAFKA_RETENTION_HOURS),
    )
    if made.min_insync > made.replication:
        raise ValueError(f"{KAFKA_MIN_INSYNC.name} must not exceed {KAFKA_REPLICATION.name}")
    return made


NAMES: Final = frozenset(setting.name for setting in SETTINGS) | {
    "HEDGEROW_CONFIG",
    "HEDGEROW_DATA",
    "HEDGEROW_SIMULATOR_KEYS",
    "HEDGEROW_SIMULATOR_PORT",
    "HEDGEROW_TOKEN",
    "HEDGEROW_URL",
}
"""Every variable that anything of Hedgerow reads; each setting may also be given as `NAME_FILE`."""
