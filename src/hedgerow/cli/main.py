"""`hedgerow`: the one way in from a shell, and the one way out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Final

import typer

from hedgerow import __version__
from hedgerow.cli import words
from hedgerow.cli.commands import (
    accounts,
    books,
    changes,
    devices,
    doctor,
    notices,
    orders,
    place,
    positions,
    rules,
    services,
    start,
    tokens,
)
from hedgerow.cli.exits import EXIT_CODES_HELP, CommandFault, ExitCode, ProblemError
from hedgerow.cli.outside import Outside, of_this_process

_NUMBER_AS_OPTION: Final = re.compile(r"-[0-9.]")

app = typer.Typer(
    name="hedgerow",
    help="A trading desk of your own: place, follow, change and close orders on your exchange accounts.\n\n"
    "Begin with `hedgerow up --with-simulator`, then `hedgerow place --help`.",
    epilog=EXIT_CODES_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    start,
    services,
    place,
    orders,
    changes,
    positions,
    books,
    rules,
    accounts,
    tokens,
    notices,
    devices,
    doctor,
):
    group.add_to(app)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hedgerow {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Print the version and end.")
    ] = False,
) -> None:
    pass


@cache
def _commands() -> Any:
    """All of them, as Typer built them."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None, outside: Outside | None = None) -> int:
    """Run one command; its exit code."""
    around = outside or of_this_process()
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        ended = _commands().main(args=given or ["--help"], prog_name="hedgerow", standalone_mode=False, obj=around)
        around.stdout.flush()
    except CommandFault as fault:
        return _end(fault, around, as_json="--json" in given)
    except typer.TyperException as mistake:  # what Typer says of a command line that it cannot read
        _complain(around, _mistake(mistake))
        return ExitCode.BAD_INPUT
    except typer.Abort:
        _complain(around, "Stopped; nothing was sent.")
        return ExitCode.BAD_INPUT
    except BrokenPipeError:
        return _reader_left()
    return ended if isinstance(ended, int) else ExitCode.DONE


def _end(fault: CommandFault, around: Outside, *, as_json: bool) -> int:
    try:
        if as_json and isinstance(fault, ProblemError):
            around.stdout.write(fault.raw.decode() + "\n")
            around.stdout.flush()
        _complain(around, str(fault))
    except BrokenPipeError:
        _reader_left()
    return fault.exit_code


def _mistake(mistake: typer.TyperException) -> str:
    sentence = mistake.format_message()
    option = getattr(mistake, "option_name", None)
    if option is not None and _NUMBER_AS_OPTION.match(option):
        return "A number must not be negative: it must be a plain decimal number above zero."
    context = getattr(mistake, "ctx", None)
    return sentence if context is None else f"{sentence} See `{context.command_path} --help`."


def _complain(around: Outside, sentence: str) -> None:
    print(words.visible(sentence), file=around.stderr, flush=True)


def _reader_left() -> int:
    """Whoever read our output has enough (`| head`): nothing more to say, and nothing wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.DONE
