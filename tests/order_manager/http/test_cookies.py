"""The session's cookie."""

from __future__ import annotations

import pytest

from hedgerow.order_manager.http.cookies import cookie_at
from hedgerow.order_manager.http.front import Doorway, Front

MAX_AGE = 90 * 86_400


def test_over_tls_it_is_bound_to_the_host() -> None:
    ending = f"Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Strict"
    over_tls, plain = (cookie_at("desk.example", secure=secure) for secure in (True, False))
    assert over_tls.given("abc").decode() == f"__Host-hedgerow_session=abc; {ending}; Secure"
    assert plain.given("abc").decode() == f"hedgerow_session=abc; {ending}"
    assert b"=; Path=/; Max-Age=0;" in over_tls.taken_back()


@pytest.mark.parametrize("secure", [True, False])
def test_what_is_given_is_read_back(secure: bool) -> None:
    cookie = cookie_at("localhost", secure=secure)
    pair = cookie.given("abc-_9").partition(b";")[0]
    for header in (pair, b"a=b; " + pair, pair + b";c=d", b" x=y ;" + pair + b" "):
        assert cookie.read({b"cookie": header}) == "abc-_9"
        assert cookie_at("localhost", secure=not secure).read({b"cookie": header}) is None


@pytest.mark.parametrize("header", [b"", b";", b"=abc", b"hedgerow_sessionx=1", b"xhedgerow_session=1", b"\xff\xfe"])
def test_other_cookies_are_not_it(header: bytes) -> None:
    cookie = cookie_at("localhost", secure=False)
    assert cookie.read({b"cookie": header}) is None
    assert cookie.read({}) is None


@pytest.mark.parametrize("name", ["localhost", "[::1]", "desk.example"])
def test_desks_at_other_ports_of_a_host_have_cookies_of_their_own(name: str) -> None:
    here, there, bare = (cookie_at(name + port, secure=False) for port in (":8040", ":8050", ""))
    both = b"; ".join(cookie.given(text).partition(b";")[0] for text, cookie in (("a", here), ("b", there)))
    assert [cookie.read({b"cookie": both}) for cookie in (here, there, bare)] == ["a", "b", None]


def test_behind_a_proxy_it_is_of_the_address_outside() -> None:
    inside = {b"host": b"inside:8040", b"x-forwarded-host": b"desk.example", b"x-forwarded-proto": b"https"}
    assert Doorway(Front(behind_proxy=True)).cookie(inside).name == b"__Host-hedgerow_session"
    assert Doorway(Front()).cookie(inside).name == b"hedgerow_session_8040"
