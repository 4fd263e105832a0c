"""`python -m onemachine`: the distributed desk on this machine, until Ctrl-C; what it keeps stays in its folder."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from pathlib import Path

import psycopg

from onemachine.deployment import Deployment, Engines
from onemachine.servers.kafka import Kafka
from onemachine.servers.postgres import Postgres
from onemachine.servers.redis import RedisServer
from onemachine.servers.server import MissingError, StartError
from onemachine.service import CommandError

_DATABASE = "hedgerow"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m onemachine", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("data-distributed"), help="everything that it keeps")
    parser.add_argument("--port", type=int, default=8040, help="of the desk")
    parser.add_argument("--managers", type=int, default=2)
    parser.add_argument("--resolvers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1, help="of the simulated market")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        _run(options, stopped)
    except (MissingError, StartError, CommandError) as fault:
        print(f"onemachine: {fault}", file=sys.stderr)
        return 2
    return 0


def _run(options: argparse.Namespace, stopped: threading.Event) -> None:
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)  # PostgreSQL, another user under root, has its own in it
    with contextlib.ExitStack() as opened:
        engines = _engines(folder, opened)
        desk = Deployment(
            folder,
            engines,
            database=_database(engines.postgres),
            managers=options.managers,
            resolvers=options.resolvers,
            seed=options.seed,
            port=options.port,
        )
        print("order_managers, order_resolvers, simulated exchange and nginx …", flush=True)
        opened.enter_context(desk)
        token = _token(folder, desk)
        print(f"sign in  {desk.sign_in_link()}  (once, within 10 minutes)")
        print(f"ready {desk.url}\n")
        print("Try, in a second terminal:")
        print(f"  export HEDGEROW_URL={desk.url} HEDGEROW_TOKEN=$(cat {token})")
        print("  ./hedgerow place buy BTC/USDT:USDT 0.01 --price 60000")
        print("  ./hedgerow orders --watch", flush=True)
        stopped.wait()
        print("stopping …", flush=True)


def _engines(folder: Path, opened: contextlib.ExitStack) -> Engines:
    print("Kafka …", flush=True)
    kafka = Kafka(folder / "kafka")
    opened.callback(kafka.remove)
    kafka.start()
    print("Redis and PostgreSQL …", flush=True)
    redis = opened.enter_context(RedisServer(folder / "redis"))
    postgres = opened.enter_context(Postgres(folder / "postgres", durable=True))
    return Engines(kafka, redis, postgres)


def _database(postgres: Postgres) -> str:
    """The desk's database, made if there is none."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone() is None:
            connection.execute(f"CREATE DATABASE {_DATABASE}".encode())
    return postgres.url(_DATABASE)


def _token(folder: Path, desk: Deployment) -> Path:
    """A token for whoever can read the folder."""
    path = folder / "token"
    if not path.exists():
        path.touch(0o600)
        path.write_text(desk.new_token("onemachine"))
    return path


if __name__ == "__main__":
    sys.exit(main())
