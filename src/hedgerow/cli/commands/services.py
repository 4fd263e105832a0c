"""`order-manager`, `order-resolver` and `kafka init`: the distributed deployment, a process each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from hedgerow.cli.command import group
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.outside import Outside
from hedgerow.config.services import service_settings, sources, topics
from hedgerow.config.sources import Sources

_Config = Annotated[
    Path | None,
    typer.Option("--config", help="A TOML file with settings; the environment comes first. [HEDGEROW_CONFIG]"),
]
_SETTINGS_HELP = """Settings come from the environment, from files that it names (HEDGEROW_DATABASE_FILE names one
that holds what HEDGEROW_DATABASE would), or from a TOML file; docs/settings.md lists them."""
_MANAGER_HELP = f"""Run an order_manager of the distributed deployment, and stay until Ctrl-C.

It takes orders on HEDGEROW_HOST and HEDGEROW_PORT, and prints `ready` once it does. Run as many as you like behind a
proxy: an Idempotency-Key places one order, whichever of them gets it. {_SETTINGS_HELP}

\b
Examples:
  hedgerow order-manager
  hedgerow order-manager --config /etc/hedgerow.toml
"""
_RESOLVER_HELP = f"""Run an order_resolver of the distributed deployment, and stay until Ctrl-C.

Resolvers share the accounts among themselves; when one dies the others take over. {_SETTINGS_HELP}

\b
Examples:
  hedgerow order-resolver
"""
_INIT_HELP = f"""Create the Kafka topics, or check those that are there.

Run again, it changes what may be changed (retention, how many brokers must have a record) and says so; the number of
partitions is for ever. {_SETTINGS_HELP}

\b
Examples:
  hedgerow kafka init
"""
T = TypeVar("T")


def add_to(app: typer.Typer) -> None:
    app.command("order-manager", help=_MANAGER_HELP)(order_manager)
    app.command("order-resolver", help=_RESOLVER_HELP)(order_resolver)
    kafka = group("kafka", "Set Kafka up for the distributed deployment.")
    kafka.command("init", help=_INIT_HELP)(kafka_init)
    app.add_typer(kafka)


def order_manager(ctx: typer.Context, config: _Config = None) -> None:
    outside: Outside = ctx.obj
    raise typer.Exit(outside.services.order_manager(_read(service_settings, outside, config)))


def order_resolver(ctx: typer.Context, config: _Config = None) -> None:
    outside: Outside = ctx.obj
    raise typer.Exit(outside.services.order_resolver(_read(service_settings, outside, config)))


def kafka_init(ctx: typer.Context, config: _Config = None) -> None:
    outside: Outside = ctx.obj
    raise typer.Exit(outside.services.kafka_init(_read(topics, outside, config)))


def _read(read: Callable[[Sources], T], outside: Outside, config: Path | None) -> T:
    named = outside.environment.get("HEDGEROW_CONFIG")
    file = config or (Path(named) if named else None)
    try:
        return read(sources(outside.environment, file))
    except ValueError as error:
        raise BadInputError("settings", str(error)) from None
