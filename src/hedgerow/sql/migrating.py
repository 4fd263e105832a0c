"""Migrations at open: Alembic's, kept beside each schema."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

from hedgerow.sql.sqlite import UnusableFileError

_one_at_a_time: Final = threading.Lock()  # Alembic's context is the process's


def upgrade(engine: Engine, migrations: Path, head: str) -> None:
    """Bring a database to the revision that this version knows, in one transaction.

    Raises:
        UnusableFileError: it was written by a newer version.
    """
    current = revision(engine)
    if current != head:
        with _one_at_a_time:
            _migrate(engine, migrations, current)


def _migrate(engine: Engine, migrations: Path, current: str | None) -> None:
    # Imported here because the usual start does not need it, and it costs a tenth of a second.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    try:
        ScriptDirectory.from_config(config).get_revision(current or "base")
    except CommandError as error:
        raise UnusableFileError(
            f"The database {engine.url.database} was written by a newer Hedgerow."
            " Nothing was changed: run the newer one."
        ) from error
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision(engine: Engine) -> str | None:
    """The revision that a database is at; `None` where it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found
