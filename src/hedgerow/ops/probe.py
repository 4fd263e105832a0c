"""`python -m hedgerow.ops.probe`: a container's health check, where there is no curl.

Asks this process's own /healthz (HEDGEROW_OPS_PORT), or the address that it is given; exit code 0 for an answer of 2xx.
"""

from __future__ import annotations

import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

_WITHIN_S = 3.0


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    url = arguments[0] if arguments else f"http://127.0.0.1:{environment.get('HEDGEROW_OPS_PORT', '')}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=_WITHIN_S):  # noqa: S310 - an address of the container's own
            return 0
    except (OSError, ValueError, http.client.HTTPException) as fault:
        reason = fault.read().decode(errors="replace") if isinstance(fault, urllib.error.HTTPError) else fault
        print(f"{url}: {reason}", file=sys.stderr)  # noqa: T201 - what the engine shows of a failed check
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
