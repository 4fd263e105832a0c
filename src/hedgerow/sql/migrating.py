"""Migrations at open: Alembic's, kept beside each schema."""

from __future__ import annotations

import threading
import zlib
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from hedgerow.sql.sqlite import UnusableFileError

_one_at_a_time: Final = threading.Lock()  # Alembic's context is the process's


def upgrade(engine: Engine, migrations: Path, head: str, namespace: str | None = None) -> None:
    """Bring a database to the revision that this version knows, in one transaction.

    Several processes may do so at once: one migrates, the others wait for it.

    Args:
        namespace: where the tables are on a server; made if it is missing.

    Raises:
        UnusableFileError: it was written by a newer version.
    """
    with engine.connect() as connection:
        current = revision(connection)
    if current != head:
        with _one_at_a_time, engine.begin() as connection:
            if namespace is not None:
                _alone(connection, namespace)
            _migrate(connection, migrations, connection.engine.url.database or namespace)


def _alone(connection: Connection, namespace: str) -> None:
    """Until the end of the transaction, nobody else migrates this namespace."""
    key = zlib.crc32(f"hedgerow {namespace}".encode())
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    # Looked for first: whoever may not make one may still use the one that was made for them.
    if connection.execute(text("SELECT to_regnamespace(:name) IS NULL"), {"name": namespace}).scalar_one():
        connection.execute(text(f'CREATE SCHEMA "{namespace}"'))


def _migrate(connection: Connection, migrations: Path, where: str | None) -> None:
    # Imported here because the usual start does not need it, and it costs a tenth of a second.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    try:
        ScriptDirectory.from_config(config).get_revision(revision(connection) or "base")
    except CommandError as error:
        raise UnusableFileError(
            f"The database {where} was written by a newer Hedgerow. Nothing was changed: run the newer one."
        ) from error
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """The revision that a database is at; `None` where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
