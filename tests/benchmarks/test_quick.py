"""The benchmark runs from end to end, and leaves no figure out. What the figures say is for a quiet machine."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import TINY, run


@pytest.mark.e2e
@pytest.mark.timeout(100)
async def test_a_tiny_run_shows_every_figure() -> None:
    report = await run(TINY, seed=3)
    shown = report.text
    for figure in (
        "raw ccxt, REST",
        "raw ccxt, WebSocket",
        "twenty lines",
        "desk, WebSocket: request -> exchange, p50, with pauses",
        "desk, REST: request -> exchange, p50, with pauses",
        "desk, WebSocket: orders a second, 4 clients",
        "exchange push -> raw ccxt's user code, p50",
        "exchange push -> frame at a client, p50",
        "one durable append, p50",
        "replay of 500 events to one client",
        "cold start to ready, set-up done",
        "idle memory",
    ):
        assert figure in shown, shown
    assert "CPU an order" in shown
