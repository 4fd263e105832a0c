from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hedgerow.journal.folder import HeldElsewhereError, hold

HOLDER = """
import sys
from pathlib import Path
from hedgerow.journal.folder import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    with hold(folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_has_one_owner_at_a_time_and_names_it(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(HeldElsewhereError, match=f"in use by process {os.getpid()}"), hold(tmp_path):
        pytest.fail("held twice")
    with hold(tmp_path):
        pass


def test_a_killed_owner_lets_go(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(HeldElsewhereError, match=f"process {child.pid}"), hold(tmp_path):
            pytest.fail("held twice")
        child.kill()
    with hold(tmp_path):
        pass


def test_a_folder_that_is_a_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(HeldElsewhereError, match="cannot be used"), hold(path):
        pytest.fail("held")
