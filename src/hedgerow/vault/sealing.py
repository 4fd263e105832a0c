"""Encryption at rest: AES-256-GCM under a key that lives in a file of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hedgerow.vault import VaultFault

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # NIST SP 800-38D, 8.2.2: random, 96 bits, far below 2**32 seals under one key
_FORMAT: Final = b"\x01"
_OTHERS: Final = 0o037  # whoever is not the owner may at most read as its group, as mounted secrets are

RandomBytes = Callable[[int], bytes]


class Sealer:
    """Seals bytes for one purpose and one name: what is sealed opens nowhere else."""

    def __init__(self, key: bytes, random_bytes: RandomBytes) -> None:
        self._cipher = AESGCM(key)
        self._random_bytes = random_bytes

    def seal(self, purpose: str, name: str, clear: bytes) -> bytes:
        nonce = self._random_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, clear, _bound_to(purpose, name))

    def open(self, purpose: str, name: str, sealed: bytes) -> bytes:
        """Raises VaultFault where the key is another, or a byte of it, its purpose or its name was changed."""
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if not sealed.startswith(_FORMAT):
                raise ValueError(sealed[:1])
            return self._cipher.decrypt(nonce, rest, _bound_to(purpose, name))
        except (InvalidTag, ValueError):
            raise VaultFault(
                f"The {purpose} of {name} cannot be decrypted: the key file is not the one it was stored with,"
                " or the vault was altered."
            ) from None


def _bound_to(purpose: str, name: str) -> bytes:
    return msgspec.json.encode(["hedgerow", purpose, name])


def read_key(path: Path) -> bytes | None:
    """The key in a file; `None` where there is no file.

    Raises:
        VaultFault: it is no key, or others may read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise VaultFault(f"The key file {path} cannot be read: {error.strerror}.") from error
    if mode & _OTHERS:
        raise VaultFault(f"Others may read or change the key file {path}: run `chmod 600 {path}`.")
    if len(key) != KEY_BYTES:
        raise VaultFault(f"The key file {path} does not hold a key of {KEY_BYTES} bytes: restore it from a backup.")
    return key


def make_key(path: Path, random_bytes: RandomBytes) -> bytes:
    """Make a key file, durable before anything is sealed with it; where another process was first, its key."""
    try:
        descriptor, new = tempfile.mkstemp(".new", path.name + ".", path.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(random_bytes(KEY_BYTES))
                file.flush()
                os.fsync(descriptor)
            with suppress(FileExistsError):
                os.link(new, path)  # unlike a rename, it never replaces a key
        finally:
            os.unlink(new)
        _sync_folder(path.parent)
    except OSError as error:
        raise VaultFault(f"The key file {path} cannot be made: {error.strerror}.") from error
    key = read_key(path)
    assert key is not None
    return key


def _sync_folder(folder: Path) -> None:
    """Or a power cut takes the file's name, while a server elsewhere keeps what was sealed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
