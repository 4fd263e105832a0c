"""Prometheus and Grafana: their files have the right shape, and speak of figures that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from hedgerow.meters import Meters, Spread
from tests.deploy.known import DEPLOY, ROOT, figures, read_yaml

PROMETHEUS: dict[str, Any] = read_yaml(DEPLOY / "prometheus" / "prometheus.yml")
RULES = [
    rule
    for name in PROMETHEUS["rule_files"]
    for group in read_yaml(DEPLOY / "prometheus" / name)["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboards" / "hedgerow.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
_WORDS = {"sum", "max", "min", "count", "by", "rate", "increase", "histogram_quantile", "le"}


def queries() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in PANELS for target in panel["targets"])


def named(query: str) -> set[str]:
    """The figures in a query: its words that are neither functions nor labels nor in quotes or brackets."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\{[^}]*\}|by \([^)]*\)', " ", query)
    return set(re.findall(r"[a-z_][a-z0-9_]+", bare)) - _WORDS


@pytest.mark.parametrize("query", sorted(set(queries())))
def test_a_query_asks_for_figures_that_exist_by_labels_that_they_have(query: str) -> None:
    assert query.count("(") == query.count(")")
    asked = named(query)
    assert asked
    assert asked <= figures()
    labels = {meter.name: {*meter.labels, "le"} for meter in Meters().all()}
    for grouped in re.findall(r"by \(([^)]*)\)", query):
        for label in set(re.split(r", *", grouped)) - {"instance", "job"}:
            assert all(label in labels[re.sub("_bucket$", "", name)] for name in asked), f"{label} in {query}"


def test_every_figure_of_ours_is_on_the_dashboard() -> None:
    shown = set().union(*(named(target["expr"]) for panel in PANELS for target in panel["targets"]))
    for meter in Meters().all():
        assert (f"{meter.name}_bucket" if isinstance(meter, Spread) else meter.name) in shown, meter.name


def test_a_rule_has_what_prometheus_and_a_person_need() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "warn")
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
        for label in re.findall(r"\$labels\.([a-z]+)", rule["annotations"]["summary"]):
            kept = re.findall(r"by \(([^)]*)\)", rule["expr"])
            assert not kept or label in re.split(r", *", kept[0]), f"{rule['alert']} loses {label}"


def test_every_alert_is_explained_to_who_gets_it() -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    assert [rule["alert"] for rule in RULES if f"`{rule['alert']}`" not in told] == []


def test_every_process_is_asked_at_its_own_address() -> None:
    services = read_yaml(ROOT / "compose.yaml")["services"]
    asked = {
        target: job["job_name"]
        for job in PROMETHEUS["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    desk = {name for name in services if name.startswith(("order-manager", "order-resolver"))}
    port = re.search(r"HEDGEROW_OPS_PORT=(\d+)", (ROOT / "Dockerfile").read_text())
    assert port is not None
    assert set(asked) == {f"{name}:{port[1]}" for name in desk}
    assert all(target.startswith(job.replace("_", "-")) for target, job in asked.items())
    assert all("watching" in services[name]["networks"] for name in desk)


def test_the_dashboard_is_one_that_grafana_is_given() -> None:
    provisioned = DEPLOY / "grafana" / "provisioning"
    source = read_yaml(provisioned / "datasources" / "prometheus.yml")["datasources"][0]
    provider = read_yaml(provisioned / "dashboards" / "hedgerow.yml")["providers"][0]
    mounts = read_yaml(ROOT / "compose.yaml")["services"]["grafana"]["volumes"]
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in mounts
    assert source["url"] == "http://prometheus:9090"
    assert all(panel["datasource"]["uid"] == source["uid"] for panel in PANELS)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["title"]
