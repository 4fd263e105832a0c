"""Whether a command may go out, by the log's order: the limits, and the rules in force at its place."""

from __future__ import annotations

from collections.abc import Callable

from hedgerow.core.admission import Exposure
from hedgerow.core.limits import AccountRules
from hedgerow.core.refusals import Code, Refusal
from hedgerow.journal import Position as Spot


def judged(exposure: Exposure, place: Spot) -> Refusal | None:
    """Whether the limits hold for the intent at this place."""
    try:
        return exposure.judge(place.offset)
    except KeyError:  # we were held up so long that the resolver has settled the order already
        return Refusal(Code.DEADLINE_PASSED, "the desk was held up past the order's deadline; nothing was sent")


def judged_by_its_rules(
    exposure: Exposure, place: Spot, before: AccountRules, check: Callable[[AccountRules], Refusal | None]
) -> Refusal | None:
    """The same; and where the rules of the log are not those that the command was checked by, it is checked by them.

    Limits that were set at another order_manager hold for every later intent, whoever had read them by then.
    """
    refusal = judged(exposure, place)
    if refusal is not None or (rules := exposure.rules_at(place.offset)) == before:
        return refusal
    return check(rules)
