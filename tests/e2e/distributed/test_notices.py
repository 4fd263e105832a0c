"""Notices of a distributed desk: each is told once, by whichever order_manager claims it, or by those that are left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onemachine.deployment import Deployment
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import until
from tests.notices.json_service import Service


@pytest.fixture
def phone() -> Iterator[Service]:
    service = Service()
    yield service
    service.close()


def told(phone: Service) -> list[str]:
    """How much was bought, of each line about a fill; notices that wait for each other are one message."""
    lines = [line for _, posted in phone.got for line in posted["message"].splitlines()]
    return [line.partition(": bought ")[2].partition(" BTC at ")[0] for line in lines if ": bought " in line]


async def test_every_fill_is_told_once_though_an_order_manager_dies_and_comes_back(
    deployment: Deployment, managers: list[DeskClient], phone: Service
) -> None:
    here, there = managers
    deployment.hedgerow("notices", "add", "phone", "--stdin", stdin=f"json://127.0.0.1:{phone.port}/told")
    assert len(phone.got) == 0
    deployment.hedgerow("notices", "test", "phone")
    assert len(phone.got) == 1

    both = ["0.011", "0.012", "0.013", "0.014"]
    for amount, desk in zip(both, [here, there, here, there], strict=True):
        await desk.placed("buy", amount)
    await until(lambda: len(told(phone)) >= len(both), 30)

    deployment.managers[0].server.kill()
    await there.placed("buy", "0.015")
    await until(lambda: len(told(phone)) >= len(both) + 1, 30)

    deployment.start()
    await here.followed()
    await here.placed("buy", "0.016")
    await until(lambda: len(told(phone)) >= len(both) + 2, 30)
    assert sorted(told(phone)) == [*both, "0.015", "0.016"]
