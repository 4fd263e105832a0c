"""The shape of an exchange's list of definite refusals."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class RefusalList(msgspec.Struct, frozen=True, kw_only=True):
    """What an exchange's codes prove.

    Attributes:
        source: the exchange's page of error codes.
        accepted: the code of success.
        refusals: by code, the page's words: the exchange did not do it, and will not.
        of_the_key: those of them that say that the key itself is not taken.
        unchanged: what was asked for is so already; a command that sets a state has reached its aim.
    """

    source: str
    accepted: str
    refusals: Mapping[str, str]
    of_the_key: frozenset[str]
    unchanged: frozenset[str]
