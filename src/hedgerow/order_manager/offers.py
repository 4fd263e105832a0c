"""What an exchange can do, as validation asks for it."""

from __future__ import annotations

from functools import cache

from hedgerow.core import validation
from hedgerow.exchange import Capabilities


@cache
def offers(capabilities: Capabilities) -> validation.Offers:
    """What validation asks of an exchange's capabilities."""
    return validation.Offers(
        attached_protection=capabilities.attached_protection,
        conditional_orders=capabilities.conditional_orders,
        trigger_by=capabilities.trigger_by,
        post_only=capabilities.post_only,
        reduce_only=capabilities.reduce_only,
        time_in_force=capabilities.time_in_force,
        hedge_mode=capabilities.hedge_mode,
    )
