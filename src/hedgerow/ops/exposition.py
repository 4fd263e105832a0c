"""The meters in Prometheus's terms."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from hedgerow.meters import QUICK_S, Buckets, Level, Meter, Meters, Spread, Tally


def registry(meters: Meters) -> CollectorRegistry:
    """What `/metrics` shows: the meters, and what the machine knows of the process."""
    shown = CollectorRegistry()
    shown.register(_OfMeters(meters))
    ProcessCollector(registry=shown)
    PlatformCollector(registry=shown)
    GCCollector(registry=shown)
    return shown


class _OfMeters(Collector):
    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def collect(self) -> Iterator[Metric]:
        return (_family(meter) for meter in self._meters.all())


def _family(meter: Meter) -> Metric:
    match meter:
        case Tally():
            counter = CounterMetricFamily(meter.name, meter.help_text, labels=meter.labels)
            for labels, count in meter.counts.items():
                counter.add_metric(labels, count)
            return counter
        case Level():
            gauge = GaugeMetricFamily(meter.name, meter.help_text, labels=meter.labels)
            for labels, value in meter.values.items():
                gauge.add_metric(labels, value)
            return gauge
        case Spread():
            histogram = HistogramMetricFamily(meter.name, meter.help_text, labels=meter.labels)
            for labels, buckets in meter.buckets.items():
                histogram.add_metric(labels, _cumulative(buckets), buckets.sum_s)
            return histogram
        case _:
            raise AssertionError(f"{meter.name} is a {type(meter).__name__}")


def _cumulative(buckets: Buckets) -> list[tuple[str, float]]:
    """Prometheus counts in each bucket all that is not above its bound."""
    bounds = [*(str(float(bound)) for bound in QUICK_S), "+Inf"]
    seen = 0
    shown: list[tuple[str, float]] = []
    for bound, count in zip(bounds, buckets.counts, strict=True):
        seen += count
        shown.append((bound, seen))
    return shown
