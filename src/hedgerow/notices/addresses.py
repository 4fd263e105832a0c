"""Which of Apprise's addresses the desk sends to: what leaves the machine, and reads nothing on it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

_LONGEST: Final = 2_048
_SCHEME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}(?=://)")

# What stays on the machine, or runs a program or a driver on it …
LOCAL: Final = frozenset({"syslog", "dbus", "qt", "kde", "glib", "gio", "gnome", "macosx", "windows", "blink1"})
# … and what cannot do without files on it.
WITH_FILES: Final = frozenset({"vapid"})
# Parameters that may name a file to be sent, or a key file.
FILE_PARAMETERS: Final = frozenset({"attach", "keyfile", "pgp", "pgpkey", "pgpprv", "pgppub", "subfile"})


def scheme_of(url: str) -> str | None:
    """`tgram` of `tgram://…`, in small letters; `None` where there is none."""
    found = _SCHEME.match(url.lower())
    return None if found is None else found[0]


def unfit_by_sight(url: str) -> str | None:
    """Why nothing is sent to such an address: the rest of a sentence that begins with `url`; else `None`."""
    scheme = scheme_of(url)
    if scheme is None or not url.isprintable():
        return "must be an Apprise address, such as tgram://TOKEN/CHAT or ntfy://TOPIC"
    if len(url) > _LONGEST:
        return f"must have at most {_LONGEST} characters"
    if scheme in LOCAL:
        return f"must lead away from this machine: {scheme}:// does not"
    if scheme in WITH_FILES:
        return f"cannot be used: {scheme}:// needs files on this machine"
    asked = {name.lower() for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)}
    if named := FILE_PARAMETERS & asked:
        return f"must not name files on this machine: leave out {min(named)}"
    return None
