"""Looking at a live view: Ctrl-C ends the looking, and nothing else."""

from __future__ import annotations

from hedgerow.cli.command import Invocation
from hedgerow.cli.screens import View
from hedgerow.cli.watching import watch


def look(here: Invocation, view: View, afterwards: str = "") -> bool:
    """Watch until the view is finished or Ctrl-C; whether it was finished. `afterwards` is said at Ctrl-C."""
    try:
        watch(here, view)
    except KeyboardInterrupt:
        if afterwards:
            here.terminal.complain(afterwards)
        return False
    return True
