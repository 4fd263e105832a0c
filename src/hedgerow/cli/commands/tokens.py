"""`tokens`: who may use the API. They are kept hashed; a text is shown once, when it is made."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgerow.cli import inputs
from hedgerow.cli.client import decode, part
from hedgerow.cli.columns import Column
from hedgerow.cli.command import Invocation, command, group
from hedgerow.cli.exits import BadInputError
from hedgerow.cli.folder import on_vault, running_desk
from hedgerow.cli.inputs import KeyOption
from hedgerow.cli.terminal import Terminal
from hedgerow.core.codec import to_json
from hedgerow.order_manager.schemas import CreateTokenBody, TokenView
from hedgerow.vault import Scope, Token, Vault

Name = Annotated[str, typer.Argument(help="What it is called.")]


def add_to(app: typer.Typer) -> None:
    tokens = group("tokens", "API tokens: make, list, revoke.")
    command(tokens, "create", ("tokens create laptop --scope read", "tokens create bot --scope trade"))(create)
    command(tokens, "list", ("tokens list",))(list_tokens)
    command(tokens, "revoke", ("tokens revoke laptop",))(revoke)
    app.add_typer(tokens)


def create(
    here: Invocation,
    name: Name,
    scope: Annotated[Scope, typer.Option("--scope", help="read only looks; trade does all.")] = Scope.READ,
    key: KeyOption = None,
) -> None:
    """Make a token, and print it: this once.

    Only the token itself goes to standard output.
    """
    called = inputs.name("name", name)
    if running_desk(here):
        body = CreateTokenBody(name=called, scope=scope)
        raw = here.client.command("POST", "/api/tokens", body, key=inputs.key(key))
        view = decode(raw, TokenView)
    else:
        view = on_vault(here, lambda vault: _create(vault, called, scope, here.terminal.now_ms()))
        raw = to_json(view)
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.complain(f"The token {called} ({view.scope}). It is shown this once:")
    here.terminal.say(view.token or "")


async def _create(vault: Vault, name: str, scope: Scope, now_ms: int) -> TokenView:
    token, secret = await vault.create_token(name, scope, now_ms)
    return TokenView(name=token.name, scope=token.scope, created_ms=token.created_ms, token=secret.reveal())


def list_tokens(here: Invocation) -> None:
    """List the tokens; never their texts."""
    if running_desk(here):
        raw = here.client.get("/api/tokens")
    else:
        raw = to_json([_view(token) for token in on_vault(here, lambda vault: vault.tokens())])
    if here.terminal.json:
        here.terminal.give(raw)
        return
    here.terminal.tabulate(_columns(here.terminal), decode(raw, list[TokenView]), "No tokens.")


def _view(token: Token) -> TokenView:
    return TokenView(name=token.name, scope=token.scope, created_ms=token.created_ms, revoked_ms=token.revoked_ms)


def _columns(terminal: Terminal) -> list[Column[TokenView]]:
    return [
        Column("NAME", lambda token: token.name),
        Column("SCOPE", lambda token: token.scope),
        Column("CREATED", lambda token: terminal.moment(token.created_ms), rank=1),
        Column("REVOKED", lambda token: terminal.moment(token.revoked_ms or 0), sparse=True),
    ]


def revoke(here: Invocation, name: Name, key: KeyOption = None) -> None:
    """Revoke a token: from now on it opens nothing."""
    called = inputs.name("name", name)
    if running_desk(here):
        raw = here.client.command("DELETE", f"/api/tokens/{part(called)}", key=inputs.key(key))
    else:
        now_ms = here.terminal.now_ms()
        token = on_vault(here, lambda vault: vault.revoke_token(called, now_ms))
        if token is None:
            raise BadInputError("name", f"there is no token {called}")
        raw = to_json(_view(token))
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        here.terminal.say(f"{called} is revoked.")
