"""From where a desk may be reached, and what it is told about it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from hedgerow.bootstrap.reach import FLAGS, VARIABLES, address, is_loopback, reach
from hedgerow.bootstrap.starting import CannotStart
from hedgerow.config import Settings
from tests.certificates import make_certificate

NOWHERE = Path("/nowhere")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.10"])
def test_this_machine_alone_needs_nothing(host: str) -> None:
    found = reach(Settings(data_dir=NOWHERE, host=host), FLAGS)
    assert found.tls is None
    assert not found.front.tls
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "desk.lan", ""])
def test_beyond_it_a_desk_needs_tls_and_says_how_to_give_it(host: str) -> None:
    with pytest.raises(CannotStart, match=r"--tls-cert FILE and --tls-key FILE, or --behind-proxy"):
        reach(Settings(data_dir=NOWHERE, host=host), FLAGS)
    with pytest.raises(CannotStart, match=r"HEDGEROW_TLS_CERT and HEDGEROW_TLS_KEY, or HEDGEROW_BEHIND_PROXY=1"):
        reach(Settings(data_dir=NOWHERE, host=host), VARIABLES)
    assert reach(Settings(data_dir=NOWHERE, host=host, behind_proxy=True), FLAGS).front.behind_proxy


def test_a_certificate_is_loaded_and_its_first_part_told(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path / "one", "desk.example")
    leaf = cert.read_text()
    issuer, _ = make_certificate(tmp_path / "two", "issuer.example")
    cert.write_text(leaf + issuer.read_text())
    settings = Settings(data_dir=NOWHERE, host="0.0.0.0", tls_cert=cert, tls_key=key, public_url="https://desk.example")
    found = reach(settings, FLAGS)
    assert found.tls is not None
    assert found.tls.certificate.strip() == leaf.strip()
    assert found.tls.context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (found.front.tls, found.front.public_url) == (True, "https://desk.example")


def test_the_address_that_it_listens_on_is_a_name_of_its_own() -> None:
    settings = Settings(data_dir=NOWHERE, host="192.168.1.7", behind_proxy=True, allowed_hosts=("desk.example",))
    assert reach(settings, FLAGS).front.allowed_hosts == ("desk.example", "192.168.1.7")
    anywhere = Settings(data_dir=NOWHERE, host="0.0.0.0", behind_proxy=True)
    assert reach(anywhere, FLAGS).front.allowed_hosts == ()


@pytest.mark.parametrize(
    ("host", "tls", "said"),
    [
        ("127.0.0.1", False, "http://localhost:80"),
        ("0.0.0.0", True, "https://localhost:80"),
        ("::1", False, "http://[::1]:80"),
        ("192.168.1.7", True, "https://192.168.1.7:80"),
    ],
)
def test_the_desk_says_where_it_is(host: str, tls: bool, said: str) -> None:
    assert address(host, 80, tls=tls) == said
