"""How long a socket waits before it dials again."""

from __future__ import annotations

import random
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.exchange.bybit import Bybit
from hedgerow.exchange.kept_socket import KeptSocket


def a_socket(seed: int) -> KeptSocket:
    return KeptSocket(
        SimpleNamespace(desk_takers={}),
        Bybit(),
        "ws://nowhere",
        log_in=False,
        now_ms=lambda: 0,
        chance=random.Random(seed),
        scrub=str,
        on_push=lambda topic, message: None,
        on_up=lambda: None,
        on_down=lambda reason: None,
    )


@given(seed=st.integers(0, 1000), failures=st.integers(0, 10**6))
def test_pauses_grow_to_a_bound_and_never_fall_in_step(seed: int, failures: int) -> None:
    longest = min(15.0, 0.2 * 2 ** min(failures, 10))
    assert longest / 2 <= a_socket(seed)._pause(failures) <= longest
    assert a_socket(seed)._pause(failures) != a_socket(seed + 1)._pause(failures)


@given(seed=st.integers(0, 1000))
def test_request_ids_are_never_the_same(seed: int) -> None:
    socket = a_socket(seed)
    assert len({socket.request_id() for _ in range(50)} | {a_socket(seed + 1).request_id()}) == 51
