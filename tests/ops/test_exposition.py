"""The meters as Prometheus reads them, read back with its own parser."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

import hedgerow
from hedgerow.meters import QUICK_S, Level, Meters, Spread, Tally
from hedgerow.ops.exposition import registry


def shown(meters: Meters) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = generate_latest(registry(meters)).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@given(st.lists(st.floats(min_value=0, max_value=100), max_size=30))
def test_a_bucket_holds_all_that_took_no_longer_than_its_bound(durations: list[float]) -> None:
    meters = Meters()
    for seconds in durations:
        meters.order_handed.add(seconds)
    samples = shown(meters)
    name = "hedgerow_order_handed_seconds"
    for bound in QUICK_S:
        counted = samples[f"{name}_bucket", (("le", str(float(bound))),)]
        assert counted == sum(1 for seconds in durations if seconds <= bound)
    assert samples[f"{name}_bucket", (("le", "+Inf"),)] == samples[f"{name}_count", ()] == len(durations)


def test_a_count_only_rises_and_starts_at_zero_where_it_has_no_labels() -> None:
    meters = Meters()
    assert shown(meters)["hedgerow_takeovers_total", ()] == 0
    meters.published.add("fills", by=3)
    meters.published.add("fills")
    assert shown(meters)["hedgerow_events_published_total", (("stream", "fills"),)] == 4


def test_a_level_that_is_put_anew_forgets_what_is_gone() -> None:
    meters = Meters()
    meters.account_followed.put(1, "gone")
    meters.account_followed.replace({("sim",): 0})
    samples = shown(meters)
    assert samples["hedgerow_account_followed", (("account", "sim"),)] == 0
    assert ("hedgerow_account_followed", (("account", "gone"),)) not in samples


def test_names_say_their_kind_and_unit_and_labels_are_few() -> None:
    for meter in Meters().all():
        assert re.fullmatch(r"hedgerow_[a-z_]+", meter.name)
        assert meter.name.endswith("_total") == isinstance(meter, Tally)
        assert meter.name.endswith("_seconds") or not isinstance(meter, Spread)
        assert isinstance(meter, (Tally, Level, Spread))
        assert set(meter.labels) <= {"outcome", "stream", "path", "account", "partition", "begun", "writer"}
        assert meter.help_text.endswith(".")
    assert len({meter.name for meter in Meters().all()}) == len(list(Meters().all()))


def test_nobody_else_knows_prometheus() -> None:
    source = Path(hedgerow.__file__).parent
    knowing = {path.relative_to(source).parts[0] for path in source.rglob("*.py") if "prometheus_" in path.read_text()}
    assert knowing == {"ops"}
