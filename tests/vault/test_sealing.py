from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.vault import VaultFault
from hedgerow.vault.sealing import Sealer, make_key, read_key

KEY = bytes(range(32))


def sealer(key: bytes = KEY) -> Sealer:
    return Sealer(key, secrets.token_bytes)


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_what_is_sealed_opens_for_the_same_purpose_and_name(clear: bytes, purpose: str, name: str) -> None:
    assert sealer().open(purpose, name, sealer().seal(purpose, name, clear)) == clear


def test_no_two_seals_are_alike() -> None:
    one = sealer()
    assert len({one.seal("credentials", "sim", b"clear") for _ in range(50)}) == 50


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed_wherever_it_is(at: int, change: int) -> None:
    sealed = bytearray(sealer().seal("credentials", "sim", b"clear text"))
    sealed[at % len(sealed)] ^= change
    with pytest.raises(VaultFault, match="cannot be decrypted"):
        sealer().open("credentials", "sim", bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 12, 13, 20])
def test_a_cut_seal_is_noticed(length: int) -> None:
    with pytest.raises(VaultFault):
        sealer().open("credentials", "sim", sealer().seal("credentials", "sim", b"clear")[:length])


@pytest.mark.parametrize(("purpose", "name"), [("credentials", "other"), ("key", "sim"), ("credentialssim", "")])
def test_a_seal_opens_for_nothing_else(purpose: str, name: str) -> None:
    with pytest.raises(VaultFault):
        sealer().open(purpose, name, sealer().seal("credentials", "sim", b"clear"))


def test_another_key_opens_nothing_and_the_message_holds_no_secret() -> None:
    sealed = sealer().seal("credentials", "sim", b"canary")
    with pytest.raises(VaultFault) as caught:
        sealer(bytes(32)).open("credentials", "sim", sealed)
    assert "canary" not in str(caught.value)
    assert "sim" in str(caught.value)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    assert read_key(path) is None
    key = make_key(path, secrets.token_bytes)
    assert (len(key), read_key(path), make_key(path, secrets.token_bytes)) == (32, key, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["vault.key"]


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o660])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "vault.key"
    make_key(path, secrets.token_bytes)
    path.chmod(mode)
    with pytest.raises(VaultFault, match="chmod 600"):
        read_key(path)


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(VaultFault, match="restore it"):
        read_key(path)
