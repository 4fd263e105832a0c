"""Writes the reference pages that follow from the code: `make docs`. A test fails when one of them is stale."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from hedgerow.config import Settings, from_environment, services
from hedgerow.config.sources import Setting
from hedgerow.core import records
from hedgerow.core.limits import Limits
from hedgerow.core.moves_table import moves_markdown
from hedgerow.core.records import Stream
from hedgerow.core.refusals import Code, Refusal
from hedgerow.journal.envelope import Envelope
from hedgerow.order_manager.http.app import routes
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.place import PlaceOrder
from hedgerow.order_manager.http.problems import AT_THE_GATE, status_of
from hedgerow.order_manager.http.streams_schema import with_streams

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; change the code, then `make docs`. -->\n"
_HOLDS: dict[Stream, tuple[type, ...]] = {
    Stream.ORDER_INTENTS: (
        records.OrderIntended,
        records.AmendIntended,
        records.CancelIntended,
        records.CancelAllIntended,
        records.ProtectIntended,
        records.LeverageIntended,
        records.LimitsIntended,
        records.TradingStateIntended,
        records.GroupIntended,
        records.CameToNothing,
    ),
    Stream.ORDERS_EXECUTED: (records.Answered,),
    Stream.ORDERS_UPDATED: (records.OrderUpdated, records.TakenOver),
    Stream.POSITIONS_UPDATED: (records.PositionUpdated, records.TakenOver),
    Stream.FILLS: (records.FillBooked, records.TakenOver),
    Stream.BALANCES_UPDATED: (records.BalancesUpdated, records.TakenOver),
    Stream.LEDGER: (records.LedgerEntry,),
    Stream.HEARTBEATS: (records.Heartbeat,),
}


def openapi() -> dict[str, Any]:
    """The API's own description, made without a running desk."""
    app = routes(cast(Desk, SimpleNamespace()), cast(PlaceOrder, SimpleNamespace()))
    return with_streams(cast("dict[str, Any]", msgspec.to_builtins(app.openapi_schema.to_schema(), str_keys=True)))


def api_page() -> str:
    lines = [NOTE, "# The REST API", ""]
    lines += ["Described in full at `/api/openapi.json`. Money is text. Every command takes an `Idempotency-Key`.", ""]
    lines += ["| call | does | answers |", "|---|---|---|"]
    for path, methods in sorted(openapi()["paths"].items()):
        for method, operation in methods.items():
            answers = ", ".join(sorted(code for code in operation["responses"] if code < "300"))
            lines.append(f"| `{method.upper()} {path}` | {operation.get('summary', '')} | {answers} |")
    lines += ["", "## Problems", ""]
    lines += [
        "Errors are RFC 9457 problems with a stable `code`, the `field` at fault, a sentence, and the exchange's own"
    ]
    lines += ["`exchange_code` and `exchange_message` where it was the exchange that refused.", ""]
    lines += ["| code | HTTP status |", "|---|---|"]
    lines += [f"| `{code}` | {int(status_of(Refusal(code, '')))} |" for code in Code]
    lines += ["", "Of signing in, and of who may ask from where ([signing in](sign-in.md)):", ""]
    lines += ["| code | HTTP status |", "|---|---|"]
    lines += [f"| `{code}` | {int(status)} |" for code, status in AT_THE_GATE.items()]
    return "\n".join(lines) + "\n\n" + (HERE / "api-sockets.part.md").read_text()


def events_page() -> str:
    lines = [NOTE, "# Streams and what they hold", "", _doc(Envelope), "", _fields(Envelope), ""]
    for stream, bodies in _HOLDS.items():
        lines += [f"## `{stream}`", ""]
        for body in bodies:
            tag = cast(msgspec.Struct, body).__struct_config__.tag
            lines += [f"### `{tag}`", "", _doc(body), "", _fields(body), ""]
    return "\n".join(lines)


def settings_page() -> str:
    lines = [NOTE, "# Settings", "", _doc(Settings), "", _doc(from_environment), ""]
    lines += ["## The distributed deployment", "", _doc(services), ""]
    lines += ["| variable | what it says | as shipped |", "|---|---|---|"]
    lines += [f"| `{each.name}` | {each.about} | {_shipped(each)} |" for each in services.SETTINGS]
    lines += ["", *_HOW_SETTINGS_ARE_GIVEN, ""]
    lines += ["## Limits of an account", "", _doc(Limits), "", "| limit | as shipped |", "|---|---|"]
    lines += [f"| `{name}` | {getattr(Limits(), name)} |" for name in Limits.__struct_fields__]
    return "\n".join(lines) + "\n"


def _shipped(setting: Setting[Any]) -> str:
    return "must be given" if setting.shipped is None else f"`{setting.shipped}`" if setting.shipped else ""


def states_page() -> str:
    return NOTE + "\n" + moves_markdown()


def _doc(thing: object) -> str:
    text = inspect.getdoc(thing) or ""
    head, found, attributes = text.partition("Attributes:")
    if not found:
        return text
    body = textwrap.dedent(attributes.strip("\n"))
    items = [f"- {line}" if not line.startswith(" ") else f" {line}" for line in body.splitlines() if line.strip()]
    return head.strip() + "\n\n" + "\n".join(items)


def _fields(struct: type) -> str:
    rows = [f"| `{field.encode_name}` | {_type_name(field.type)} |" for field in msgspec.structs.fields(struct)]
    return "\n".join(["| field | type |", "|---|---|", *rows])


def _type_name(kind: Any) -> str:
    text = kind.__name__ if isinstance(kind, type) else str(kind)
    for module in ("hedgerow.core.", "hedgerow.journal.", "decimal.", "typing."):
        text = text.replace(module, "")
    parts = [part.rpartition(".")[2] if "." in part else part for part in text.split(" | ")]
    return "one of the kinds below" if len(parts) > 6 else " or ".join(parts).replace("|", "or")


_HOW_SETTINGS_ARE_GIVEN = (
    "Each may also be given as `NAME_FILE`: the path of a file that holds the value, as secrets are. Or in a TOML",
    "file, by `--config` or `HEDGEROW_CONFIG`, without `HEDGEROW_` and in small letters; the environment comes first.",
)


def openapi_file() -> str:
    """What the page's types are made from."""
    return json.dumps(openapi(), indent=1, sort_keys=True) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "../frontend/openapi.json": openapi_file,
    "api.md": api_page,
    "events.md": events_page,
    "settings.md": settings_page,
    "order-states.md": states_page,
}


def main() -> None:
    for name, page in PAGES.items():
        (HERE / name).write_text(page())


if __name__ == "__main__":
    main()
