"""The engines take the configuration that the containers give them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from onemachine.servers import kafka_jars
from onemachine.servers.server import HOST, MissingError, Server, answers, free_port
from tests.deploy.known import DEPLOY, ROOT, read_yaml

COMPOSE = read_yaml(ROOT / "compose.yaml")["services"]
PROPERTIES = DEPLOY / "kafka" / "server.properties"


def in_kubernetes(engine: str) -> dict[str, Any]:
    """The container of an engine, for trying."""
    text = (DEPLOY / "kubernetes" / "trial" / f"{engine}.yaml").read_text()
    workload = next(yaml.safe_load_all(text))
    container: dict[str, Any] = workload["spec"]["template"]["spec"]["containers"][0]
    return container


REDIS: dict[str, Sequence[str]] = {"compose": COMPOSE["redis"]["command"], "kubernetes": in_kubernetes("redis")["args"]}


@pytest.fixture(params=sorted(REDIS))
def redis_port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """A Redis that was started by a container's command, with the password `secret`."""
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server on this machine (Debian's package: redis-server)")
    auth = tmp_path / "redis_auth"
    auth.write_text("requirepass secret\n")
    port = free_port()
    words = [re.sub(r"^/run/secrets/(hedgerow/)?redis_auth$", str(auth), word) for word in REDIS[request.param]]
    assert str(auth) in words
    command = [*words, "--port", str(port), "--bind", HOST, "--dir", str(tmp_path)]
    with Server.start("redis", command, folder=tmp_path).wait_until(lambda: answers(port), 10):
        yield port


def test_redis_asks_for_the_password_keeps_nothing_and_drops_nothing(redis_port: int) -> None:
    once = Retry(NoBackoff(), 0)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(HOST, redis_port, retry=once).ping()
    client = redis.Redis(HOST, redis_port, password="secret", decode_responses=True, retry=once)
    assert client.ping()
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("save") == {"save": ""}
    assert client.config_get("appendonly") == {"appendonly": "no"}
    assert int(client.config_get("maxmemory")["maxmemory"]) > 0
    client.close()


def test_the_broker_formats_its_disk_by_its_properties_and_only_once(tmp_path: Path) -> None:
    try:
        java, jars = kafka_jars.find_java(), kafka_jars.jars()
    except MissingError as missing:
        pytest.skip(str(missing))
    (cluster,) = set(
        re.findall(r"--cluster-id (\S+)", COMPOSE["kafka"]["command"][0] + in_kubernetes("kafka")["args"][0])
    )
    kept = tmp_path / "data"
    properties = tmp_path / "server.properties"
    properties.write_text(re.sub(r"^log\.dirs=.*$", f"log.dirs={kept}", PROPERTIES.read_text(), flags=re.MULTILINE))
    tool = [java, "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format"]
    asked = ["--ignore-formatted", "--cluster-id", cluster, "--config", str(properties)]
    for told in ("Formatting", "already formatted"):
        done = subprocess.run([*tool, *asked], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
    assert f"cluster.id={cluster}" in (kept / "meta.properties").read_text()


def test_a_single_broker_is_asked_for_no_more_than_it_can_give() -> None:
    given = dict(line.split("=", 1) for line in PROPERTIES.read_text().splitlines() if "=" in line and line[0] != "#")
    assert given["auto.create.topics.enable"] == "false"
    assert given["log.flush.interval.messages"] == "1"
    assert given["advertised.listeners"] == f"PLAINTEXT://{COMPOSE['kafka-init']['environment']['HEDGEROW_KAFKA']}"
    assert given["log.dirs"].startswith("/var/lib/kafka")
    settings = [COMPOSE["kafka-init"]["environment"], _trial_settings()]
    for each in settings:
        assert each["HEDGEROW_KAFKA_REPLICATION"] == each["HEDGEROW_KAFKA_MIN_INSYNC"] == "1"


def _trial_settings() -> dict[str, str]:
    (merged,) = read_yaml(DEPLOY / "kubernetes" / "trial" / "kustomization.yaml")["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in merged["literals"])
