"""What every cache promises."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgerow.cache import Applied, Cache, Version
from hedgerow.core.commands import PositionSide
from hedgerow.core.orders import Status
from tests.contracts.canceling import cancel_at_every_step
from tests.contracts.samples import balance, living_orders, order, position

versions = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2**53 + 3)).map(lambda pair: Version(*pair)), max_size=8
)


async def test_a_new_cache_is_empty(cache: Cache) -> None:
    assert await living_orders(cache) == []
    assert await cache.find_orders(["order1"]) == []
    assert await cache.living() == {}
    assert await cache.positions() == []
    assert await cache.balances("sim") is None


async def test_values_come_back_exactly(cache: Cache) -> None:
    version = Version(2, 2**53 + 1)
    await cache.put_orders([(version, order())])
    await cache.put_positions([(version, position())])
    await cache.put_balances("sim", version, [balance()], 7)
    assert await cache.find_orders(["order1"]) == [(version, order())]
    assert await living_orders(cache) == [(version, order())]
    assert await cache.positions() == [(version, position())]
    assert await cache.balances("sim") == (version, [balance()], 7)


async def test_a_caller_that_is_canceled_is_canceled(cache: Cache) -> None:
    version = Version(1, 1)
    await cancel_at_every_step(lambda: cache.put_orders([(version, order())]))
    await cancel_at_every_step(lambda: cache.find_orders(["order1"]))
    await cancel_at_every_step(cache.living)
    await cancel_at_every_step(cache.life)
    await cache.put_orders([(version, order())])
    assert await cache.find_orders(["order1"]) == [(version, order())]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=versions)
async def test_the_newest_version_stands_in_whatever_order_they_come(cache: Cache, arrivals: list[Version]) -> None:
    """Epochs first; offsets beyond 2**53, which doubles cannot tell apart, among them."""
    await cache.clear()
    for number, version in enumerate(arrivals):
        await cache.put_orders([(version, order(price=Decimal(number)))])
        await cache.put_positions([(version, position(amount=str(number + 1)))])
        await cache.put_balances("sim", version, [balance(str(number))], number)
    if not arrivals:
        return
    newest = max(arrivals)
    first = arrivals.index(newest)  # the same version again changes nothing
    assert await cache.find_orders(["order1"]) == [(newest, order(price=Decimal(first)))]
    assert await cache.positions() == [(newest, position(amount=str(first + 1)))]
    assert await cache.balances("sim") == (newest, [balance(str(first))], first)


async def test_a_higher_epoch_beats_a_higher_offset(cache: Cache) -> None:
    await cache.put_orders([(Version(2, 1), order(status=Status.OPEN))])
    await cache.put_orders([(Version(1, 999), order(status=Status.FILLED))])
    assert [kept.status for _, kept in await living_orders(cache)] == [Status.OPEN]


async def test_a_position_is_one_of_an_account_a_symbol_and_a_side(cache: Cache) -> None:
    legs = [
        position(),
        position(account="b"),
        position(symbol="ETH/USDT:USDT"),
        msgspec.structs.replace(position(), side=PositionSide.SHORT),
    ]
    await cache.put_positions([(Version(1, 1), leg) for leg in legs])
    assert len(await cache.positions()) == 4


async def test_a_flat_position_is_gone_and_an_older_write_does_not_bring_it_back(cache: Cache) -> None:
    await cache.put_positions([(Version(1, 5), position())])
    await cache.put_positions([(Version(1, 7), position(amount="0"))])
    assert await cache.positions() == []
    await cache.put_positions([(Version(1, 6), position())])
    assert await cache.positions() == []
    await cache.put_positions([(Version(1, 8), position())])
    assert await cache.positions() == [(Version(1, 8), position())]


async def test_an_older_flat_write_does_not_remove_a_position(cache: Cache) -> None:
    await cache.put_positions([(Version(1, 7), position())])
    await cache.put_positions([(Version(1, 5), position(amount="0"))])
    assert len(await cache.positions()) == 1


async def test_a_flat_position_with_a_discrepancy_stays(cache: Cache) -> None:
    doubtful = msgspec.structs.replace(position(amount="0"), discrepancy=Decimal("0.5"))
    await cache.put_positions([(Version(1, 1), doubtful)])
    assert await cache.positions() == [(Version(1, 1), doubtful)]


async def test_removed_orders_are_gone_and_the_others_are_not(cache: Cache) -> None:
    await cache.put_orders([(Version(1, number), order(number)) for number in range(1, 5)])
    await cache.remove_orders(["order1", "order3", "unknown"])
    assert {kept.order_id for _, kept in await living_orders(cache)} == {"order2", "order4"}
    assert set(await cache.living()) == {"order2", "order4"}


async def test_an_order_that_has_ended_is_not_among_the_living_and_can_still_be_found(cache: Cache) -> None:
    await cache.put_orders([(Version(1, 1), order(1)), (Version(1, 2), order(2, account="b"))])
    await cache.put_orders([(Version(1, 3), order(1, status=Status.FILLED))])
    assert await cache.living() == {"order2": "b"}
    assert [kept.order_id for _, kept in await living_orders(cache)] == ["order2"]
    assert await cache.find_orders(["order1"]) == [(Version(1, 3), order(1, status=Status.FILLED))]
    await cache.put_orders([(Version(1, 2), order(1))])
    assert "order1" not in await cache.living(), "an older write made it live again"


async def test_an_order_that_was_ended_by_mistake_lives_again(cache: Cache) -> None:
    await cache.put_orders([(Version(1, 1), order(status=Status.NOT_PLACED))])
    await cache.put_orders([(Version(1, 2), order(status=Status.OPEN))])
    assert await living_orders(cache) == [(Version(1, 2), order(status=Status.OPEN))]


async def test_found_orders_are_those_that_are_here(cache: Cache) -> None:
    await cache.put_orders([(Version(1, number), order(number)) for number in range(1, 450)])
    wanted = [f"order{number}" for number in range(440, 460)]
    assert {kept.order_id for _, kept in await cache.find_orders(wanted)} == set(wanted[:10])
    assert len(await living_orders(cache)) == 449


def applied(offset: int = 1, *, whole: bool = True, life: str = "") -> Applied:
    offsets = {"positions_updated": 2**53 + offset, "orders_updated": offset}
    return Applied(journal="j", life=life, epoch=1, whole=whole, offsets=offsets)


async def test_a_marker_stands_for_one_partition(cache: Cache) -> None:
    marker = applied(life=await cache.life())
    assert await cache.applied(0) is None
    assert await cache.put_applied(0, marker, instead_of=None)
    assert await cache.applied(0) == marker
    assert await cache.applied(1) is None


async def test_a_marker_moves_on_from_the_one_that_is_known(cache: Cache) -> None:
    await cache.put_applied(0, applied(1), instead_of=None)
    assert not await cache.put_applied(0, applied(3), instead_of=applied(2))
    assert await cache.applied(0) == applied(1)
    assert await cache.put_applied(0, applied(2), instead_of=applied(1))
    assert await cache.put_applied(0, applied(1, whole=False), instead_of=None), "its owner may begin anew"


async def test_a_marker_does_not_move_on_in_a_cache_that_was_emptied(cache: Cache) -> None:
    await cache.put_applied(0, applied(1), instead_of=None)
    await cache.clear()
    assert await cache.applied(0) is None
    assert not await cache.put_applied(0, applied(2), instead_of=applied(1))
    assert await cache.applied(0) is None


async def test_a_cache_lives_on_while_nothing_happens_to_it(cache: Cache) -> None:
    assert await cache.life() == await cache.life()


async def test_a_cleared_cache_forgets_versions_too(cache: Cache) -> None:
    await cache.put_orders([(Version(9, 9), order())])
    await cache.put_positions([(Version(9, 9), position(amount="0"))])
    await cache.clear()
    assert await living_orders(cache) == []
    await cache.put_orders([(Version(1, 1), order())])
    await cache.put_positions([(Version(1, 1), position())])
    assert len(await living_orders(cache)) == len(await cache.positions()) == 1
