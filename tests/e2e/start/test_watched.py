"""The embedded desk under a watch: its operational port, where it was asked for."""

from __future__ import annotations

from pathlib import Path

import httpx

from onemachine.servers.server import free_port
from tests.e2e.desk_process import DeskProcess


async def test_it_says_how_it_is_on_a_port_of_its_own(tmp_path: Path) -> None:
    desk, port = DeskProcess(tmp_path), free_port()
    try:
        desk.launch(HEDGEROW_OPS_PORT=str(port))
        await desk.ready()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            assert [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/api/orders")] == [
                200,
                200,
                404,
            ]
            metrics = await client.get("/metrics")
        assert "# TYPE hedgerow_" in metrics.text
        assert await desk.stop() == 0
    finally:
        desk.end()
