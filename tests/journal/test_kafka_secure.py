"""A broker that wants TLS and a password: every client of the desk signs in, and says so where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedgerow.journal import JournalFault, Record
from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_group import GroupSettings, KafkaMembership
from onemachine.servers.kafka import Kafka
from onemachine.servers.server import HOST, free_port
from onemachine.service import run_command
from tests.certificates import make_certificate
from tests.journal.kafka_journals import STREAM, opened
from tests.servers_kafka import made

USER, PASSWORD, WRONG = "desk", "a-password-of-the-test", "another-password"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


def guard(kafka: Kafka, cert: Path, key: Path) -> str:
    """Give the one broker a door of TLS and SASL beside its own; the address of it.

    https://kafka.apache.org/documentation/#security_ssl, https://kafka.apache.org/documentation/#security_sasl_plain
    """
    port = free_port()
    address = f"localhost:{port}"
    identity = cert.with_name("identity.pem")
    identity.write_text(key.read_text() + cert.read_text())
    properties = kafka.folder / "broker0.properties"
    lines = []
    for line in properties.read_text().splitlines():
        name = line.partition("=")[0]
        more = {
            "listeners": f",SECURE://{HOST}:{port}",
            "advertised.listeners": f",SECURE://{address}",
            "listener.security.protocol.map": ",SECURE:SASL_SSL",
        }
        lines.append(line + more.get(name, ""))
    door = "listener.name.secure."
    lines += [
        f"{door}sasl.enabled.mechanisms=PLAIN",
        f'{door}plain.sasl.jaas.config={_PLAIN} user_{USER}="{PASSWORD}";',
        f"{door}ssl.keystore.type=PEM",
        f"{door}ssl.keystore.location={identity}",
    ]
    properties.write_text("\n".join(lines) + "\n")
    return address


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a broker's guarded door, and the certificate to trust."""
    cert, key = make_certificate(tmp_path_factory.mktemp("broker"), "localhost")
    kafka = made()
    address = guard(kafka, cert, key)
    with kafka:
        yield address, cert


def words(trusted: Path, password: str = PASSWORD) -> dict[str, str]:
    return {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(trusted),
        "sasl.mechanism": "PLAIN",
        "sasl.username": USER,
        "sasl.password": password,
    }


@pytest.fixture
def settings(guarded: tuple[str, Path], name: str) -> KafkaSettings:
    address, cert = guarded
    return KafkaSettings(address, prefix=f"{name}.", deadline_s=10, security=words(cert))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.mark.timeout(120)
async def test_it_is_written_read_and_followed(settings: KafkaSettings) -> None:
    async with opened(settings) as journal:
        tail = journal.tail(STREAM, {})
        place = await journal.append(STREAM, "sim", [Record(1, b"first"), Record(1, b"second")])
        assert [entry.payload for entry in await tail.next()] == [b"first", b"second"]
        assert await journal.end(STREAM) == {place.partition: place.offset}
        tail.close()
    async with opened(settings) as again:
        read = [entry.payload async for batch in again.read(STREAM, {}) for entry in batch]
        assert read == [b"first", b"second"]


@pytest.mark.timeout(120)
async def test_partitions_are_shared_out(settings: KafkaSettings) -> None:
    async with opened(settings):
        membership = KafkaMembership(settings, GroupSettings(settings.prefix), ("order_intents", "orders_executed"))
        held: asyncio.Queue[int] = asyncio.Queue()

        async def lost(partition: int) -> None:
            pass

        running = asyncio.create_task(membership.run(held.put_nowait, lost))
        try:
            async with asyncio.timeout(30):
                assert {await held.get() for _ in range(3)} == {0, 1, 2}
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.mark.timeout(120)
def test_the_settings_of_a_deployment_reach_it(guarded: tuple[str, Path], tmp_path: Path, name: str) -> None:
    address, cert = guarded
    given = tmp_path / "kafka.client"
    given.write_text("\n".join(f"{key}={value}" for key, value in words(cert).items()))
    environment = {
        "HEDGEROW_KAFKA": address,
        "HEDGEROW_KAFKA_PREFIX": f"{name}.",
        "HEDGEROW_KAFKA_REPLICATION": "1",
        "HEDGEROW_KAFKA_MIN_INSYNC": "1",
        "HEDGEROW_KAFKA_CLIENT_FILE": str(given),
    }
    told = run_command("kafka", "init", environment=environment, folder=tmp_path, stdin="")
    assert f"{name}.order_intents" in told


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("amiss", "reason"),
    [
        ("password", "Invalid username or password"),
        ("certificate", "certificate verify failed"),
        ("no security", "brokers are down"),
    ],
)
async def test_who_cannot_sign_in_is_told_why(
    guarded: tuple[str, Path], tmp_path: Path, amiss: str, reason: str
) -> None:
    address, cert = guarded
    other, _ = make_certificate(tmp_path, "localhost")
    security = {"password": words(cert, WRONG), "certificate": words(other), "no security": {}}[amiss]
    refused = KafkaSettings(address, prefix="nothing.", deadline_s=1, security=security)
    with pytest.raises(JournalFault) as fault:
        async with asyncio.timeout(20):
            await KafkaJournal.open(refused)
    told = str(fault.value)
    assert f"Kafka at {address} does not answer" in told
    assert reason in told
    assert not any(secret in told for secret in (WRONG, PASSWORD))
