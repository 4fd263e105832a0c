from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.orders import ENDS, Status
from hedgerow.core.records import Nothing, Outcome
from hedgerow.history.rows import RANKS, body, command_row, lives, order_id_rows, read_order
from tests.contracts.samples import command, order


def test_every_outcome_has_a_rank() -> None:
    assert set(RANKS) == {"pending", *Outcome, *Nothing}


def test_only_an_open_outcome_may_be_replaced() -> None:
    final = {outcome for outcome, rank in RANKS.items() if rank == max(RANKS.values())}
    assert final == set(RANKS) - {"repeat", "pending", "in_doubt"}
    assert RANKS["repeat"] < RANKS["pending"] < RANKS["in_doubt"]


def test_an_unknown_outcome_is_a_bug() -> None:
    with pytest.raises(KeyError):
        command_row(command(outcome="perhaps"))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18))
def test_money_is_text_in_the_body_and_comes_back_digit_for_digit(price: Decimal) -> None:
    text = body(order(price=price))
    assert isinstance(msgspec.json.decode(text)["price"], str)
    back = read_order(text).price
    assert back is not None
    assert back.as_tuple() == price.as_tuple()


@pytest.mark.parametrize("status", Status)
def test_an_order_lives_until_it_has_ended_and_its_fills_are_counted(status: Status) -> None:
    assert lives(order(status=status)) == (status not in ENDS)
    assert lives(order(status=status, filled=Decimal(2), filled_by_fills=Decimal(1)))
    assert lives(order(status=status, filled=Decimal(2), filled_by_fills=Decimal(2))) == (status not in ENDS)


def test_an_order_is_listed_under_each_of_its_names_once() -> None:
    renamed = order(client_order_id="b", client_order_ids=("a", "b"), exchange_order_id="", exchange_order_ids=())
    assert sorted(row["id"] for row in order_id_rows([renamed])) == ["a", "b"]
