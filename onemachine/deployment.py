"""A whole distributed desk on this machine: its topics, database and key, the simulated exchange, and its processes."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from onemachine.servers import nginx
from onemachine.servers.kafka import Kafka
from onemachine.servers.postgres import Postgres
from onemachine.servers.redis import RedisServer
from onemachine.servers.server import HOST, Server, free_port
from onemachine.service import Service, run_command

_SOURCE = Path(__file__).parents[1] / "src"


class Engines(NamedTuple):
    """What a desk stands on; all of it runs."""

    kafka: Kafka
    redis: RedisServer
    postgres: Postgres


class ExchangeKey(NamedTuple):
    """A key at the simulated exchange; `account` is the desk's name for it too."""

    account: str
    key: str
    secret: str

    @classmethod
    def new(cls, account: str) -> ExchangeKey:
        return cls(account, secrets.token_hex(9), secrets.token_hex(18))


class Deployment:
    """One desk. Each of its processes may be stopped, killed or paused by itself, and started again.

    Args:
        prefix: of its topics, so that several desks may share the engines.
        database: the URL of a database of its own.
        port: of nginx, 0 for a free one; `None` for no nginx.
    """

    def __init__(
        self,
        folder: Path,
        engines: Engines,
        *,
        database: str,
        prefix: str = "",
        managers: int = 2,
        resolvers: int = 2,
        partitions: int = 4,
        session_ms: int = 6_000,
        accounts: Sequence[str] = ("sim",),
        seed: int = 1,
        port: int | None = None,
        settings: dict[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.engines = engines
        self.database = database
        self._simulator_port, self.keys = self._exchange(accounts)
        self.environment = {
            "PYTHONPATH": str(_SOURCE),
            "HEDGEROW_KAFKA": engines.kafka.address,
            "HEDGEROW_KAFKA_PREFIX": prefix,
            "HEDGEROW_KAFKA_GROUP": f"{prefix}order_resolvers",
            "HEDGEROW_KAFKA_SESSION_MS": str(session_ms),
            "HEDGEROW_KAFKA_PARTITIONS": str(partitions),
            "HEDGEROW_KAFKA_REPLICATION": str(engines.kafka.brokers),
            "HEDGEROW_KAFKA_MIN_INSYNC": str(min(2, engines.kafka.brokers)),
            "HEDGEROW_REDIS_FILE": str(self._keep("redis.url", engines.redis.url)),
            "HEDGEROW_DATABASE_FILE": str(self._keep("database.url", database)),
            "HEDGEROW_KEY_FILE": str(folder / "vault.key"),
            "HEDGEROW_HOST": HOST,
            "HEDGEROW_BEHIND_PROXY": "1",
            "HEDGEROW_ALLOWED_HOSTS": "localhost",
            "HEDGEROW_OPS_HOST": HOST,
            **(settings or {}),
        }
        self.simulator = self._simulator(seed)
        self.managers = [self._service("order-manager", number, free_port()) for number in range(managers)]
        self.resolvers = [self._service("order-resolver", number, 0) for number in range(resolvers)]
        self.proxy: Server | None = None
        self._proxy_port = free_port() if port == 0 else port
        self.environment.setdefault("HEDGEROW_PUBLIC_URL", self.url)

    def _exchange(self, accounts: Sequence[str]) -> tuple[int, list[ExchangeKey]]:
        """The port and the keys of the exchange: kept beside its own state, so that an account lives on."""
        kept = self.folder / "exchange.json"
        if not kept.exists():
            made = [ExchangeKey.new(account) for account in accounts]
            self._keep(kept.name, json.dumps({"port": free_port(), "keys": made}))
        held = json.loads(kept.read_text())
        return held["port"], [ExchangeKey(*each) for each in held["keys"]]

    def _keep(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def _simulator(self, seed: int) -> Service:
        keys = " ".join(f"{each.key}:{each.secret}:{each.account}" for each in self.keys)
        environment = {"PYTHONPATH": str(_SOURCE), "HEDGEROW_SIMULATOR_KEYS": keys}
        command = ["simulator", "--port", str(self._simulator_port), "--seed", str(seed), "--control"]
        return Service("simulator", [*command, "--data", str(self.folder / "exchange")], environment, self.folder)

    def _service(self, command: str, number: int, port: int) -> Service:
        own = {"HEDGEROW_PORT": str(port), "HEDGEROW_OPS_PORT": str(free_port())}
        return Service(f"{command}-{number}", [command], {**self.environment, **own}, self.folder)

    def add_resolver(self) -> Service:
        """One more order_resolver, to be started by the caller."""
        self.resolvers.append(self._service("order-resolver", len(self.resolvers), 0))
        return self.resolvers[-1]

    # addresses

    @property
    def exchange_url(self) -> str:
        return f"http://{HOST}:{self._simulator_port}"

    @property
    def manager_ports(self) -> list[int]:
        return [int(manager.environment["HEDGEROW_PORT"]) for manager in self.managers]

    @property
    def manager_urls(self) -> list[str]:
        return [f"http://{HOST}:{port}" for port in self.manager_ports]

    @property
    def url(self) -> str:
        """Where people go."""
        return self.manager_urls[0] if self._proxy_port is None else f"http://{HOST}:{self._proxy_port}"

    def ops_url(self, service: Service, path: str) -> str:
        return f"http://{HOST}:{service.environment['HEDGEROW_OPS_PORT']}{path}"

    # life

    @property
    def services(self) -> list[Service]:
        return [self.simulator, *self.resolvers, *self.managers]

    def hedgerow(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of ours with this desk's settings."""
        return run_command(*arguments, environment=self.environment, folder=self.folder, stdin=stdin)

    def set_up(self) -> None:
        """Make the topics, start the exchange, and put the accounts into the vault."""
        self.hedgerow("kafka", "init")
        self.simulator.start()
        held = {each["name"] for each in json.loads(self.hedgerow("accounts", "list", "--json"))}
        for each in self.keys:
            if each.account not in held:
                self._add_account(each)

    def _add_account(self, key: ExchangeKey) -> None:
        where = ["--url", f"rest={self.exchange_url}", "--url", f"ws={self.exchange_url.replace('http', 'ws', 1)}"]
        given = ["--exchange", "bybit", "--environment", "simulation", "--stdin"]
        values = json.dumps({"apiKey": key.key, "secret": key.secret})
        self.hedgerow("accounts", "add", key.account, *given, *where, stdin=values)

    def sign_in_link(self) -> str:
        """Signs one browser in, once, within ten minutes."""
        return str(json.loads(self.hedgerow("pair", "--json"))["url"])

    def new_token(self, name: str, scope: str = "trade") -> str:
        return self.hedgerow("tokens", "create", name, "--scope", scope).strip()

    def start(self) -> Deployment:
        """Start the desk's own processes, all at once, and wait until they are ready."""
        ours = [*self.resolvers, *self.managers]
        for service in ours:
            if not service.running:
                service.launch()
        for service in ours:
            service.ready()
        for service in ours:
            service.server.wait_until(lambda service=service: self.is_ready(service), 60)  # type: ignore[misc]
        if self._proxy_port is not None and self.proxy is None:
            places = [f"{HOST}:{port}" for port in self.manager_ports]
            self.proxy = nginx.start(self.folder / "nginx", managers=places, port=self._proxy_port)
        return self

    def is_ready(self, service: Service) -> bool:
        try:
            with urllib.request.urlopen(self.ops_url(service, "/readyz"), timeout=3) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """Stop everything that is this desk's: the proxy first, the exchange last."""
        if self.proxy is not None:
            self.proxy.stop()
        for service in [*self.managers, *self.resolvers, self.simulator]:
            service.stop()

    def __enter__(self) -> Deployment:
        try:
            self.set_up()
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
