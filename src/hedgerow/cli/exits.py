"""How a command may end, and the faults that end it early. Nothing else decides an exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from hedgerow.core.refusals import Code
from hedgerow.order_manager.schemas import Problem


class ExitCode(IntEnum):
    """What a script can tell from `$?`."""

    DONE = 0
    REFUSED = 1  # denied by the desk, rejected by the exchange, or failed
    BAD_INPUT = 2  # the request itself is wrong; nothing was sent
    UNREACHABLE = 3  # no desk answers
    IN_DOUBT = 4  # it may have taken effect


EXIT_CODES_HELP: Final = (
    "Exit codes: 0 done; 1 refused by the desk or the exchange, or failed; 2 bad input, nothing was sent; "
    "3 no desk can be reached; 4 in doubt: it may have taken effect."
)

# A no because of the request's own shape; every other no is a refusal.
_INPUT_CODES: Final = frozenset(
    {
        Code.MALFORMED,
        Code.MISSING,
        Code.UNKNOWN_FIELD,
        Code.UNKNOWN_ACCOUNT,
        Code.UNKNOWN_SYMBOL,
        Code.UNKNOWN_ORDER,
        Code.UNKNOWN_POSITION,
        Code.NOT_SUPPORTED,
        Code.AMOUNT_OFF_STEP,
        Code.AMOUNT_TOO_SMALL,
        Code.AMOUNT_TOO_LARGE,
        Code.PRICE_OFF_TICK,
        Code.PRICE_OUT_OF_RANGE,
        Code.NOTIONAL_TOO_SMALL,
        Code.TRIGGER_ON_WRONG_SIDE,
        Code.LEVERAGE_OUT_OF_RANGE,
        Code.KEY_REUSED,
    }
)
_INPUT_STATUSES: Final = frozenset({400, 404, 405, 413, 415})


class CommandFault(Exception):  # noqa: N818
    """Ends a command; `str()` is the line that a person reads."""

    exit_code = ExitCode.REFUSED


class FailedError(CommandFault):
    """It was refused, or it failed."""


class BadInputError(CommandFault):
    """The input is wrong. `field` names what is at fault, in the words of the command line."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field


class UnreachableError(CommandFault):
    """No desk answers."""

    exit_code = ExitCode.UNREACHABLE


class InDoubtError(CommandFault):
    """Nobody can say yet whether it took effect."""

    exit_code = ExitCode.IN_DOUBT


class ProblemError(CommandFault):
    """The desk said no."""

    def __init__(self, problem: Problem, raw: bytes) -> None:
        super().__init__(problem_sentence(problem))
        self.problem = problem
        self.raw = raw
        wrong = problem.code in _INPUT_CODES or problem.status in _INPUT_STATUSES
        self.exit_code = ExitCode.BAD_INPUT if wrong else ExitCode.REFUSED


def problem_sentence(problem: Problem) -> str:
    """`field: sentence (exchange: code words)`."""
    sentence = problem.detail or problem.title
    named = problem.field is None or sentence.startswith(problem.field)
    said = " ".join(part for part in (problem.exchange_code, problem.exchange_message) if part)
    return (sentence if named else f"{problem.field}: {sentence}") + (f" (exchange: {said})" if said else "")
