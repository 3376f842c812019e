"""Sums of what was counted as Prometheus' text, by the official client's own writer. Writes nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from mam import metrics


class _Given(Collector):
    """Hands families to the writer."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families, asked for once."""
        return self._families

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time: registering must not ask for figures."""
        return ()


def written(families: Iterable[Metric], accept: str = "") -> tuple[bytes, str]:
    """Body and content type; OpenMetrics where the header `accept` asks for it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    encode, content_type = choose_encoder(accept)
    body: bytes = encode(registry)
    return body, content_type


def told(sums: Mapping[str, float]) -> Iterator[Metric]:
    """Sums by key as families; keys of another version are passed over."""
    found: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for key, value in sums.items():
        name, *parts = key.split(metrics.SEPARATOR)
        family = metrics.FAMILIES.get(name)
        if family is not None and len(parts) == len(family.labels) + bool(family.buckets):
            found[name][tuple(parts)] = value
    for name, family in metrics.FAMILIES.items():
        make = _histogram if family.buckets else _counter
        yield make(name, family, found.get(name, {}))


def _counter(name: str, family: metrics.Family, values: Mapping[tuple[str, ...], float]) -> Metric:
    made = CounterMetricFamily(name, family.text, labels=family.labels)
    for labels in sorted(values):
        made.add_metric(labels, values[labels])
    return made


def _histogram(name: str, family: metrics.Family, values: Mapping[tuple[str, ...], float]) -> Metric:
    """Buckets add up from the smallest on, as Prometheus wants them."""
    made = HistogramMetricFamily(name, family.text, labels=family.labels)
    for labels in sorted({key[:-1] for key in values}):
        rising, buckets = 0.0, []
        for bound in [*map(repr, family.buckets), "+Inf"]:
            rising += values.get((*labels, bound), 0)
            buckets.append((bound, rising))
        made.add_metric(labels, buckets, values.get((*labels, metrics.SUM), 0.0))
    return made
