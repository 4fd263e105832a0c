"""The log and the snapshot: what is kept, what is forgiven, what is an error."""

from __future__ import annotations

import os
import stat
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.simulator.bybit.auth import ApiKey
from hedgerow.simulator.exchange import SimulatedExchange
from hedgerow.simulator.messages import CancelAll, Command, OpenAccount, OrderType, PlaceOrder, Side
from hedgerow.simulator.store import Store, StoreError
from tests.simulator.commands import history

ORDER = PlaceOrder("ann", "BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal("0.010"), Decimal("50000.5"), order_link_id="x")
NOW = 1_700_000_000_000


def kept(folder: Path) -> list[tuple[Command, int]]:
    store = Store(folder)
    try:
        return list(store.replay())
    finally:
        store.close()


def write(folder: Path, *commands: Command) -> None:
    store = Store(folder)
    list(store.replay())
    for command in commands:
        store.append((command,), NOW)
    store.close()


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_every_command_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("store")
    commands = [OpenAccount("ann", Decimal("1.50"), house=True), *history(seed, 40)]
    write(folder, *commands)
    assert kept(folder) == [(command, NOW) for command in commands]


def test_what_a_killed_write_left_is_forgotten_and_the_log_goes_on(tmp_path: Path) -> None:
    write(tmp_path, ORDER, CancelAll("ann"))
    log = tmp_path / "log-0"
    whole = log.read_bytes()
    for torn in (whole[:-9], whole[:-1], whole + b"\x07", whole + b"\x07\x00\x00\x00"):
        log.write_bytes(torn)
        before = kept(tmp_path)
        assert before[0] == (ORDER, NOW)
        write(tmp_path, CancelAll("bob"))
        assert kept(tmp_path) == [*before, (CancelAll("bob"), NOW)]


def test_a_damaged_log_or_snapshot_is_named(tmp_path: Path) -> None:
    write(tmp_path, ORDER, CancelAll("ann"))
    log = tmp_path / "log-0"
    raw = bytearray(log.read_bytes())
    raw[12] ^= 0xFF
    log.write_bytes(raw)
    with pytest.raises(StoreError, match="log-0 is damaged at byte 0"):
        kept(tmp_path)
    (tmp_path / "snapshot").write_bytes(b"nonsense")
    with pytest.raises(StoreError, match="snapshot is damaged"):
        Store(tmp_path)


def test_a_cut_replaces_the_log_by_a_snapshot(tmp_path: Path) -> None:
    store = Store(tmp_path)
    list(store.replay())
    store.append((ORDER,), NOW)
    store.cut({"half": "way"})
    store.append((CancelAll("ann"),), NOW)
    store.close()
    again = Store(tmp_path)
    assert again.snapshot == {"half": "way"}
    assert list(again.replay()) == [(CancelAll("ann"), NOW)]
    again.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "log-1", "snapshot"]


def test_a_folder_has_one_user_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(StoreError, match="another simulator"):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


def test_keys_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keys = [ApiKey("k", "s", "ann", Decimal("12.5"))]
    store.write_keys(keys)
    assert store.read_keys() == keys
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(StoreError, match=r"keys\.json"):
        store.read_keys()
    store.close()


def test_a_disk_that_takes_no_more_is_an_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    list(store.replay())
    fill_the_disk(store)
    with pytest.raises(StoreError, match="No space left"):
        store.append((ORDER,), NOW)
    store.close()


def fill_the_disk(store: Store) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, store._log)
    os.close(full)


def test_an_exchange_that_cannot_keep_a_command_stops_for_good(tmp_path: Path) -> None:
    store, stops = Store(tmp_path), []
    exchange = SimulatedExchange(1, lambda: NOW, store)
    exchange.on_broken = lambda: stops.append("stop")
    exchange.execute(OpenAccount("ann", Decimal(1000)))
    exchange.take_events()
    fill_the_disk(store)
    for _ in range(2):
        with pytest.raises(StoreError, match="No space left"):
            exchange.execute(ORDER)
    assert stops
    assert exchange.take_events() == []
    with pytest.raises(StoreError):
        exchange.close()
    store.close()
    assert [command for command, _ in kept(tmp_path)] == [OpenAccount("ann", Decimal(1000))]


class Life:
    """An exchange on a folder that can die at any moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ms = NOW
        self.begin()

    def begin(self) -> None:
        self.store = Store(self.folder)
        self.exchange = SimulatedExchange(3, lambda: self.now_ms, self.store)

    def die(self) -> None:
        """As SIGKILL: nothing is saved, only the descriptors go."""
        self.store.close()

    def do(self, command: Command) -> None:
        self.now_ms += 1
        self.exchange.execute(command)

    def state(self) -> object:
        reads, oracle = self.exchange.reads, self.exchange.oracle
        return [
            (
                reads.open_orders(name),
                reads.order_history(name),
                reads.executions(name),
                reads.positions(name),
                oracle.orders(name),
                oracle.creates(name),
            )
            for name in ("ann", "bob")
        ]


@given(st.integers(0, 10**6), st.lists(st.sampled_from(["die", "close"]), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_an_exchange_that_died_goes_on_as_if_it_had_not(
    tmp_path_factory: pytest.TempPathFactory, seed: int, ends: list[str]
) -> None:
    mortal, immortal = Life(tmp_path_factory.mktemp("mortal")), Life(tmp_path_factory.mktemp("immortal"))
    for life in (mortal, immortal):
        for name in ("ann", "bob"):
            life.do(OpenAccount(name, Decimal(100_000)))
        life.exchange.step_market()
    commands = history(seed, 60)
    for number, command in enumerate(commands):
        mortal.do(command)
        immortal.do(command)
        if number % 20 == 19 and number // 20 < len(ends):
            if ends[number // 20] == "die":
                mortal.die()
            else:
                mortal.exchange.close()
            mortal.begin()
            assert mortal.state() == immortal.state()
    assert mortal.state() == immortal.state()
    mortal.die()
    immortal.die()
