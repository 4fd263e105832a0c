from __future__ import annotations

import logging

import pytest

from hedgerow.journal.kafka_client import KafkaSettings, OnceInAWhile, client, producer


def line(text: str, time_s: float) -> logging.LogRecord:
    record = logging.LogRecord("hedgerow.kafka", logging.ERROR, __file__, 1, "%s", (text,), None)
    record.created = time_s
    return record


def test_an_outage_is_told_once_in_a_while() -> None:
    calm = OnceInAWhile()
    told = [
        (1_000, "FAIL [hedgerow-reader#consumer-1] refused", True),
        (1_001, "FAIL [hedgerow-reader#consumer-2] refused", False),
        (1_002, "FAIL [hedgerow-writer#producer-3] refused", True),
        (1_003, "GETPID [hedgerow-writer#producer-3] failed", True),
        (1_040, "FAIL [hedgerow-reader#consumer-1] refused", True),
    ]
    assert [calm.filter(line(text, time_s)) for time_s, text, _ in told] == [passes for *_, passes in told]


def test_a_delivery_is_given_up_by_the_writer_first() -> None:
    settings = KafkaSettings("nowhere:1", deadline_s=5)
    configuration = producer(settings)
    assert configuration["delivery.timeout.ms"] > settings.deadline_ms
    assert (configuration["acks"], configuration["enable.idempotence"], configuration["linger.ms"]) == ("all", True, 0)


def test_what_secures_it_reaches_every_client_and_no_text() -> None:
    settings = KafkaSettings("nowhere:1", security={"sasl.password": "canary"})
    assert client(settings, "any")["sasl.password"] == "canary"
    assert "canary" not in repr(settings)


@pytest.mark.parametrize("stream", ["fills", "order_intents"])
def test_a_topic_is_its_prefix_and_its_stream(stream: str) -> None:
    assert KafkaSettings("nowhere:1", prefix="desk1.").topic(stream) == f"desk1.{stream}"
