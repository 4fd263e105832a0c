from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.core.codec import to_json
from hedgerow.core.orders import Order, Status
from hedgerow.core.preview import Preview
from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.schemas import OrderStory, PlaceOrderBody
from tests.cli import samples
from tests.cli.desk import FakeDesk
from tests.cli.shell import Shell

PLACE = ("place", "buy", samples.SYMBOL, "0.01", "--price", "60000")


def posted(desk: FakeDesk) -> dict[str, object]:
    [request] = desk.asked("POST", "/api/orders")
    return {name: value for name, value in request.json.items() if value not in (None, False)}


def test_a_limit_order_is_shown_at_once(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/orders", samples.order(), 201)
    ran = shell.run(*PLACE, "--no-follow")
    assert ran == (
        0,
        "b7k2m9xa  buy 0.01 BTC/USDT:USDT at 60000 (sim)\n13:59:56.000  open, filled 0 of 0.01\n",
        "",
    )
    assert posted(desk) == {
        "account": "sim",
        "symbol": samples.SYMBOL,
        "side": "buy",
        "type": "limit",
        "amount": "0.01",
        "price": "60000",
        "time_in_force": "GTC",
    }


def test_every_flag_reaches_the_desk_as_typed(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/orders", samples.order(), 201)
    flags = "--account main --trigger 59000.10 --trigger-by mark --tp 66000 --sl 58000 --tif ioc --post-only"
    more = "--reduce-only --position-side long --quantise --key my-key --no-follow"
    shell.run("place", "sell", samples.SYMBOL, "0.010", *flags.split(), *more.split())
    assert posted(desk) == {
        "account": "main",
        "symbol": samples.SYMBOL,
        "side": "sell",
        "type": "market",
        "amount": "0.010",
        "trigger_price": "59000.10",
        "trigger_by": "mark",
        "take_profit": "66000",
        "stop_loss": "58000",
        "time_in_force": "IOC",
        "post_only": True,
        "reduce_only": True,
        "position_side": "long",
        "quantise": True,
    }
    assert desk.asked("POST", "/api/orders")[0].headers["idempotency-key"] == "my-key"
    assert desk.asked("GET", "/api/accounts") == []
    assert set(desk.asked("POST", "/api/orders")[0].json) == set(PlaceOrderBody.__struct_fields__)


def test_each_invocation_has_a_key_of_its_own(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/orders", samples.order(), 201)
    for _ in range(2):
        shell.run(*PLACE, "--no-follow")
    first, second = (request.headers["idempotency-key"] for request in desk.asked("POST", "/api/orders"))
    assert len(first) == 32
    assert first != second


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.FILLED, 0),
        (Status.CANCELED, 0),
        (Status.EXPIRED, 0),
        (Status.REJECTED, 1),
        (Status.DENIED, 1),
        (Status.NOT_PLACED, 1),
        (Status.IN_DOUBT, 4),
        (Status.OPEN, 0),
        (Status.UNTRIGGERED, 0),
    ],
)
def test_how_it_stands_is_the_exit_code(desk: FakeDesk, shell: Shell, status: Status, code: int) -> None:
    desk.answer("POST", "/api/orders", samples.order(status=status), 202)
    assert shell.run(*PLACE, "--no-follow").code == code


def test_it_is_followed_until_it_ends(desk: FakeDesk, shell: Shell) -> None:
    _followed(desk, samples.order(status=Status.PENDING, version=0))
    desk.push("/ws/orders", samples.updated(samples.order(order_id="z" * 26, version=9)))
    partly = samples.order(
        status=Status.PARTIALLY_FILLED, version=3, filled=Decimal("0.004"), average=Decimal("59999.5")
    )
    desk.push("/ws/orders", samples.updated(samples.order()), samples.updated(partly), samples.updated(partly))
    desk.push("/ws/orders", samples.updated(samples.filled()))
    ran = shell.run(*PLACE)
    assert ran == (
        0,
        "b7k2m9xa  buy 0.01 BTC/USDT:USDT at 60000 (sim)\n"
        "13:59:56.000  pending, filled 0 of 0.01\n"
        "13:59:56.000  open, filled 0 of 0.01\n"
        "13:59:56.000  partially filled, filled 0.004 of 0.01, average 59999.5\n"
        "13:59:56.000  filled, filled 0.01 of 0.01, average 59999.9, fees 0.33 USDT\n",
        "",
    )
    assert desk.connects[0][1] == {"after": ["c0"]}


def test_what_happened_before_the_stream_was_up_is_not_missed(desk: FakeDesk, shell: Shell) -> None:
    _followed(desk, samples.order(status=Status.PENDING, version=0), then=samples.filled())
    ran = shell.run(*PLACE)
    assert ran.code == 0
    assert ran.out.endswith("filled, filled 0.01 of 0.01, average 59999.9, fees 0.33 USDT\n")
    assert desk.connects == [] or desk.connects[0][1] == {"after": ["c0"]}


