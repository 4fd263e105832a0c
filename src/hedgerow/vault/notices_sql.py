"""`NoticeVault` in the vault's database."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, select, update

from hedgerow.sql.database import Database
from hedgerow.sql.statements import insert_of
from hedgerow.vault import Secret
from hedgerow.vault.notices import Destination
from hedgerow.vault.schema import notice_destinations, notices_claimed
from hedgerow.vault.sealing import Sealer
from hedgerow.vault.transactions import read, write

_PURPOSE: Final = "notice destination"
_read_destination: Final = msgspec.json.Decoder(Destination).decode


class SqlNotices:
    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def add_destination(self, destination: Destination, url: Secret) -> None:
        row = {
            "name": destination.name,
            "body": msgspec.json.encode(destination).decode(),
            "sealed": self._sealer.seal(_PURPOSE, destination.name, url.reveal().encode()),
        }
        await write(
            self._database, partial(_insert, row=row), f"A destination named {destination.name} exists already."
        )

    async def destinations(self) -> list[Destination]:
        query = select(notice_destinations.c.body).order_by(notice_destinations.c.name)
        return [
            _read_destination(body) for body in await read(self._database, lambda c: c.execute(query).scalars().all())
        ]

    async def destination_url(self, name: str) -> Secret | None:
        query = select(notice_destinations.c.sealed).where(notice_destinations.c.name == name)
        sealed = await read(self._database, lambda connection: connection.execute(query).scalar())
        return None if sealed is None else Secret(self._sealer.open(_PURPOSE, name, sealed).decode())

    async def change_destination(self, destination: Destination) -> bool:
        body = msgspec.json.encode(destination).decode()
        table = notice_destinations
        statement = update(table).where(table.c.name == destination.name).values(body=body)
        return await write(self._database, lambda connection: bool(connection.execute(statement).rowcount))

    async def remove_destination(self, name: str) -> bool:
        statement = delete(notice_destinations).where(notice_destinations.c.name == name)
        return await write(self._database, lambda connection: bool(connection.execute(statement).rowcount))

    async def claim(self, key: str, state: str, now_ms: int, *, only_known: bool = False) -> bool:
        return await write(self._database, partial(_claim, key=key, state=state, now_ms=now_ms, only_known=only_known))

    async def forget_claims(self, state: str, before_ms: int) -> None:
        table = notices_claimed
        statement = delete(table).where(table.c.state == state, table.c.claimed_ms < before_ms)
        await write(self._database, lambda connection: connection.execute(statement))


def _insert(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(notice_destinations.insert(), row)


def _claim(connection: Connection, key: str, state: str, now_ms: int, *, only_known: bool) -> bool:
    """One statement: of several processes that claim at once, one changes the row."""
    table = notices_claimed
    values = {"state": state, "claimed_ms": now_ms}
    if only_known:
        statement: Any = update(table).where(table.c.key == key, table.c.state != state).values(values)
    else:
        statement = insert_of(connection)(table).values(key=key, **values)
        statement = statement.on_conflict_do_update(index_elements=["key"], set_=values, where=table.c.state != state)
    return connection.execute(statement.returning(table.c.key)).first() is not None
