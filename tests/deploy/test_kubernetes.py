"""The manifests, rendered by kustomize: by Kubernetes's own schemas, by what they promise, by what they refer to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml

from hedgerow import __version__
from tests.deploy.known import DEPLOY, ROOT, is_command, is_pinned, read_yaml, unknown_settings

HERE = DEPLOY / "kubernetes"
RENDERED = {"desk": HERE, "trial": HERE / "trial"}
_WORKLOADS = ("Deployment", "StatefulSet", "Job")


@cache
def rendered(name: str) -> tuple[dict[str, Any], ...]:
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl on this machine to render the manifests with")
    command = ["kubectl", "kustomize", RENDERED[name]]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return tuple(yaml.safe_load_all(text))


@pytest.fixture(params=sorted(RENDERED))
def manifests(request: pytest.FixtureRequest) -> tuple[dict[str, Any], ...]:
    return rendered(request.param)


def of_kind(manifests: tuple[dict[str, Any], ...], *kinds: str) -> Iterator[dict[str, Any]]:
    return (each for each in manifests if each["kind"] in kinds)


def names(manifests: tuple[dict[str, Any], ...], kind: str) -> set[str]:
    return {each["metadata"]["name"] for each in of_kind(manifests, kind)}


def pods(manifests: tuple[dict[str, Any], ...]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each workload with its pod's template."""
    return ((each, each["spec"]["template"]) for each in of_kind(manifests, *_WORKLOADS))


def containers(manifests: tuple[dict[str, Any], ...]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each container with its workload."""
    for workload, pod in pods(manifests):
        assert "initContainers" not in pod["spec"]
        yield from ((workload, container) for container in pod["spec"]["containers"])


def settings(manifests: tuple[dict[str, Any], ...], container: Mapping[str, Any]) -> dict[str, Any]:
    """A container's whole environment."""
    maps = {each["metadata"]["name"]: each["data"] for each in of_kind(manifests, "ConfigMap")}
    found: dict[str, Any] = {}
    for source in container.get("envFrom", ()):
        found |= maps[source["configMapRef"]["name"]]
    return found | {each["name"]: each.get("value", each.get("valueFrom")) for each in container.get("env", ())}


def test_every_manifest_is_valid_to_the_letter(manifests: tuple[dict[str, Any], ...]) -> None:
    for each in manifests:
        version = kubernetes_validate.latest_version()
        kubernetes_validate.validate(each, version, strict=True)


def test_everything_is_in_one_namespace_that_is_restricted(manifests: tuple[dict[str, Any], ...]) -> None:
    (namespace,) = of_kind(manifests, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    others = [each for each in manifests if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in others} == {namespace["metadata"]["name"]}
    identities = [(each["kind"], each["metadata"]["name"]) for each in manifests]
    assert len(set(identities)) == len(identities)


def test_a_pod_can_do_nothing_but_its_work(manifests: tuple[dict[str, Any], ...]) -> None:
    for _, pod in pods(manifests):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["serviceAccountName"] in names(manifests, "ServiceAccount")
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert all("hostPath" not in volume for volume in spec.get("volumes", ()))


def test_a_container_is_confined_bounded_and_a_version(manifests: tuple[dict[str, Any], ...]) -> None:
    for _, container in containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert is_pinned(container["image"])


def test_what_stays_is_probed_at_a_port_that_it_has(manifests: tuple[dict[str, Any], ...]) -> None:
    for workload, container in containers(manifests):
        if workload["kind"] == "Job":
            continue
        ports = {port["name"] for port in container["ports"]}
        for probe in (container["readinessProbe"], container["livenessProbe"]):
            (how,) = (probe[kind] for kind in ("httpGet", "tcpSocket", "exec") if kind in probe)
            assert how.get("port") in ports or "command" in how
            assert probe["timeoutSeconds"] > 1


def test_the_desk_is_ready_and_alive_by_its_own_word(manifests: tuple[dict[str, Any], ...]) -> None:
    ours = {w["metadata"]["name"]: c for w, c in containers(manifests) if w["metadata"]["name"].startswith("order-")}
    assert set(ours) == {"order-manager", "order-resolver"}
    for container in ours.values():
        (port,) = (port["containerPort"] for port in container["ports"] if port["name"] == "ops")
        assert settings(manifests, container)["HEDGEROW_OPS_PORT"] == str(port)
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "ops"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "ops"}


def test_the_desk_rolls_without_a_gap(manifests: tuple[dict[str, Any], ...]) -> None:
    kept = {each["metadata"]["name"]: each["spec"] for each in of_kind(manifests, "PodDisruptionBudget")}
    for deployment in of_kind(manifests, "Deployment"):
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        assert spec["replicas"] >= 2
        assert spec["strategy"]["type"] == "RollingUpdate"
        rolling = spec["strategy"]["rollingUpdate"]
        assert rolling["maxUnavailable"] < spec["replicas"]
        assert rolling["maxUnavailable"] + rolling["maxSurge"] > 0
        assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 20
        assert kept[name]["minAvailable"] >= 1
        assert kept[name]["selector"] == spec["selector"]


def test_settings_and_commands_exist(manifests: tuple[dict[str, Any], ...]) -> None:
    for workload, container in containers(manifests):
        assert unknown_settings(settings(manifests, container)) == []
        if container["image"].startswith("hedgerow:"):
            assert is_command(container["args"]), workload["metadata"]["name"]
    for each in of_kind(manifests, "ConfigMap"):
        assert unknown_settings(each["data"]) == []


def test_the_desk_listens_where_its_ports_say(manifests: tuple[dict[str, Any], ...]) -> None:
    (manager,) = (c for w, c in containers(manifests) if w["metadata"]["name"] == "order-manager")
    given = settings(manifests, manager)
    assert {"name": "http", "containerPort": int(given["HEDGEROW_PORT"])} in manager["ports"]
    assert given["HEDGEROW_BEHIND_PROXY"] == "1"


def known_secrets() -> dict[str, set[str]]:
    """What `secrets/` makes: each Secret with its keys."""
    generators = read_yaml(HERE / "secrets" / "kustomization.yaml")["secretGenerator"]
    return {each["name"]: {file.partition("=")[0] for file in each["files"]} for each in generators}


def test_secrets_come_by_reference_to_what_is_made_beside_the_manifests(manifests: tuple[dict[str, Any], ...]) -> None:
    assert names(manifests, "Secret") == set()
    made = known_secrets()
    for _, pod in pods(manifests):
        for volume in pod["spec"].get("volumes", ()):
            if "secret" in volume:
                keys = made[volume["secret"]["secretName"]]
                assert {item["key"] for item in volume["secret"].get("items", ())} <= keys
                assert volume["secret"]["defaultMode"] == 0o440
    for _, container in containers(manifests):
        for name, value in settings(manifests, container).items():
            if isinstance(value, dict):
                reference = value["secretKeyRef"]
                assert reference["key"] in made[reference["name"]]
            elif name.startswith("HEDGEROW_") and name.endswith("_FILE"):
                mounts = {mount["mountPath"] for mount in container.get("volumeMounts", ())}
                folder, _, key = value.rpartition("/")
                assert key in made["hedgerow"]
                assert folder in mounts or "kafka" in container["args"]
            else:
                assert "://" not in value or name == "HEDGEROW_PUBLIC_URL", f"{name} may hold a password"


def test_what_a_pod_mounts_is_there(manifests: tuple[dict[str, Any], ...]) -> None:
    maps = names(manifests, "ConfigMap")
    for workload, pod in pods(manifests):
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", ())}
        claims = {each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())}
        for volume in volumes.values():
            assert "configMap" not in volume or volume["configMap"]["name"] in maps
        for container in pod["spec"]["containers"]:
            assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes.keys() | claims


