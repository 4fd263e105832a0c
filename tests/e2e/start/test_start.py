"""Starts that cannot be, side by side: each is mostly a process that loads itself and ends."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.desk_process import DeskProcess
from tests.e2e.side_by_side import Outcomes, asked_for, check, play
from tests.e2e.start import files, full_disk, place
from tests.e2e.start.files import Scene
from tests.simulator.running import Running

SCENES: dict[str, Scene] = files.SCENES | place.SCENES | full_disk.SCENES
AT_ONCE = 4


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, left_behind: Path, tmp_path_factory: pytest.TempPathFactory, exchange: Running
) -> Outcomes:
    async def one(name: str, scene: Scene) -> None:
        folder = tmp_path_factory.mktemp("start")
        shutil.copytree(left_behind, folder / "data")
        desk = DeskProcess(folder)
        try:
            await scene(desk, exchange)
        finally:
            desk.end()

    return play(asked_for(request, SCENES), one, AT_ONCE)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCENES)
def test_a_desk_says_why_it_cannot(name: str, outcomes: Outcomes) -> None:
    check(outcomes, name)
