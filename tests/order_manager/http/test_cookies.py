"""The session's cookie."""

from __future__ import annotations

import pytest

from hedgerow.order_manager.http.cookies import given, session_in, taken_back

MAX_AGE = 90 * 86_400


def test_over_tls_it_is_bound_to_the_host() -> None:
    ending = f"Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Strict"
    assert given("abc", secure=True).decode() == f"__Host-hedgerow_session=abc; {ending}; Secure"
    assert given("abc", secure=False).decode() == f"hedgerow_session=abc; {ending}"
    assert b"=; Path=/; Max-Age=0;" in taken_back(secure=True)


@pytest.mark.parametrize("secure", [True, False])
def test_what_is_given_is_read_back(secure: bool) -> None:
    pair = given("abc-_9", secure=secure).partition(b";")[0]
    for header in (pair, b"a=b; " + pair, pair + b";c=d", b" x=y ;" + pair + b" "):
        assert session_in({b"cookie": header}, secure=secure) == "abc-_9"
        assert session_in({b"cookie": header}, secure=not secure) is None


@pytest.mark.parametrize("header", [b"", b";", b"=abc", b"hedgerow_sessionx=1", b"xhedgerow_session=1", b"\xff\xfe"])
def test_other_cookies_are_not_it(header: bytes) -> None:
    assert session_in({b"cookie": header}, secure=False) is None
    assert session_in({}, secure=False) is None
