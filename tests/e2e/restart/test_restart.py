"""A desk killed with SIGKILL at named points and started again: nothing lost, nothing sent twice.

Each drill is a function of `placing`, `changing` or `following`, whose name completes the sentence.
"""

from __future__ import annotations

import pytest

from tests.e2e.restart import changing, following, placing
from tests.e2e.restart.stage import run_drills
from tests.e2e.side_by_side import Outcomes, asked_for, check
from tests.simulator.running import Running

DRILLS = placing.DRILLS | changing.DRILLS | following.DRILLS


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, exchange: Running, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return run_drills(asked_for(request, DRILLS), exchange, tmp_path_factory.mktemp("drills"))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", DRILLS)
def test_a_desk_killed(name: str, outcomes: Outcomes) -> None:
    check(outcomes, name)