def test_selectors_select(manifests: tuple[dict[str, Any], ...]) -> None:
    labels = [pod["metadata"]["labels"] for _, pod in pods(manifests)]
    for service in of_kind(manifests, "Service"):
        chosen = [p for p in labels if service["spec"]["selector"].items() <= p.items()]
        assert len(chosen) == 1, service["metadata"]["name"]
    known = {label["app.kubernetes.io/name"] for label in labels}
    for policy in of_kind(manifests, "NetworkPolicy"):
        selector = policy["spec"]["podSelector"]
        assert set(selector.get("matchLabels", {}).values()) <= known
        for expression in selector.get("matchExpressions", ()):
            assert set(expression["values"]) <= known


def test_nobody_talks_to_anybody_unless_it_is_said(manifests: tuple[dict[str, Any], ...]) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind(manifests, "NetworkPolicy")}
    assert policies["nobody"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (entry,) = policies["order-manager"]["ingress"]
    assert entry["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "frontend"}}}]


def test_what_it_costs_to_try_is_not_in_the_desk() -> None:
    assert names(rendered("desk"), "StatefulSet") == set()
    assert names(rendered("trial"), "StatefulSet") == {"kafka", "redis", "postgres", "simulator"}


def test_compose_and_kubernetes_run_the_same_versions_and_ours() -> None:
    compose = {service["image"] for service in read_yaml(ROOT / "compose.yaml")["services"].values()}
    assert {container["image"] for _, container in containers(rendered("trial"))} <= compose
    assert f"hedgerow:{__version__}" in compose
