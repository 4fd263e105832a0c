"""What every command has in common: how it finds the desk, what it writes to, and its help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, cast, get_type_hints

import msgspec
import typer

from hedgerow.cli.client import Client
from hedgerow.cli.door import Desk, find_desk
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.outside import Outside
from hedgerow.cli.terminal import Terminal
from hedgerow.config import Settings, from_environment

P = ParamSpec("P")

JsonFlag = Annotated[
    bool, typer.Option("--json", help="Print the desk's JSON; live views print a line for each event.")
]
DeskUrl = Annotated[
    str | None, typer.Option("--url", help="The desk's address, if not the one of the data folder. [HEDGEROW_URL]")
]
DeskToken = Annotated[
    str | None, typer.Option("--token", help="A token for it; better set HEDGEROW_TOKEN, which `ps` does not show.")
]
DataFolder = Annotated[Path | None, typer.Option("--data", help="The desk's data folder. [HEDGEROW_DATA]")]


class Invocation:
    """One command as it runs."""

    def __init__(
        self, outside: Outside, *, json: bool = False, url: str | None = None, token: str | None = None,
        data: Path | None = None,
    ) -> None:  # fmt: skip
        self.outside = outside
        self.terminal = Terminal(
            outside.stdout, outside.stderr, outside.environment, outside.now_ms, outside.zone, json
        )
        self._url = url
        self._token = token
        self._data = data

    @cached_property
    def settings(self) -> Settings:
        return settings_with(self.outside, data=self._data)

    @property
    def elsewhere(self) -> bool:
        """Whether a desk was named, so that the data folder's own is not meant."""
        return bool(self._url or self.outside.environment.get("HEDGEROW_URL"))

    def desk(self) -> Desk:
        """Where the desk is now: one that was started again has another token, maybe another port."""
        return find_desk(self.settings.door_path, self.outside.environment, self._url, self._token)

    @property
    def client(self) -> Client:
        return Client(self.desk())


def settings_with(outside: Outside, *, data: Path | None) -> Settings:
    """The environment's settings, on another data folder if one is given.

    Raises:
        BadInputError: a setting cannot be read.
    """
    try:
        settings = from_environment(outside.environment)
    except ValueError as error:
        raise BadInputError("environment", str(error)) from None
    return settings if data is None else msgspec.structs.replace(settings, data_dir=data)


def command(
    app: typer.Typer, name: str, examples: Sequence[str]
) -> Callable[[Callable[Concatenate[Invocation, P], None]], Callable[Concatenate[Invocation, P], None]]:
    """Add a command. Typer sees its parameters after the first, then the common ones."""

    def add(run: Callable[Concatenate[Invocation, P], None]) -> Callable[Concatenate[Invocation, P], None]:
        app.command(name, help=_help(run.__doc__ or "", examples))(_entry(run))
        return run

    return add


def _common(
    json: JsonFlag = False, url: DeskUrl = None, token: DeskToken = None, data: DataFolder = None
) -> dict[str, Any]:
    """The options of every command; their signature is what Typer sees."""
    return {"json": json, "url": url, "token": token, "data": data}


def _entry(run: Callable[Concatenate[Invocation, P], None]) -> Callable[..., None]:
    """What Typer calls: the command's own parameters and the common ones. One of its own hides a common one."""
    hints = get_type_hints(run, include_extras=True)
    _, *own = inspect.signature(run).parameters.values()
    names = {parameter.name for parameter in own}
    common = [p for p in inspect.signature(_common, eval_str=True).parameters.values() if p.name not in names]

    def entry(ctx: typer.Context, **given: Any) -> None:
        shared = {parameter.name: given.pop(parameter.name) for parameter in common}
        cast(Callable[..., None], run)(Invocation(ctx.obj, **_common(**shared)), **given)

    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    resolved = [parameter.replace(annotation=hints[parameter.name]) for parameter in own]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (context, *resolved, *common)]
    entry.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    entry.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return entry


def _help(docstring: str, examples: Sequence[str]) -> str:
    """The docstring's first paragraphs, then the examples, each on its own line."""
    shown = "\n".join(f"  hedgerow {example}" for example in examples)
    return f"{inspect.cleandoc(docstring)}\n\n\b\nExamples:\n{shown}"


def group(name: str, about: str) -> typer.Typer:
    """A command that only holds others; alone it shows them."""
    app = typer.Typer(name=name, help=about, invoke_without_command=True)

    @app.callback()
    def show(ctx: typer.Context) -> None:
        if ctx.invoked_subcommand is None:
            typer.echo(ctx.get_help())

    return app
