"""One row by its key on a server, as it is asked for on the path of every order."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterable
from typing import Final

import psycopg
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from hedgerow.sql.faults import RowFault, reason
from hedgerow.sql.postgresql import FOR_ROWS, Patience, PostgresServer, TimelyConnection

TextRow = tuple[str | None, ...]
_AT_ONCE: Final = 10_000
_MANY: Final = "too much is asked of it at once"


class _LostError(Exception):
    """The connection went away; what was asked may be asked again."""


class Lookup:
    """Rows by key over a connection of its own, on the event loop: no thread, no transaction, one round trip.

    Questions follow each other without waiting for answers
    (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html). A connection that was cut off is made anew.

    Args:
        queries: each has one parameter, `$1`, and only reads.
    """

    def __init__(self, server: PostgresServer, queries: Iterable[str], patience: Patience = FOR_ROWS) -> None:
        self._server = server
        # Short names: a server tells statements apart by the first 63 bytes of theirs.
        self._names = {query: b"q%d" % number for number, query in enumerate(queries)}
        self._patience = patience
        self._connection: TimelyConnection | None = None
        self._socket = -1  # a duplicate for the event loop: libpq closes its own as soon as the connection is lost
        self._connecting: asyncio.Task[None] | None = None
        self._asked: deque[asyncio.Future[TextRow | None]] = deque()
        self._result: PGresult | None = None  # of the oldest question
        self._closed = False

    async def row(self, query: str, key: str | bytes) -> TextRow | None:
        """The columns as text; `bytes` are the key of a binary column. Raises RowFault."""
        name, value = self._names[query], key.encode() if isinstance(key, str) else key
        try:
            async with asyncio.timeout(self._patience.answer_s):
                try:
                    return await self._answer(name, value)
                except _LostError:
                    return await self._answer(name, value)  # reading twice is harmless
        except _LostError as lost:
            raise RowFault(str(lost)) from None
        except TimeoutError:
            fault = f"no answer within {self._patience.answer_s:g} s"
            self._lose(fault)  # whoever asks next must not wait behind this question
            raise RowFault(fault) from None

    async def _answer(self, name: bytes, value: bytes) -> TextRow | None:
        if self._connection is None:
            await self._connect()
        assert self._connection is not None
        if len(self._asked) >= _AT_ONCE:
            raise RowFault(_MANY)
        answer: asyncio.Future[TextRow | None] = asyncio.get_running_loop().create_future()
        line = self._connection.pgconn
        try:
            line.send_query_prepared(name, [value], param_formats=[Format.BINARY])
            line.pipeline_sync()
            self._asked.append(answer)
            self._flush(line)
        except psycopg.Error as error:
            self._lose(reason(error))
            raise _LostError(reason(error)) from None
        return await answer

    def _flush(self, line: PGconn) -> None:
        loop = asyncio.get_running_loop()
        if line.flush():
            loop.add_writer(self._socket, self._writable)
        else:
            loop.remove_writer(self._socket)

    def _writable(self) -> None:
        if self._connection is not None:
            try:
                self._flush(self._connection.pgconn)
            except psycopg.Error as error:
                self._lose(reason(error))

    def _readable(self) -> None:
        assert self._connection is not None
        line = self._connection.pgconn
        try:
            line.consume_input()
            while self._asked and not line.is_busy():
                if (result := line.get_result()) is None:
                    if line.status != ConnStatus.OK:
                        raise psycopg.OperationalError("the connection was lost")
                elif result.status == ExecStatus.PIPELINE_SYNC:
                    self._settle()
                else:
                    self._result = result
        except psycopg.Error as error:
            self._lose(reason(error))

    def _settle(self) -> None:
        """The oldest question is answered whole."""
        answer, result, self._result = self._asked.popleft(), self._result, None
        if answer.done():  # whoever asked has gone
            return
        if result is None or result.status != ExecStatus.TUPLES_OK:
            said = None if result is None else result.error_field(DiagnosticField.MESSAGE_PRIMARY)
            answer.set_exception(RowFault((said or b"no answer").decode(errors="replace")))
        elif result.ntuples == 0:
            answer.set_result(None)
        else:
            values = [result.get_value(0, column) for column in range(result.nfields)]
            answer.set_result(tuple(None if value is None else value.decode() for value in values))

    async def _connect(self) -> None:
        """Everybody who finds no connection waits for the same one. Raises RowFault."""
        if self._closed:
            raise RowFault("it is closed")
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._open(), name="sql-lookup-connecting")
            self._connecting.add_done_callback(self._connected)
        await asyncio.shield(self._connecting)

    async def _open(self) -> None:
        try:
            connection = await asyncio.to_thread(self._prepared)
        except psycopg.Error as error:
            raise RowFault(reason(error)) from None
        if self._closed:
            connection.close()
            raise RowFault("it is closed")
        self._connection = connection
        self._socket = os.dup(connection.pgconn.socket)
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def _connected(self, connecting: asyncio.Task[None]) -> None:
        self._connecting = None
        if not connecting.cancelled():
            connecting.exception()  # whoever waited may have gone

    def _prepared(self) -> TimelyConnection:
        """In a thread: a connection that knows every query."""
        connection = self._server.connect(self._patience, reads_rows=True)
        line = connection.pgconn
        for query, name in self._names.items():
            made = line.prepare(name, query.encode())
            if made.status != ExecStatus.COMMAND_OK:
                connection.close()
                raise psycopg.OperationalError(made.error_message.decode(errors="replace"))
        line.nonblocking = 1
        line.enter_pipeline_mode()
        return connection

    def _lose(self, why: str) -> None:
        """Give the connection up, and all that was asked over it."""
        if self._connection is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.remove_writer(self._socket)
            os.close(self._socket)
            self._connection.close()
        self._connection, self._result = None, None
        asked, self._asked = self._asked, deque()
        for answer in asked:
            if not answer.done():
                answer.set_exception(_LostError(why))

    async def close(self) -> None:
        self._closed = True
        if self._connecting is not None:
            await asyncio.wait([self._connecting])
        self._lose("it is closed")
