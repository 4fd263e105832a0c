"""Kafka on free ports of loopback: one broker, or three of which one may fail, each its own controller (KRaft)."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from onemachine.servers.kafka_jars import SETUP, find_java, jars
from onemachine.servers.server import HOST, Server, StartError, answers, free_port

_READY_S: Final = 60.0
_FORMAT_S: Final = 60.0
_LOOK_S: Final = 0.05
_JVM: Final = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_SETTINGS: Final = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.index.size.max.bytes": "1048576",
    "offsets.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


class Kafka:
    """One cluster. It outlives its brokers: after `stop` or `kill`, `start` brings them back on the same ports.

    Args:
        folder: where it is kept; a temporary one by default, removed by `remove`.
        brokers: how many; of three, one may fail (replication 3, two in sync are enough).
        settings: of the brokers, over the ones chosen here.
    """

    def __init__(
        self, folder: Path | None = None, *, brokers: int = 1, settings: Mapping[str, str] | None = None
    ) -> None:
        self._java = find_java()
        self._jars = jars()
        self._temporary = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="hedgerow-kafka-")) if folder is None else folder
        self.brokers = brokers
        self._settings = dict(settings or {})
        self._servers: dict[int, Server] = {}
        self._ports = self._known_ports() or [(free_port(), free_port()) for _ in range(brokers)]
        self._make()

    @property
    def address(self) -> str:
        """What clients are given: `host:port`, several with commas."""
        return ",".join(f"{HOST}:{port}" for port, _ in self._ports)

    def start(self) -> Kafka:
        """Start every broker that does not run, and wait until all are members. Raises StartError."""
        for number in range(self.brokers):
            self._launch(number)
        self._await_members(self.brokers)
        return self

    def start_broker(self, number: int) -> None:
        """Bring one back; returns once it is a member again."""
        self._launch(number)
        self._await_members(sum(server.code is None for server in self._servers.values()))

    def stop(self) -> None:
        """Ask every broker to end, all at once: the last ones of a quorum could not hand over in turn."""
        with ThreadPoolExecutor(self.brokers) as threads:
            list(threads.map(Server.stop, self._servers.values()))

    def kill(self, number: int = 0) -> None:
        """SIGKILL to one broker."""
        self._servers[number].kill()

    def pause(self, number: int = 0) -> None:
        """SIGSTOP to one broker: connections stay open, and it does not answer."""
        self._servers[number].pause()

    def resume(self, number: int = 0) -> None:
        self._servers[number].resume()

    def remove(self) -> None:
        """Stop it, and remove a temporary folder."""
        if self._temporary:
            for server in self._servers.values():
                server.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            self.stop()

    def _known_ports(self) -> list[tuple[int, int]]:
        """The ports of a cluster that was made in this folder before."""
        known = self.folder / "ports"
        if not known.exists():
            return []
        pairs = [line.split() for line in known.read_text().splitlines()]
        return [(int(port), int(controller)) for port, controller in pairs]

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if len(self._ports) != self.brokers:
            raise StartError(f"the cluster in {self.folder} has {len(self._ports)} brokers, not {self.brokers}")
        for number in range(self.brokers):
            self._write_properties(number)
        ports = self.folder / "ports"
        if not ports.exists():
            self._format()
            ports.write_text("".join(f"{port} {controller}\n" for port, controller in self._ports))

    def _properties(self, number: int) -> Path:
        return self.folder / f"broker{number}.properties"

    def _write_properties(self, number: int) -> None:
        port, controller = self._ports[number]
        copies = str(min(3, self.brokers))
        in_sync = "2" if self.brokers >= 3 else "1"
        listeners = f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}"
        voters = ",".join(f"{node}@{HOST}:{at}" for node, (_, at) in enumerate(self._ports))
        own = {
            "node.id": str(number),
            "controller.quorum.voters": voters,
            "listeners": listeners,
            "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
            "log.dirs": str(self.folder / f"broker{number}"),
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
        }
        lines = [f"{name}={value}\n" for name, value in {**_SETTINGS, **own, **self._settings}.items()]
        self._properties(number).write_text("".join(lines))

    def _format(self) -> None:
        """Make every broker's folder, all at once: most of it is the start of a JVM."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        name = f"--cluster-id={cluster}"  # in one piece, for it may begin with a dash
        made = [
            subprocess.Popen(
                self._run("kafka.tools.StorageTool", "format", name, "-c", self._properties(number)),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for number in range(self.brokers)
        ]
        for process in made:
            told, _ = process.communicate(timeout=_FORMAT_S)
            if process.returncode:
                raise StartError(f"formatting ended with {process.returncode}:\n{told.decode(errors='replace')}")

    def _run(self, program: str, *arguments: str | Path) -> list[str | Path]:
        logging = f"-Dlog4j2.configurationFile={SETUP / 'log4j2.properties'}"
        return [self._java, *_JVM, logging, "-cp", f"{self._jars}/*", program, *arguments]

    def _launch(self, number: int) -> None:
        server = self._servers.get(number)
        if server is None or server.code is not None:
            command = self._run("kafka.Kafka", self._properties(number))
            self._servers[number] = Server.start(f"broker{number}", command, folder=self.folder)

    def _await_members(self, count: int) -> None:
        """Wait until so many brokers serve, by the word of those that run."""
        until = time.monotonic() + _READY_S
        client = AdminClient({"bootstrap.servers": self.address, "log_level": 0, "reconnect.backoff.max.ms": 100})
        while not self._serve(client, count):
            for server in self._servers.values():
                if server.code not in (None, -9, 143):
                    raise StartError(f"{server.name} ended with {server.code}:\n{server.told()}")
            if time.monotonic() > until:
                told = "\n".join(server.told() for server in self._servers.values())
                raise StartError(f"{count} brokers were not ready within {_READY_S} s:\n{told}")
            time.sleep(_LOOK_S)

    def _serve(self, client: AdminClient, count: int) -> bool:
        """A broker that was killed stays a member until its session ends, so each of them is asked too."""
        if not all(answers(self._ports[number][0]) for number, server in self._servers.items() if server.code is None):
            return False
        try:
            return len(client.list_topics(timeout=1).brokers) == count
        except KafkaException:
            return False

    def __enter__(self) -> Kafka:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.remove()
