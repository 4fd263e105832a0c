"""A day of trading in two seconds, drawn from a seed: what the feeds have to carry."""

from __future__ import annotations

import asyncio
from random import Random

from tests.e2e.desk_client import DeskClient
from tests.e2e.trading.market import external, trades_at
from tests.simulator.running import Running

ETH = "ETH/USDT:USDT"
STEPS = 240


async def walk(desk: DeskClient, exchange: Running, seed: int) -> None:
    """Orders of every kind come, change, fill and go, several at a time; at the end some rest and some is held."""
    chance = Random(seed)
    resting: list[str] = []

    async def step() -> None:
        match chance.randrange(8):
            case 0 | 1:
                price = str(chance.randrange(2_500, 2_900))
                order = await desk.placed("buy", "0.1", price, symbol=ETH)
                resting.append(order["order_id"])
            case 2 | 3:
                answer = await desk.place(chance.choice(["buy", "sell"]), "0.1", symbol=ETH)
                assert answer.status in (201, 202), answer
            case 4 if resting:
                await desk.amend(chance.choice(resting), price=str(chance.randrange(2_500, 2_900)))
            case 5 if resting:
                await desk.cancel(resting.pop(chance.randrange(len(resting))))
            case 6:
                side = chance.choice(["Buy", "Sell"])
                external(exchange, desk.account, symbol="ETHUSDT", side=side, orderType="Market", qty="0.1")
            case _:
                denied = await desk.place("buy", "0.1", "9000", symbol=ETH)
                assert denied.status == 422

    for _ in range(STEPS // 4):
        await asyncio.gather(*(step() for _ in range(4)))
    trades_at(exchange, "ETH", "2700.00")
    trades_at(exchange, "ETH", "3000.00")
