"""One exchange of ccxt alone, and ccxt whole; each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

LACKED = """
for name in ("nowhere", "base", "NetworkError", "Exchange"):
    try:
        exchange_class(name)
    except LookupError as error:
        print(error)
"""


def run(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_only_the_exchange_that_is_asked_for_is_loaded() -> None:
    program = """
import sys
from hedgerow.exchange.ccxt_loading import exchange_class
made = exchange_class("bybit")({"enableRateLimit": False})
assert made.has["createOrderWs"] and made.id == "bybit"
assert "ccxt.pro.bybit" in sys.modules and "ccxt.pro.binance" not in sys.modules
import ccxt, ccxt.pro
from ccxt.base.errors import NetworkError
assert ccxt.NetworkError is NetworkError and issubclass(ccxt.pro.bitget, ccxt.async_support.bitget)
assert isinstance(made, ccxt.pro.bybit) and ccxt.__version__
"""
    said = run(program + LACKED)
    assert said == [f"ccxt.pro has no exchange {name!r}" for name in ("nowhere", "base", "NetworkError", "Exchange")]


def test_where_one_alone_does_not_load_ccxt_is_loaded_whole_and_used_as_it_is() -> None:
    program = """
import sys
from hedgerow.exchange import ccxt_loading
from hedgerow.exchange.ccxt_loading import exchange_class
ccxt_loading._HOMES = {name: () for name in ccxt_loading._PACKAGES}
made = exchange_class("bybit")
assert "ccxt.pro.binance" in sys.modules
import ccxt.pro
assert made is ccxt.pro.bybit is exchange_class("bybit")
"""
    assert len(run(program + LACKED)) == 1 + 4  # the warning, and who is lacked
