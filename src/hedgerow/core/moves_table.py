"""The order's life as Markdown, written from the table itself."""

from __future__ import annotations

from hedgerow.core.orders import ENDS, MEANING, MOVES, Status

_DIAGRAM_LEFT_OUT = frozenset({Status.NOT_PLACED, Status.REJECTED})  # their ways back are in the table


def moves_markdown() -> str:
    """A table of every status, what it means and where it leads, and a state diagram for Mermaid."""
    lines = ["| status | means | goes on to |", "|---|---|---|"]
    lines += [f"| `{status}` | {MEANING[status]} | {_targets(status)} |" for status in Status]
    lines += ["", "```mermaid", "stateDiagram-v2", "    [*] --> pending", "    [*] --> denied"]
    for status in Status:
        if status not in _DIAGRAM_LEFT_OUT:
            lines += [f"    {status} --> {target}" for target in Status if target in MOVES[status]]
    lines += [f"    {status} --> [*]" for status in Status if status in ENDS]
    lines.append("```")
    return "\n".join(lines) + "\n"


def _targets(status: Status) -> str:
    targets = ", ".join(f"`{target}`" for target in Status if target in MOVES[status])
    if status not in ENDS:
        return targets
    return f"end; re-opened by evidence: {targets}" if targets else "end"
