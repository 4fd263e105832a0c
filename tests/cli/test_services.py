"""The commands of the distributed deployment: what they read, and what they say of what they cannot read."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hedgerow.config.services import NAMES, SETTINGS, ServiceSettings, Topics
from hedgerow.vault.sessions import Device
from hedgerow.vault.sql import SqlVault
from tests.cli.samples import NOW_MS
from tests.cli.shell import Shell

_NEEDED = {
    "HEDGEROW_KAFKA": "one:9092,two:9092",
    "HEDGEROW_REDIS": "redis://cache:6379/0",
    "HEDGEROW_DATABASE": "postgresql://desk@db/desk",
    "HEDGEROW_KEY_FILE": "/run/secrets/vault.key",
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    made.environment = {**made.environment, **_NEEDED}
    return made


@pytest.mark.parametrize("command", ["order-manager", "order-resolver"])
def test_a_service_is_run_with_its_settings(shell: Shell, command: str) -> None:
    shell.environment |= {"HEDGEROW_PORT": "9000", "HEDGEROW_ALLOWED_HOSTS": "desk.example, other"}
    assert shell.run(command).code == 7
    [(what, settings)] = shell.services
    assert what == command
    assert isinstance(settings, ServiceSettings)
    assert (settings.kafka, settings.port, settings.ops_port) == ("one:9092,two:9092", 9000, None)
    assert settings.allowed_hosts == ("desk.example", "other")
    assert settings.key_path == Path("/run/secrets/vault.key")


def test_topics_are_made_as_asked_for(shell: Shell) -> None:
    shell.environment |= {"HEDGEROW_KAFKA_PARTITIONS": "4", "HEDGEROW_KAFKA_REPLICATION": "1"}
    shell.environment |= {"HEDGEROW_KAFKA_MIN_INSYNC": "1", "HEDGEROW_KAFKA_PREFIX": "desk."}
    assert shell.run("kafka", "init").code == 7
    shell.environment["HEDGEROW_KAFKA_CLIENT"] = "security.protocol=SASL_SSL\nsasl.password=hid=den"
    shell.run("kafka", "init")
    made = Topics(
        kafka="one:9092,two:9092",
        prefix="desk.",
        client={"security.protocol": "SASL_SSL", "sasl.password": "hid=den"},
        partitions=4,
        replication=1,
        min_insync=1,
        retention_hours=168,
    )
    assert "hid=den" not in repr(made)
    assert shell.services[-1] == ("kafka init", made)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("HEDGEROW_KAFKA", "one", "HEDGEROW_KAFKA must be host:port"),
        ("HEDGEROW_KAFKA", "", "HEDGEROW_KAFKA must be host:port"),
        ("HEDGEROW_KAFKA", None, "HEDGEROW_KAFKA must be set"),
        ("HEDGEROW_REDIS", "cache:6379", "HEDGEROW_REDIS must be an address such as redis://"),
        ("HEDGEROW_DATABASE", "mysql://desk:hidden@db", "HEDGEROW_DATABASE must be an address such as postgresql://"),
        ("HEDGEROW_KAFKA_CLIENT", "sasl.password", "HEDGEROW_KAFKA_CLIENT must be name=value"),
        ("HEDGEROW_PORT", "80,40", "HEDGEROW_PORT must be a whole number"),
        ("HEDGEROW_PORT", "65536", "HEDGEROW_PORT must be a whole number"),
        ("HEDGEROW_PORT", "٨٠", "HEDGEROW_PORT must be a whole number"),
        ("HEDGEROW_PUBLIC_URL", "desk.example", "HEDGEROW_PUBLIC_URL must be the page's address"),
        ("HEDGEROW_BEHIND_PROXY", "maybe", "HEDGEROW_BEHIND_PROXY must be 1 or 0"),
        ("HEDGEROW_KEY_FILE_FILE", "/nowhere", "HEDGEROW_KEY_FILE and HEDGEROW_KEY_FILE_FILE are both set"),
        ("HEDGEROW_OPS_PORT_FILE", "/nowhere", "HEDGEROW_OPS_PORT_FILE: /nowhere cannot be read"),
        ("HEDGEROW_CONFIG", "/nowhere.toml", "the settings file /nowhere.toml cannot be read"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_is_run(shell: Shell, name: str, value: str | None, complaint: str) -> None:
    shell.environment = {key: text for key, text in shell.environment.items() if key != name}
    if value is not None:
        shell.environment[name] = value
    ran = shell.run("order-manager")
    assert ran.code == 2
    assert complaint in ran.err
    assert "hidden" not in ran.err
    assert shell.services == []


def test_fewer_brokers_than_must_have_a_record_is_a_mistake(shell: Shell) -> None:
    shell.environment |= {"HEDGEROW_KAFKA_REPLICATION": "1", "HEDGEROW_KAFKA_MIN_INSYNC": "2"}
    ran = shell.run("kafka", "init")
    assert (ran.code, shell.services) == (2, [])
    assert "HEDGEROW_KAFKA_MIN_INSYNC must not exceed" in ran.err


def test_settings_come_from_files_too_and_the_environment_comes_first(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "database").write_text("postgresql://desk:hidden@db/desk\n")
    (tmp_path / "desk.toml").write_text(
        'redis = "redis://other:6379/1"\nport = 9001\nops_port = 9002\nkafka_prefix = "p."'
    )
    del shell.environment["HEDGEROW_DATABASE"]
    shell.environment["HEDGEROW_DATABASE_FILE"] = str(tmp_path / "database")
    assert shell.run("order-resolver", "--config", str(tmp_path / "desk.toml")).code == 7
    [(_, settings)] = shell.services
    assert isinstance(settings, ServiceSettings)
    assert settings.database == "postgresql://desk:hidden@db/desk"
    assert (settings.redis, settings.port, settings.ops_port) == ("redis://cache:6379/0", 9001, 9002)
    assert settings.kafka_prefix == "p."
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("ports = 1", "'ports', which is no setting"), ("port = [1]", "port must be a text"), ("port", "is no TOML")],
)
def test_a_settings_file_with_a_mistake_is_refused(shell: Shell, tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "desk.toml").write_text(text)
    ran = shell.run("order-manager", "--config", str(tmp_path / "desk.toml"))
    assert (ran.code, shell.services) == (2, [])
    assert complaint in ran.err


def shared_vault(shell: Shell, tmp_path: Path) -> list[tuple[str, Path]]:
    """A shared vault for the commands of this shell; the addresses that it was opened by."""
    opened: list[tuple[str, Path]] = []

    @asynccontextmanager
    async def shared(database: str, key: Path) -> Any:
        opened.append((database, key))
        vault = await SqlVault.open(tmp_path / "shared.db", tmp_path / "shared.key")
        yield vault
        await vault.close()

    shell.open_shared_vault = shared
    shell.open_door("http://localhost:1", "door")  # a desk of its own runs here too: it is not meant
    return opened


def test_tokens_are_made_in_the_shared_vault_where_the_environment_names_it(shell: Shell, tmp_path: Path) -> None:
    opened = shared_vault(shell, tmp_path)
    assert shell.run("tokens", "create", "bot", "--scope", "trade").code == 0
    listed = shell.run("tokens", "list")
    assert "bot" in listed.out
    assert opened == [("postgresql://desk@db/desk", Path("/run/secrets/vault.key"))] * 2


def test_browsers_are_paired_and_signed_out_in_the_shared_vault(shell: Shell, tmp_path: Path) -> None:
    opened = shared_vault(shell, tmp_path)
    ran = shell.run("pair")
    assert (ran.code, opened) == (2, [])
    assert "HEDGEROW_PUBLIC_URL: must be set to the page's address" in ran.err
    shell.environment["HEDGEROW_PUBLIC_URL"] = "https://desk.example"
    made = shell.run("pair", "--json").json
    assert isinstance(made, dict)
    assert made["url"].startswith("https://desk.example/#pair=")
    assert made["expires_ms"] == NOW_MS + 600_000

    async def sign_in(name: str, now_ms: int) -> None:
        vault = await SqlVault.open(tmp_path / "shared.db", tmp_path / "shared.key")
        pairing = await vault.sessions.pair("owner", now_ms)
        await vault.sessions.redeem(pairing.code.reveal(), Device(name=name), now_ms)
        await vault.close()

    names = ["Phone", "Laptop", "Tablet"]
    for number, name in enumerate(names):
        asyncio.run(sign_in(name, NOW_MS - 10 + number))
    assert [line.split()[0] for line in shell.run("devices", "list").out.splitlines()[1:]] == names
    assert shell.run("devices", "revoke", "Phone").out == "Phone is signed out.\n"
    assert shell.run("devices", "revoke", "Phone").code == 2
    assert shell.run("devices", "revoke-others").out == "2 devices are signed out.\n"
    assert shell.run("devices", "list").out == "No device is signed in.\n"


def test_every_setting_has_a_name_of_its_own_that_is_known() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert set(names) < NAMES
