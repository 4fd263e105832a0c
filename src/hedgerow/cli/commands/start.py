"""`up` and `simulator`: what starts something that stays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hedgerow.cli.command import settings_with
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.outside import Outside
from hedgerow.config import DEFAULT_PORT, DEFAULT_SIMULATOR_PORT
from hedgerow.config.sources import optional_address

_Port = Annotated[int | None, typer.Option("--port", min=0, max=65_535, help=f"0 takes a free one. [{DEFAULT_PORT}]")]

_UP_HELP = """Start the desk, and stay until Ctrl-C.

It prints a link that signs a browser in, then `ready` and its address once it takes orders. One desk owns a data
folder at a time. It listens on this machine alone; beyond it only with TLS, its own or a proxy's.

\b
Examples:
  hedgerow up
  hedgerow up --with-simulator --seed 7
  hedgerow up --data /srv/hedgerow --port 9000
  hedgerow up --host 0.0.0.0 --tls-cert desk.pem --tls-key desk.key --public-url https://desk.example:8040
  hedgerow up --behind-proxy --public-url https://desk.example
"""
_SIMULATOR_HELP = """Start a simulated exchange, and stay until Ctrl-C.

It speaks Bybit's protocol. Its flags are its own: `hedgerow simulator --help` lists them.

\b
Examples:
  hedgerow simulator --exchange bybit --port 8041 --seed 7
"""


def add_to(app: typer.Typer) -> None:
    app.command("up", help=_UP_HELP)(up)
    app.command(
        "simulator",
        help=_SIMULATOR_HELP,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )(simulator)


def up(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on. [127.0.0.1]")] = None,
    port: _Port = None,
    data: Annotated[Path | None, typer.Option("--data", help="The desk's data folder. [HEDGEROW_DATA]")] = None,
    with_simulator: Annotated[
        bool, typer.Option("--with-simulator", help="Start a simulated exchange too, with an account `sim` on it.")
    ] = False,
    simulator_port: Annotated[
        int,
        typer.Option(
            "--simulator-port",
            min=0,
            max=65_535,
            envvar="HEDGEROW_SIMULATOR_PORT",
            help="Port of the simulated exchange.",
        ),
    ] = DEFAULT_SIMULATOR_PORT,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same market.")] = 1,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A name beyond localhost to answer to; may be repeated.")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option("--public-url", help="The page's address from outside, for links and QR codes.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="A PEM file: speak TLS with it.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="The certificate's key, a PEM file.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy with TLS stands before the desk: believe what it forwards.")
    ] = False,
) -> None:
    outside: Outside = ctx.obj
    settings = settings_with(outside, data=data)
    settings = msgspec.structs.replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
        allowed_hosts=(*settings.allowed_hosts, *(allow_host or ())),
        public_url=settings.public_url if public_url is None else _address(public_url),
        tls_cert=tls_cert or settings.tls_cert,
        tls_key=tls_key or settings.tls_key,
        behind_proxy=behind_proxy or settings.behind_proxy,
    )
    raise typer.Exit(outside.run_desk(settings, (simulator_port, seed) if with_simulator else None))


def _address(text: str) -> str | None:
    try:
        return optional_address(text)
    except ValueError as error:
        raise BadInputError("public-url", str(error)) from None


def simulator(ctx: typer.Context) -> None:
    outside: Outside = ctx.obj
    raise typer.Exit(outside.run_simulator(ctx.args))
