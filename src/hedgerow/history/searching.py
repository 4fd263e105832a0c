"""What a search for orders or fills finds: part of a symbol, the beginning of our id, or any id in full."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_OURS: Final = re.compile(r"[a-z0-9]{6,26}")  # the beginning of an order id, long enough to be meant as one


def finds(search: str, symbol: str, order_id: str, ids: Iterable[str]) -> bool:
    """
    Args:
        ids: every id that the order ever went by, here and at the exchange.
    """
    return in_symbol(search, symbol) or ((begins := beginning(search)) and order_id.startswith(begins)) or search in ids


def in_symbol(search: str, symbol: str) -> bool:
    return search.casefold() in symbol.casefold()


def beginning(search: str) -> str:
    """The search as the beginning of an order id; empty where it can be none."""
    small = search.lower()
    return small if _OURS.fullmatch(small) else ""
