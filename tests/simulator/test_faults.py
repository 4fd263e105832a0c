"""Which request or push a fault strikes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.simulator.faults import PUSH_KINDS, REST_KINDS, Fault, Faults, Kind


def strikes(faults: Faults, times: int, target: str = "/v5/order/create", account: str = "ann") -> list[int]:
    return [number for number in range(times) if faults.strike(REST_KINDS, target, account) is not None]


@given(st.integers(0, 5), st.integers(1, 5))
def test_a_fault_skips_some_then_strikes_some_then_is_gone(skip: int, count: int) -> None:
    faults = Faults()
    faults.place(Fault(Kind.REPLY_LOST, skip=skip, count=count))
    assert strikes(faults, 12) == list(range(skip, skip + count))
    assert faults.listed() == []


def test_a_fault_knows_its_kind_target_and_account() -> None:
    faults = Faults()
    faults.place(Fault(Kind.REPLY_LOST, target="/v5/order/create", account="ann"))
    assert strikes(faults, 3, target="/v5/order/cancel") == []
    assert strikes(faults, 3, account="bob") == []
    assert faults.strike(PUSH_KINDS, "/v5/order/create", "ann") is None
    assert strikes(faults, 3) == [0]


@given(st.integers(0, 1000), st.integers(2, 6))
def test_chance_comes_from_the_seed(seed: int, one_in: int) -> None:
    def run() -> list[int]:
        faults = Faults()
        faults.place(Fault(Kind.REPLY_LOST, count=1000, one_in=one_in, seed=seed))
        return strikes(faults, 200)

    first = run()
    assert first == run()
    assert 0 < len(first) < 200


def test_the_first_placed_strikes_first() -> None:
    faults = Faults()
    faults.place(Fault(Kind.REPLY_HTML))
    faults.place(Fault(Kind.REPLY_LOST))
    struck = [faults.strike(REST_KINDS, "x", "y") for _ in range(3)]
    assert [fault.kind if fault else None for fault in struck] == [Kind.REPLY_HTML, Kind.REPLY_LOST, None]
