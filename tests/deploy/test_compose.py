"""compose.yaml: by its schema, by what it promises, and by what it refers to."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onemachine.servers import kafka_jars
from tests.deploy.known import DEPLOY, ROOT, is_command, is_pinned, read_yaml, unknown_settings

COMPOSE: dict[str, Any] = read_yaml(ROOT / "compose.yaml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"].startswith("hedgerow:"))


def test_it_is_what_the_compose_specification_describes() -> None:
    files = [ROOT / "compose.yaml", DEPLOY / "compose" / "grafana-port.yaml"]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*command, *files], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_whole_desk_is_there() -> None:
    assert {
        "frontend",
        "order-manager-1",
        "order-manager-2",
        "order-resolver-1",
        "order-resolver-2",
        "simulator",
        "kafka",
        "kafka-init",
        "redis",
        "postgres",
        "prometheus",
        "grafana",
    } == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_nothing_but_its_work(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert "privileged" not in service
    assert "cap_add" not in service
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= set(limits)
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_when_it_is_well(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name == "kafka-init":  # it ends, and others wait for that
        assert check == {"disable": True}
    else:
        assert check["test"][0] in ("CMD", "CMD-SHELL")
        assert check["timeout"]


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_a_version(name: str) -> None:
    assert is_pinned(SERVICES[name]["image"])


def test_the_broker_is_the_one_that_is_tested() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_jars.version()}"


def test_only_the_frontend_is_reached_from_outside_and_from_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["frontend"]
    assert all(port.startswith("127.0.0.1:") for port in published["frontend"])
    assert all("network_mode" not in service for service in SERVICES.values())


def test_the_engines_are_on_no_network_that_leads_outside() -> None:
    for name in ("kafka", "redis", "postgres", "prometheus", "grafana"):
        assert all(COMPOSE["networks"][network].get("internal") for network in SERVICES[name]["networks"])


def test_every_name_that_is_used_is_made() -> None:
    for service in SERVICES.values():
        assert set(service.get("networks", ())) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for mounted in service.get("volumes", ()):
            source = mounted.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_who_waits_for_another_waits_for_its_health_or_its_end() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            ends = SERVICES[other]["healthcheck"].get("disable")
            wanted = "service_completed_successfully" if ends else "service_healthy"
            assert how["condition"] == wanted


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_settings_and_commands_that_exist(name: str) -> None:
    service = SERVICES[name]
    assert unknown_settings(service.get("environment", {})) == []
    words = service["command"]
    if "entrypoint" in service:
        words = words[0].partition("hedgerow ")[2].split()
    assert is_command(words), words


def test_the_simulated_exchange_takes_the_flags_that_it_is_given() -> None:
    asked = [sys.executable, "-m", "hedgerow.simulator", "--help"]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT).stdout
    flags = [word for word in SERVICES["simulator"]["command"][0].split() if word.startswith("--")]
    assert flags
    assert all(flag in told for flag in flags)


def test_what_is_secret_is_a_file_that_the_script_makes_and_only_its_group_reads(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "compose" / "make-secrets.sh"
    script.parent.mkdir(parents=True)
    script.write_bytes((DEPLOY / "compose" / "make-secrets.sh").read_bytes())

    def run() -> dict[str, bytes]:
        subprocess.run(["sh", script], check=True, capture_output=True, timeout=30)
        return {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}

    made = run()
    for secret in COMPOSE["secrets"].values():
        path = tmp_path / secret["file"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o440
        assert path.stat().st_size > 0
    assert len(made["vault_key"]) == 32
    assert made["postgres_password"] in made["database_url"]
    assert made["redis_password"] in made["redis_url"]
    assert b"requirepass " + made["redis_password"] + b"\n" == made["redis_auth.conf"]
    assert "DESK_SECRETS_GID=" in (tmp_path / ".env").read_text()
    assert run() == made, "run again it changes nothing"


def test_no_secret_is_written_down() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if any(word in variable for word in ("PASSWORD", "SECRET", "KEY", "DATABASE", "REDIS")):
                assert str(value).startswith("/run/secrets/"), f"{name}: {variable}"
            assert "@" not in str(value), f"{name}: {variable}"


def test_services_that_read_secrets_are_in_the_group_that_may() -> None:
    for name, service in SERVICES.items():
        if service.get("secrets"):
            assert any("DESK_SECRETS_GID" in group for group in service["group_add"]), name
