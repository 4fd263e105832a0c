"""Loads one exchange class of ccxt.pro without the other hundred.

Importing any submodule of ccxt runs its packages' `__init__`, which import every exchange: half a second and some
55 MB that a desk never uses. Here the three packages stand as names with a path, and look up what is asked of them.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import logging
import sys
from types import ModuleType
from typing import Any, Final

import structlog

_LOG = structlog.get_logger(__name__)
_PACKAGES: Final = ("ccxt", "ccxt.async_support", "ccxt.pro")
_HOMES: Final = {  # where a package's own names live
    "ccxt": ("ccxt.base.errors", "ccxt.base.exchange", "ccxt.base.decimal_to_precision", "ccxt.base.precise"),
    "ccxt.async_support": ("ccxt.async_support.base.exchange", "ccxt.base.errors", "ccxt.base.decimal_to_precision"),
    "ccxt.pro": ("ccxt.async_support.base.exchange", "ccxt.base.errors"),
}


class _Package(ModuleType):
    """A package whose names are found when they are first asked for; an exchange's name gives its class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._find(name)
        setattr(self, name, value)
        return value

    def _find(self, name: str) -> Any:
        for home in _HOMES[self.__name__]:
            module = importlib.import_module(home)
            if hasattr(module, name):
                return getattr(module, name)
        try:
            module = importlib.import_module(f"{self.__name__}.{name}")
        except ModuleNotFoundError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None
        return getattr(module, name, module)


def exchange_class(exchange: str) -> type[Any]:
    """ccxt.pro's class of an exchange.

    Raises:
        LookupError: ccxt.pro has none of this id.
    """
    logging.getLogger("ccxt").setLevel(logging.WARNING)  # at DEBUG it writes request headers
    if "ccxt" not in sys.modules:
        _install()
        try:
            return _class(exchange)
        except (ImportError, AttributeError) as error:
            _LOG.warning("ccxt.lazy_import_failed", error=type(error).__name__)
            _uninstall()
    return _class(exchange)


def _class(exchange: str) -> type[Any]:
    try:
        found = getattr(importlib.import_module("ccxt.pro"), exchange)
    except AttributeError:
        raise LookupError(f"ccxt.pro has no exchange {exchange!r}") from None
    if not isinstance(found, type) or found.__module__ != f"ccxt.pro.{exchange}":
        raise LookupError(f"ccxt.pro has no exchange {exchange!r}")
    return found


def _install() -> None:
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None, "ccxt is installed"
        package = _Package(name)
        package.__spec__ = spec
        package.__file__ = spec.origin
        package.__dict__["__version__"] = importlib.metadata.version("ccxt")
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)


def _uninstall() -> None:
    for name in [name for name in sys.modules if name == "ccxt" or name.startswith("ccxt.")]:
        del sys.modules[name]
