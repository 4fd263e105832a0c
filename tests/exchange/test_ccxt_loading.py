"""One exchange of ccxt alone, and ccxt whole; each in a process of its own."""

from __future__ import annotations

import subprocess
import sys


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


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
print("good")
"""
    assert run(program) == "good"


LACKED = """
for name in ("nowhere", "base", "NetworkError", "Exchange"):
    try:
        exchange_class(name)
    except LookupError as error:
        print(error)
"""


def test_a_ccxt_that_is_loaded_whole_is_used_as_it_is() -> None:
    program = """
import ccxt.pro
from hedgerow.exchange.ccxt_loading import exchange_class
assert exchange_class("bybit") is ccxt.pro.bybit
"""
    assert len(run(program + LACKED).splitlines()) == 4


def test_an_exchange_that_ccxt_lacks() -> None:
    said = run("from hedgerow.exchange.ccxt_loading import exchange_class" + LACKED).splitlines()
    assert said[0] == "ccxt.pro has no exchange 'nowhere'"
    assert len(said) == 4


def test_where_one_alone_does_not_load_ccxt_is_loaded_whole() -> None:
    program = """
import sys
from hedgerow.exchange import ccxt_loading
ccxt_loading._HOMES = {name: () for name in ccxt_loading._PACKAGES}
assert ccxt_loading.exchange_class("bybit").__name__ == "bybit"
assert "ccxt.pro.binance" in sys.modules
print("good")
"""
    assert run(program).splitlines()[-1] == "good"
