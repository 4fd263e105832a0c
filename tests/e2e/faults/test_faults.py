"""The exchange loses answers, pushes and sockets: every order ends where the exchange has it, and was sent once.

Each scene is a function of `order_entry` or `private_stream`, whose name says what goes wrong.
"""

from __future__ import annotations

import pytest

from tests.e2e.desk_process import DeskProcess
from tests.e2e.faults import order_entry, private_stream
from tests.e2e.faults.scene import play_scenes
from tests.e2e.side_by_side import Outcomes, asked_for, check
from tests.simulator.running import Running

SCENES = order_entry.SCENES | private_stream.SCENES


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, desk_process: DeskProcess, exchange: Running) -> Outcomes:
    return play_scenes(asked_for(request, SCENES), desk_process, exchange)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", SCENES)
def test_the_desk_is_right_in_spite_of(name: str, outcomes: Outcomes) -> None:
    check(outcomes, name)
