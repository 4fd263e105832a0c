from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from onemachine.servers.kafka import Kafka
from onemachine.servers.kafka_jars import jars, version
from onemachine.servers.server import MissingError, StartError


def cluster_of(kafka: Kafka) -> str:
    return str(AdminClient({"bootstrap.servers": kafka.address}).list_topics(timeout=10).cluster_id)


def test_a_cluster_in_a_folder_comes_back_as_it_was_when_it_was_killed(tmp_path: Path) -> None:
    try:
        first = Kafka(tmp_path)
    except MissingError as missing:
        pytest.skip(str(missing))
    with first:
        name = cluster_of(first)
        first.kill()
    with Kafka(tmp_path) as again:
        assert (again.address, cluster_of(again)) == (first.address, name)
    with pytest.raises(StartError, match="has 1 brokers, not 3"):
        Kafka(tmp_path, brokers=3)


def test_jars_are_fetched_once_and_named_by_their_version() -> None:
    try:
        folder = jars()
    except MissingError as missing:
        pytest.skip(str(missing))
    assert (folder / f"kafka-clients-{version()}.jar").exists()