def test_a_doubt_that_resolves_to_a_rejection_ends_in_1(desk: FakeDesk, shell: Shell) -> None:
    _followed(desk, samples.order(status=Status.IN_DOUBT))
    refusal = Refusal(Code.EXCHANGE_REJECTED, "The exchange refused it.", None, "110007", "ab not enough")
    desk.push("/ws/orders", samples.updated(samples.order(status=Status.REJECTED, version=3, refusal=refusal)))
    ran = shell.run(*PLACE)
    assert ran.code == 1
    assert ran.err == "b7k2m9xa: rejected: The exchange refused it. (exchange: 110007 ab not enough)\n"


def test_following_as_json_is_an_order_a_line(desk: FakeDesk, shell: Shell) -> None:
    _followed(desk, samples.order(version=1))
    desk.push("/ws/orders", samples.updated(samples.filled()))
    ran = shell.run(*PLACE, "--json")
    first, last = ran.out.splitlines()
    assert first.encode() == to_json(samples.order(version=1))
    assert last.encode() == to_json(samples.filled())


def _followed(desk: FakeDesk, posted_order: Order, then: Order | None = None) -> None:
    desk.answer("POST", "/api/orders", posted_order, 201)
    desk.answer("GET", "/api/orders", samples.orders_page(cursor="c0"))
    story = OrderStory(order=then or posted_order, timeline=[])
    desk.answer("GET", f"/api/orders/{samples.ORDER_ID}", story)


def test_a_denial_names_the_field_and_the_exchange(desk: FakeDesk, shell: Shell) -> None:
    refusal = Refusal(Code.ORDER_NOTIONAL_LIMIT, "The order is worth more than the limit.", "amount")
    desk.refuse("POST", "/api/orders", refusal, order=samples.order(status=Status.DENIED))
    ran = shell.run(*PLACE)
    assert ran == (1, "", "amount: The order is worth more than the limit.\n")
    rejection = Refusal(Code.EXCHANGE_REJECTED, "The exchange refused it.", None, "110007", "ab not enough")
    desk.refuse("POST", "/api/orders", rejection)
    assert shell.run(*PLACE).err == "The exchange refused it. (exchange: 110007 ab not enough)\n"


def test_a_problem_as_json_goes_to_standard_output(desk: FakeDesk, shell: Shell) -> None:
    desk.refuse("POST", "/api/orders", Refusal(Code.HALTED, "The account is halted."))
    ran = shell.run(*PLACE, "--json")
    assert (ran.code, ran.json["code"], ran.err) == (1, "halted", "The account is halted.\n")  # type: ignore[index]


@pytest.mark.parametrize(
    "code", [Code.AMOUNT_OFF_STEP, Code.PRICE_OFF_TICK, Code.UNKNOWN_SYMBOL, Code.UNKNOWN_ACCOUNT, Code.MALFORMED]
)
def test_bad_input_that_only_the_desk_can_tell_ends_in_2(desk: FakeDesk, shell: Shell, code: Code) -> None:
    desk.refuse("POST", "/api/orders", Refusal(code, "It does not fit.", "amount"))
    assert shell.run(*PLACE).code == 2


def _previewed(denial: Refusal | None = None) -> Preview:
    return Preview(
        amount="0.01",
        price="60000",
        base_amount=Decimal("0.01"),
        notional=Decimal(600),
        initial_margin=Decimal(60),
        fee_maker=Decimal("0.12"),
        fee_taker=Decimal("0.33"),
        liquidation_price=None,
        denial=denial,
    )


def test_a_preview_sends_nothing(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/orders/preview", _previewed())
    ran = shell.run(*PLACE, "--preview")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "amount              0.01",
        "price               60000",
        "base amount         0.01",
        "notional            600",
        "initial margin      60",
        "fee maker           0.12",
        "fee taker           0.33",
        "Nothing was sent.",
    ]
    assert desk.asked("POST", "/api/orders") == []
    assert shell.run(*PLACE, "--preview", "--json").out.encode() == to_json(_previewed()) + b"\n"


def test_a_preview_says_what_would_deny_it(desk: FakeDesk, shell: Shell) -> None:
    denial = Refusal(Code.PRICE_COLLAR, "The price is too far from the mark.", "price")
    desk.answer("POST", "/api/orders/preview", _previewed(denial))
    ran = shell.run(*PLACE, "--preview")
    assert (ran.code, ran.err) == (1, "It would be denied: price: The price is too far from the mark.\n")


def test_with_several_accounts_one_must_be_named(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/accounts", [samples.account(), samples.account("main")])
    ran = shell.run(*PLACE)
    assert ran == (2, "", "account: say which with --account: main, sim\n")
    desk.answer("GET", "/api/accounts", [])
    assert shell.run(*PLACE).err == "account: there is none yet: `hedgerow accounts add`\n"
    assert desk.asked("POST", "/api/orders") == []
