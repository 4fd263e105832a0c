"""The twenty lines to beat: FastAPI over ccxt's REST `create_order`, with no sign-in, no checks and no journal."""

import os
import sys

import ccxt.async_support
import uvicorn
from fastapi import FastAPI, Request

from benchmarks.raw import settings

url, key, secret = os.environ["EXCHANGE_URL"], os.environ["EXCHANGE_KEY"], os.environ["EXCHANGE_SECRET"]
exchange = ccxt.async_support.bybit(settings(url, key, secret))
app = FastAPI(on_startup=[exchange.load_markets], on_shutdown=[exchange.close])


@app.post("/orders")
async def place(request: Request):  # type: ignore[no-untyped-def]
    order = await request.json()
    return await exchange.create_order(
        order["symbol"], order["type"], order["side"], float(order["amount"]), float(order["price"])
    )


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", log_level="warning", timeout_keep_alive=120)
