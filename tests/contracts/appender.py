"""A process that appends without end and prints what was acknowledged, until it is killed.

python -m tests.contracts.appender ADAPTER FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hedgerow.journal import Journal, Record
from tests.contracts.adapters import JOURNALS

WRITERS = 8
PAIR = 2  # records in one append


async def write(journal: Journal, account: str) -> None:
    number = 0
    while True:
        records = [Record(1, f"{account} {number + i}".encode()) for i in range(PAIR)]
        if number % 5 == 0:
            parts = [("orders", records), ("fills", records[-1:])]
            place = (await journal.append_in_order(account, parts))[0]
        else:
            place = await journal.append("orders", account, records, lazy=number % 6 == 0)
        number += PAIR
        print(account, number - 1, place.partition, place.offset, flush=True)


async def main(adapter: str, folder: str) -> None:
    journal = await JOURNALS[adapter](Path(folder))
    async with asyncio.TaskGroup() as tasks:
        for number in range(WRITERS):
            tasks.create_task(write(journal, f"account{number}"))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
