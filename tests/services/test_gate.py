"""Sign-in at the gate: remembered for a moment, refused at once where the token was revoked here."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgerow.order_manager.http.front import Doorway, Front
from hedgerow.order_manager.http.gate import OWNER, Gate, Principal
from hedgerow.vault import Scope, Secret
from hedgerow.vault.sql import SqlVault


@pytest.fixture
async def vault(tmp_path: Path) -> SqlVault:
    return await SqlVault.open(tmp_path / "vault.sqlite", tmp_path / "vault.key")


def gate_of(vault: SqlVault, now: list[int]) -> Gate:
    return Gate(vault, Secret("door"), Doorway(Front()), lambda: now[0])


async def let_in(gate: Gate, headers: dict[bytes, bytes]) -> Principal | None:
    visitor = await gate.visitor(headers)
    return None if visitor is None else visitor.principal


def header(text: str) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {text}".encode()}


async def test_a_revoked_token_is_refused(vault: SqlVault) -> None:
    now = [1_000]
    gate = gate_of(vault, now)
    _, text = await vault.create_token("bot", Scope.READ, now[0])
    known = await let_in(gate, header(text.reveal()))
    assert known is not None
    assert (known.name, known.scope, known.owner) == ("token:bot", Scope.READ, False)
    await vault.revoke_token("bot", now[0])
    now[0] += 250
    assert await let_in(gate, header(text.reveal())) is None, "another process revoked it: a quarter of a second"
    await vault.close()


async def test_a_token_revoked_here_is_refused_at_once(vault: SqlVault) -> None:
    gate = gate_of(vault, [1_000])
    _, text = await vault.create_token("bot", Scope.TRADE, 1_000)
    assert await let_in(gate, header(text.reveal())) is not None
    await vault.revoke_token("bot", 1_000)
    gate.forget()
    assert await let_in(gate, header(text.reveal())) is None
    await vault.close()


async def test_the_owner_comes_in_by_the_door_and_nobody_by_nothing(vault: SqlVault) -> None:
    gate = gate_of(vault, [1_000])
    assert await let_in(gate, header("door")) == OWNER
    for headers in ({}, header(""), header("doors"), {b"authorization": b"Basic door"}):
        assert await let_in(gate, headers) is None
    await vault.close()
