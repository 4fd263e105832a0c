"""The exchange's memory over restarts: a snapshot, and a log of every command since.

A command is in the operating system's hands before its answer leaves, so the death of this process loses nothing; a
power cut may (the paper exchange does not sync its disk).  The engine is deterministic, so snapshot and log together
are the state.  Files of a folder: `lock` (one process at a time), `keys.json` (0600), `snapshot`, and `log-N`, the
commands after snapshot N.  A snapshot replaces the one before in one rename, so there is no moment without a whole one.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.simulator.bybit.auth import ApiKey
from hedgerow.simulator.messages import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Command,
    OpenAccount,
    PlaceOrder,
    SetIndex,
    SetLeverage,
    SetTradingStop,
)

FORMAT = 1
LONG_LOG_BYTES = 2 * 1024 * 1024  # worth a snapshot when nobody is kept waiting by it (a tenth of a second)
LONGEST_LOG_BYTES = 64 * 1024 * 1024  # cut in any case: twenty seconds to read again
_HEAD = struct.Struct("<II")  # length and CRC-32 of what follows
_LONGEST_RECORD = 1024 * 1024
# The number in the log is the place in this tuple: append only.
_KINDS: tuple[type[Any], ...] = (
    PlaceOrder,
    AmendOrder,
    CancelOrder,
    CancelAll,
    SetTradingStop,
    SetLeverage,
    OpenAccount,
    SetIndex,
)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class StoreError(Exception):
    """The folder cannot be used: its message says which file and why."""


class Store:
    """Append, cut, close; everything synchronous, a few microseconds a command."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = _locked(folder)
        self._epoch, self.snapshot = _read_snapshot(folder / "snapshot")
        self._log = -1
        self._size = 0

    def cut_is_due(self, quiet: bool) -> bool:
        """Whether the log has grown long; sooner when the exchange is quiet."""
        return self._size >= (LONG_LOG_BYTES if quiet else LONGEST_LOG_BYTES)

    def replay(self) -> Iterator[tuple[Command, int]]:
        """The commands after the snapshot, and their times; a torn last record is taken off the file."""
        path = self._folder / f"log-{self._epoch}"
        raw = path.read_bytes() if path.exists() else b""
        whole = 0
        for end, payload in _records(raw, path):
            yield _command(payload, path)
            whole = end
        if whole < len(raw):
            os.truncate(path, whole)
        self._size = whole
        self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(self, commands: Iterable[Command], now_ms: int) -> None:
        record = b"".join(_record(command, now_ms) for command in commands)
        if not record:
            return
        try:
            written = os.write(self._log, record)
        except OSError as error:
            raise StoreError(f"cannot write to {self._folder}: {error.strerror}") from error
        if written != len(record):
            raise StoreError(f"cannot write to {self._folder}: the disk is full")
        self._size += written

    def cut(self, state: dict[str, Any]) -> None:
        """A new snapshot and an empty log after it."""
        following = self._epoch + 1
        payload = _encode({"format": FORMAT, "epoch": following, "state": state})
        _replace(self._folder / "snapshot", _HEAD.pack(len(payload), zlib.crc32(payload)) + payload)
        previous, self._epoch, self._size = self._epoch, following, 0
        os.close(self._log)
        self._log = os.open(self._folder / f"log-{following}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        (self._folder / f"log-{previous}").unlink(missing_ok=True)

    def close(self) -> None:
        if self._log >= 0:
            os.close(self._log)
        os.close(self._lock)

    def read_keys(self) -> list[ApiKey]:
        path = self._folder / "keys.json"
        if not path.exists():
            return []
        try:
            return msgspec.json.decode(path.read_bytes(), type=list[ApiKey])
        except msgspec.DecodeError as error:
            raise StoreError(f"{path} is not a list of keys: {error}") from error

    def write_keys(self, keys: Iterable[ApiKey]) -> None:
        _replace(self._folder / "keys.json", msgspec.json.format(msgspec.json.encode(list(keys))))


def _locked(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"cannot use {folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreError(f"another simulator is using {folder}") from error
    return lock


def _read_snapshot(path: Path) -> tuple[int, dict[str, Any] | None]:
    if not path.exists():
        return 0, None
    raw = path.read_bytes()
    payload = raw[_HEAD.size :]
    if len(raw) < _HEAD.size or _HEAD.unpack_from(raw) != (len(payload), zlib.crc32(payload)):
        raise StoreError(f"{path} is damaged: its checksum is wrong")
    held = _decode(payload)
    if held["format"] != FORMAT:
        raise StoreError(f"{path} is of another version of the simulator")
    return held["epoch"], held["state"]


def _records(raw: bytes, path: Path) -> Iterator[tuple[int, bytes]]:
    """Whole records and where each ends. What a killed write left at the end is no record; other damage is an error."""
    at = 0
    while len(raw) - at >= _HEAD.size:
        length, checksum = _HEAD.unpack_from(raw, at)
        if not 0 < length <= _LONGEST_RECORD:
            raise StoreError(f"{path} is damaged at byte {at}: a record of {length} bytes")
        end = at + _HEAD.size + length
        if end > len(raw):
            return
        payload = raw[at + _HEAD.size : end]
        if zlib.crc32(payload) != checksum:
            raise StoreError(f"{path} is damaged at byte {at}: its checksum is wrong")
        yield end, payload
        at = end


def _record(command: Command, now_ms: int) -> bytes:
    payload = _encode((_NUMBERS[type(command)], now_ms, msgspec.structs.astuple(command)))
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def _command(payload: bytes, path: Path) -> tuple[Command, int]:
    try:
        number, now_ms, values = _decode(payload)
        kind = _KINDS[number]
        return msgspec.convert(dict(zip(kind.__struct_fields__, values, strict=False)), kind), now_ms
    except (msgspec.MsgspecError, ValueError, IndexError) as error:
        raise StoreError(f"{path} holds a command of another version: {error}") from error


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        fresh.replace(path)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
