"""The factory of connections: the one place that knows which exchanges there are."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from hedgerow.exchange import ExchangeFault
from hedgerow.exchange.bybit import Bybit
from hedgerow.exchange.ccxt_connection import CcxtConnection
from hedgerow.exchange.dialect import Dialect
from hedgerow.exchange.link import Patience

_DIALECTS: Final[Mapping[str, Callable[[], Dialect]]] = {"bybit": Bybit}
SUPPORTED: Final = tuple(_DIALECTS)
# What an account may choose. Nothing else reaches ccxt: among its own options are some that send an order twice.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {"order_entry": ("websocket", "rest")}
_PATIENCE: Final = Patience()


def unfit(exchange: str, options: Mapping[str, str]) -> tuple[str, str] | None:
    """What of an account cannot be: the field and a sentence."""
    if exchange not in SUPPORTED:
        return "exchange", f"the exchanges that can be traded are: {', '.join(SUPPORTED)}"
    for name, value in options.items():
        if value not in OPTIONS.get(name, ()):
            known = ", ".join(f"{name}={'|'.join(values)}" for name, values in OPTIONS.items())
            return "options", f"the options of an account are: {known}"
    return None


class AccountLike(Protocol):
    """An exchange account as the vault keeps it."""

    @property
    def name(self) -> str: ...
    @property
    def exchange(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def urls(self) -> Mapping[str, str]: ...
    @property
    def options(self) -> Mapping[str, str]: ...


class SecretLike(Protocol):
    def reveal(self) -> str: ...


class CredentialsLike(Protocol):
    """ccxt's credential names and their secrets."""

    @property
    def values(self) -> Mapping[str, SecretLike]: ...


def connect(
    account: AccountLike,
    credentials: CredentialsLike,
    *,
    now_ms: Callable[[], int],
    chance: random.Random,
    patience: Patience = _PATIENCE,
    sends_orders: bool = True,
) -> CcxtConnection:
    """A connection of this account, not yet open. `now_ms` is our clock.

    Without `sends_orders` no order entry WebSocket is kept up; commands, if any, go over REST.

    Raises:
        ExchangeFault: there is no such exchange.
    """
    try:
        dialect = _DIALECTS[account.exchange]()
    except KeyError:
        raise ExchangeFault(
            f"exchange {account.exchange!r} is not supported; supported: {', '.join(SUPPORTED)}"
        ) from None
    return CcxtConnection(
        account.name,
        account.environment,
        dialect,
        urls=account.urls,
        options=account.options,
        credentials={name: secret.reveal() for name, secret in credentials.values.items()},
        now_ms=now_ms,
        chance=chance,
        patience=patience,
        sends_orders=sends_orders,
    )
