"""Tests that mostly wait, run at the same time: each a coroutine of its own, each reported under its own name."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import pytest

_T = TypeVar("_T")
Outcomes = Mapping[str, BaseException | None]


def asked_for(request: pytest.FixtureRequest, scenes: Mapping[str, _T]) -> dict[str, _T]:
    """The scenes of this file that this run of pytest has chosen."""
    items = (item for item in request.session.items if item.path == request.path)
    chosen = {item.callspec.params.get("name") for item in items if hasattr(item, "callspec")}
    return {name: scene for name, scene in scenes.items() if name in chosen}


def named(*scenes: _T) -> dict[str, _T]:
    return {scene.__name__: scene for scene in scenes}  # type: ignore[attr-defined]


def play(scenes: Mapping[str, _T], one: Callable[[str, _T], Awaitable[None]], at_once: int) -> Outcomes:
    """Every scene, so many at a time; what went wrong in each."""
    room = asyncio.Semaphore(at_once)

    async def guarded(name: str, scene: _T) -> BaseException | None:
        async with room:
            try:
                await one(name, scene)
            except Exception as fault:
                traceback.print_exc()
                return fault
            return None

    async def all_of_them() -> list[BaseException | None]:
        return await asyncio.gather(*(guarded(name, scene) for name, scene in scenes.items()))

    return dict(zip(scenes, asyncio.run(all_of_them()), strict=True))


def check(outcomes: Outcomes, name: str) -> None:
    fault = outcomes[name]
    if fault is not None:
        raise fault
