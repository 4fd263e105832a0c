"""By which name, from which page and over what a request came."""

from __future__ import annotations

import pytest

from hedgerow.order_manager.http.front import Doorway, Front


def headers(host: str, origin: str | None = None, **more: str) -> dict[bytes, bytes]:
    given = {"host": host} | ({} if origin is None else {"origin": origin})
    given |= {name.replace("_", "-"): text for name, text in more.items()}
    return {name.encode(): text.encode() for name, text in given.items()}


PLAIN = Doorway(Front())
TLS = Doorway(Front(tls=True, public_url="https://desk.example:8443"))
BEHIND = Doorway(Front(behind_proxy=True, allowed_hosts=("Desk.Example",)))


@pytest.mark.parametrize("host", ["localhost", "localhost:8040", "127.0.0.1:1", "[::1]:8040", "LOCALHOST"])
def test_this_machine_may_always_ask(host: str) -> None:
    assert PLAIN.refused(headers(host)) is None


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8040", "[::2]"])
def test_a_name_that_is_not_the_desks_is_refused(host: str) -> None:
    for doorway in (PLAIN, TLS, BEHIND):
        refused = doorway.refused(headers(host))
        assert refused is not None
        assert (refused.status, refused.code) == (421, "wrong_host")


def test_the_public_address_is_answered_to() -> None:
    assert TLS.refused(headers("desk.example:8443")) is None
    assert BEHIND.refused(headers("desk.example")) is None
    assert PLAIN.refused(headers("desk.example")) is not None


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:8041", "null", "", "ftp://localhost:8040", "localhost:8040", "file://"],
)
def test_another_sites_page_is_refused(origin: str) -> None:
    refused = PLAIN.refused(headers("localhost:8040", origin))
    assert refused is not None
    assert (refused.status, refused.code) == (403, "wrong_origin")


def test_a_cookie_needs_the_desks_own_page() -> None:
    assert PLAIN.not_our_page(headers("localhost:8040", "http://localhost:8040")) is None
    assert PLAIN.not_our_page(headers("localhost:8040", "http://LOCALHOST:8040")) is None
    for origin in (None, "", "null", "https://localhost:8040", "http://localhost", "http://127.0.0.1:8040"):
        assert PLAIN.not_our_page(headers("localhost:8040", origin)) is not None, origin
    assert TLS.not_our_page(headers("desk.example:8443", "https://desk.example:8443")) is None
    assert TLS.not_our_page(headers("desk.example:8443", "http://desk.example:8443")) is not None


def test_only_behind_a_proxy_is_its_word_believed() -> None:
    forwarded = headers("inside:8040", x_forwarded_host="desk.example", x_forwarded_proto="https")
    assert BEHIND.refused(forwarded) is None
    assert BEHIND.address(forwarded) == "https://desk.example"
    for doorway in (PLAIN, TLS):
        assert doorway.refused(forwarded) is not None
    assert not PLAIN.secure(headers("localhost", x_forwarded_proto="https"))


def test_of_several_proxies_the_nearest_is_believed() -> None:
    forwarded = headers("inside:8040", x_forwarded_host="evil.example, desk.example", x_forwarded_proto="http, https")
    assert BEHIND.refused(forwarded) is None
    assert BEHIND.refused(headers("inside", x_forwarded_host="desk.example, evil.example")) is not None


def test_behind_a_proxy_all_is_secure_but_on_this_machine() -> None:
    """A proxy behind the one with TLS says `http` of its own part of the way."""
    assert BEHIND.secure(headers("desk.example", x_forwarded_proto="https"))
    assert BEHIND.secure(headers("desk.example", x_forwarded_proto="http"))
    assert BEHIND.secure(headers("desk.example"))
    assert BEHIND.secure(headers("localhost:8040", x_forwarded_proto="https"))
    assert not BEHIND.secure(headers("localhost:8040", x_forwarded_proto="http"))
    assert not BEHIND.secure(headers("localhost:8040"))
    assert TLS.secure(headers("localhost:8040"))


def test_links_lead_to_the_public_address_else_to_where_one_asked() -> None:
    assert TLS.address(headers("localhost:8443")) == "https://desk.example:8443"
    assert PLAIN.address(headers("localhost:8040")) == "http://localhost:8040"
    assert BEHIND.address(headers("desk.example")) == "https://desk.example"
