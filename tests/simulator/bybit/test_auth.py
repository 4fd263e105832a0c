"""Signatures and windows: https://bybit-exchange.github.io/docs/v5/guide#authentication"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.simulator.bybit.auth import ApiKey, check_request, check_socket, in_window, sign
from hedgerow.simulator.messages import Refusal

NOW = 1_700_000_000_000
KEYS = {"test_api_key": ApiKey("test_api_key", "test_secret", "ann")}
QUERY = b"category=linear&symbol=BTCUSDT"
# Computed by another client of Bybit (nautilus_trader's reference signatures), with these keys and this time.
QUERY_SIGN = "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7"
BODY = b'{"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "test-order-1"}'
BODY_SIGN = "2df4a0603d69c08d5dea29ba85b46eb7db64ce9e9ebd34a7802a3d69700cb2a1"
SOCKET_SIGN = "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925"


@pytest.mark.parametrize(("payload", "signature"), [(QUERY, QUERY_SIGN), (BODY, BODY_SIGN)])
def test_a_reference_signature_is_accepted(payload: bytes, signature: str) -> None:
    assert check_request(KEYS, "test_api_key", str(NOW), "5000", signature, payload, NOW) == KEYS["test_api_key"]


def test_a_reference_socket_signature_is_accepted_until_it_expires() -> None:
    arguments = ["test_api_key", NOW, SOCKET_SIGN]
    assert check_socket(KEYS, arguments, NOW - 1) == KEYS["test_api_key"]
    refused = check_socket(KEYS, arguments, NOW)
    assert isinstance(refused, Refusal)


def test_an_unknown_key_a_wrong_sign_and_an_old_time_have_codes_of_their_own() -> None:
    unknown = check_request(KEYS, "nobody", str(NOW), "5000", QUERY_SIGN, QUERY, NOW)
    forged = check_request(KEYS, "test_api_key", str(NOW), "5000", "00" * 32, QUERY, NOW)
    late = check_request(KEYS, "test_api_key", str(NOW), "5000", QUERY_SIGN, QUERY, NOW + 5001)
    assert [answer.code for answer in (unknown, forged, late) if isinstance(answer, Refusal)] == [10003, 10004, 10002]


def test_a_signature_is_of_the_exact_bytes() -> None:
    assert isinstance(check_request(KEYS, "test_api_key", str(NOW), "5000", QUERY_SIGN, QUERY + b"&x=1", NOW), Refusal)
    assert isinstance(check_request(KEYS, "test_api_key", str(NOW), "5001", QUERY_SIGN, QUERY, NOW), Refusal)


@given(behind=st.integers(-20_000, 20_000), window=st.integers(0, 10_000))
def test_the_window_is_the_published_rule(behind: int, window: int) -> None:
    """`server_time - recv_window <= timestamp < server_time + 1000`"""
    timestamp = NOW - behind
    assert (in_window(str(timestamp), str(window), NOW) is None) == (NOW - window <= timestamp < NOW + 1000)


@pytest.mark.parametrize("timestamp", ["", "-1", "1e12", "now", "١٧٠٠"])
def test_a_timestamp_that_is_no_number_is_outside(timestamp: str) -> None:
    assert in_window(timestamp, "5000", NOW) is not None


@pytest.mark.parametrize(
    "arguments", [None, [], ["test_api_key"], "test_api_key", ["test_api_key", "soon", SOCKET_SIGN]]
)
def test_socket_arguments_of_another_shape_are_refused(arguments: object) -> None:
    assert isinstance(check_socket(KEYS, arguments, NOW), Refusal)


def test_a_key_never_shows_its_secret() -> None:
    assert "test_secret" not in repr(KEYS["test_api_key"])
    assert sign("test_secret", b"") not in repr(KEYS)
