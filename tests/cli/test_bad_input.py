"""Whatever a person mistypes: a clear line, exit code 2, and nothing sent."""

from __future__ import annotations

import pytest

from tests.cli import samples
from tests.cli.desk import FakeDesk
from tests.cli.shell import Shell

NOT_NUMBERS = ["NaN", "1e400", "1_000", " 1 ", "", "9" * 300, "٣", "Infinity", "0x1", "1,5", "+1", ".5", "1.", "０"]
PLAIN = 'must be a plain decimal number, such as "0.01"'


@pytest.mark.parametrize("text", [*NOT_NUMBERS, "0", "0.000"])
@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("amount", ["place", "buy", samples.SYMBOL, "{}"]),
        ("price", ["place", "buy", samples.SYMBOL, "1", "--price", "{}"]),
        ("trigger", ["place", "buy", samples.SYMBOL, "1", "--trigger={}"]),
        ("tp", ["place", "buy", samples.SYMBOL, "1", "--tp={}"]),
        ("sl", ["place", "buy", samples.SYMBOL, "1", "--sl={}"]),
        ("amount", ["amend", samples.ORDER_ID, "--amount={}"]),
        ("price", ["close", samples.SYMBOL, "--price={}"]),
        ("leverage", ["leverage", samples.SYMBOL, "{}"]),
        ("order-notional", ["limits", "--order-notional={}"]),
        ("open-orders", ["limits", "--open-orders={}"]),
    ],
)
def test_what_is_no_number_is_named_and_not_sent(
    desk: FakeDesk, shell: Shell, field: str, arguments: list[str], text: str
) -> None:
    ran = shell.run(*(argument.format(text) for argument in arguments))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{field}: must ")
    assert ran.err.count("\n") == 1
    assert desk.requests == []


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_a_level_that_is_no_number(desk: FakeDesk, shell: Shell, text: str) -> None:
    for arguments in (["protect", samples.SYMBOL], ["amend", samples.ORDER_ID]):
        ran = shell.run(*arguments, f"--sl={text}")
        assert ran.code == 2
        assert ran.err.startswith("sl: must ")
    assert desk.requests == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("place buy BTC/USDT:USDT -1", "A number must not be negative"),
        ("place buy BTC/USDT:USDT 1 --price -5", "price: must be a plain|price: must be above zero"),
        ("place hold BTC/USDT:USDT 1", "Invalid value for 'side'"),
        ("place buy BTC/USDT:USDT", "Missing argument 'amount'"),
        ("place buy BTC/USDT:USDT 1 2", "unexpected extra argument"),
        ("place buy BTC/USDT:USDT 1 --nonsense", "No such option: --nonsense"),
        ("place buy ../BTC 1", "symbol: must be a symbol"),
        ("place buy BTC/USDT:USDT 1 --type limit", "price: a limit order needs one"),
        ("place buy BTC/USDT:USDT 1 --type market --price 5", "price: a market order has none"),
        ("place buy BTC/USDT:USDT 1 --trigger-by mark", "trigger-by: needs --trigger"),
        ("place buy BTC/USDT:USDT 1 --tif DAY", "Invalid value for '--tif'"),
        ("place buy BTC/USDT:USDT 1 --key ä", "key: must be"),
        ("place buy BTC/USDT:USDT 1 --account a/b", "account: must be"),
        ("orders --status happy", "status: must be one of living, denied"),
        ("orders --since yesterday", "since: must be such as"),
        ("orders --since 0d", "since: must be such as"),
        ("orders --limit 0", "Invalid value for '--limit'"),
        ("order", "Missing argument 'order_id'"),
        ("amend b7k2m9xa", "amend: say what changes"),
        ("cancel", "order_id: give one order, or --all"),
        ("cancel b7k2m9xa --all", "order_id: give one order, or --all"),
        ("cancel b7k2m9xa --symbol BTC/USDT:USDT", "order_id: --symbol and --account go with --all"),
        ("protect BTC/USDT:USDT", "tp: give --tp, --sl or both"),
        ("candles BTC/USDT:USDT --interval ../x", "interval: must be such as"),
        ("limits --open-orders 1.5", "open-orders: must be a whole number"),
        ("limits --mark-max-age-ms none", "mark-max-age-ms: must be a whole number"),
        ("limits --state asleep", "Invalid value for '--state'"),
        ("tokens create a/b", "name: must be"),
        ("tokens create laptop --scope all", "Invalid value for '--scope'"),
        ("accounts add x --exchange ../y -e live", "exchange: must be"),
        ("accounts add x --exchange bybit -e mainnet", "Invalid value for '--environment'"),
        ("accounts add x --exchange bybit -e live --url http://h", "url: must be rest=ADDRESS"),
        ("accounts add x --exchange bybit -e live --url rest=ws://h", "url: rest must be an address"),
        ("accounts add x --exchange bybit -e live --url ws=wss://u:p@h", "url: ws must be an address"),
        ("accounts add x --exchange bybit -e live --apiKey k", "No such option: --apiKey"),
        ("nonsense", "No such command 'nonsense'"),
        ("tokens nonsense", "No such command 'nonsense'"),
        ("up --port 70000", "Invalid value for '--port'"),
        ("orders --url ftp://x", "token: another desk needs a token"),
    ],
)
def test_a_command_line_that_cannot_be_meant(desk: FakeDesk, shell: Shell, arguments: str, sentence: str) -> None:
    ran = shell.run(*arguments.split(" "))
    assert (ran.code, ran.out) == (2, "")
    assert any(part in ran.err for part in sentence.split("|")), ran.err
    assert "Traceback" not in ran.err
    assert desk.requests == []


def test_a_number_that_only_looks_long_is_taken(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/orders", samples.order(), 201)
    longest = "1" * 20 + "." + "1" * 19
    assert shell.run("place", "buy", samples.SYMBOL, longest, "--no-follow").code == 0
    assert desk.asked("POST", "/api/orders")[0].json["amount"] == longest
    assert shell.run("place", "buy", samples.SYMBOL, longest + "1").err == "amount: must have at most 40 characters\n"
    assert shell.run("place", "buy", samples.SYMBOL, "1e3").err == f"amount: {PLAIN}\n"


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"HEDGEROW_PORT": "many"}, "HEDGEROW_PORT must be a port number"),
        ({"HEDGEROW_URL": "ftp://x", "HEDGEROW_TOKEN": "t"}, "HEDGEROW_URL: must be an address"),
        ({"HEDGEROW_URL": "http://u:p@x", "HEDGEROW_TOKEN": "t"}, "HEDGEROW_URL: must not hold a user"),
        ({"HEDGEROW_URL": "http://x:99999", "HEDGEROW_TOKEN": "t"}, "HEDGEROW_URL: the port"),
        ({"HEDGEROW_URL": "http://x"}, "token: another desk needs a token"),
        ({"HEDGEROW_TOKEN": "a b"}, "HEDGEROW_TOKEN: has characters"),
    ],
)
def test_an_environment_that_cannot_be_meant(
    desk: FakeDesk, shell: Shell, environment: dict[str, str], sentence: str
) -> None:
    shell.environment |= environment
    ran = shell.run("orders")
    assert ran.code == 2
    assert sentence in ran.err
    assert desk.requests == []
