"""`python -m hedgerow.simulator`: the simulated exchange as a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from hedgerow.simulator.server import SimulatorSettings, parse_key, run

KEYS_VARIABLE = "HEDGEROW_SIMULATOR_KEYS"  # keys that other users of the machine need not see in a list of processes


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hedgerow.simulator", description=__doc__)
    parser.add_argument("--exchange", choices=["bybit"], default="bybit")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one (printed)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same market")
    parser.add_argument("--data", type=Path, help="keep state here over restarts")
    parser.add_argument("--control", action="store_true", help="answer /control/… on loopback")
    parser.add_argument("--stop-with-parent", action="store_true", help="end when standard input does")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        help=f"KEY:SECRET:ACCOUNT[:DEPOSIT], repeatable; {KEYS_VARIABLE} holds more",
    )
    options = parser.parse_args(arguments)
    try:
        keys = tuple(parse_key(written) for written in [*options.key, *os.environ.get(KEYS_VARIABLE, "").split()])
    except ValueError as error:
        parser.error(str(error))
    return run(
        SimulatorSettings(
            host=options.host,
            port=options.port,
            seed=options.seed,
            data_dir=options.data,
            control=options.control,
            keys=keys,
            stop_with_parent=options.stop_with_parent,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
