"""Kafka for tests: one broker for all of them, each under a prefix of its own; and clusters to stop and kill."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest

from hedgerow.journal.kafka_client import KafkaSettings
from onemachine.servers.kafka import Kafka
from onemachine.servers.server import MissingError
from tests.contracts.kafka_opening import ADDRESS


def made(brokers: int = 1) -> Kafka:
    """A Kafka of whoever asks, not started; skips where this machine cannot run one."""
    try:
        return Kafka(brokers=brokers)
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[Kafka]:
    """Shared. Whoever stops it starts it again, on the same ports."""
    with made() as kafka:
        os.environ[ADDRESS] = kafka.address  # for processes that tests start
        yield kafka
        del os.environ[ADDRESS]


@pytest.fixture(scope="session")
def kafka_cluster() -> Iterator[Kafka]:
    """Three brokers, of which one may fail; whoever kills one starts it again."""
    with made(brokers=3) as kafka:
        yield kafka


@pytest.fixture
def kafka_settings(kafka_server: Kafka) -> KafkaSettings:
    """Of a journal of the test's own, whose topics are still to be made."""
    return KafkaSettings(kafka_server.address, prefix=f"{secrets.token_hex(6)}.")
