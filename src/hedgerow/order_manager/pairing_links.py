"""The address that signs a browser in, and its QR code."""

from __future__ import annotations

import io

import segno


def link(address: str, secret: str) -> str:
    """The secret stands in the fragment, which no browser sends: no server and no proxy logs it."""
    return f"{address}/#pair={secret}"


def qr_svg(url: str) -> str:
    """SVG text, black on white, that fills whatever it is shown in."""
    out = io.BytesIO()
    made = segno.make(url, error="m", micro=False)
    made.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, nl=False, dark="#000", light="#fff", border=4)
    return out.getvalue().decode()
