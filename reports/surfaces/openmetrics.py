"""The findings as OpenMetrics, for whatever scrapes or draws numbers over time."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from reports.effects.comparison import SERVED, Comparison
from reports.surfaces.clean import visible
from reports.surfaces.report import Report
from reports.verdicts.findings import Findings
from reports.verdicts.shapes import Decision

_EFFECT = ("scenario", "variant", "metric")


def write(report: Report) -> bytes:
    """The content of openmetrics.txt, which ends with `# EOF`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(report.findings))
    written: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return written


class _Found(Collector):
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def collect(self) -> Iterator[Metric]:
        found = self._findings
        yield InfoMetricFamily(
            "versus_run", "Which run this is", {"id": found.run, "state": found.comparison.state}
        )
        yield GaugeMetricFamily(
            "versus_gate_exit_code",
            "0 pass, 1 regression, 2 no budgets, 3 inconclusive, 4 partial or invalid run",
            found.judgement.exit_code,
        )
        yield from _effects(found.comparison)
        yield from _values(found.comparison)
        kept = GaugeMetricFamily(
            "versus_budget_kept",
            "1 kept, 0 exceeded, NaN undecided",
            labels=("number", *_EFFECT),
        )
        for number, one in enumerate(found.judgement.outcomes, 1):
            names = (one.budget.scenario, one.budget.variant, one.budget.metric)
            value = {Decision.PASS: 1.0, Decision.FAIL: 0.0}.get(one.decision, float("nan"))
            kept.add_metric(_labels(str(number), *names), value)
        yield kept


def _effects(comparison: Comparison) -> Iterator[Metric]:
    told = "Ratio variant / baseline"
    ratio = GaugeMetricFamily("versus_effect_ratio", told, labels=_EFFECT)
    low = GaugeMetricFamily("versus_effect_ratio_low", f"{told}, lower end", labels=_EFFECT)
    high = GaugeMetricFamily("versus_effect_ratio_high", f"{told}, upper end", labels=_EFFECT)
    for one in comparison.effects(*SERVED):
        labels = _labels(one.scenario, one.variant, one.metric)
        ratio.add_metric(labels, one.ratio)
        low.add_metric(labels, one.interval_familywise.low)
        high.add_metric(labels, one.interval_familywise.high)
    yield from (ratio, low, high)


def _values(comparison: Comparison) -> Iterator[Metric]:
    value = GaugeMetricFamily(
        "versus_value", "Value in the unit that the metric's name ends with", labels=_EFFECT
    )
    shown: dict[tuple[str, str, str], float] = {}
    for effect in comparison.effects(*SERVED):
        shown[effect.scenario, comparison.baseline, effect.metric] = effect.before.value
        shown[effect.scenario, effect.variant, effect.metric] = effect.after.value
    for counter in comparison.counters(*SERVED):
        shown[counter.scenario, comparison.baseline, counter.metric] = counter.before.median
        shown[counter.scenario, counter.variant, counter.metric] = counter.after.median
    for names, number in shown.items():
        value.add_metric(_labels(*names), number)
    yield value


def _labels(*names: str) -> list[str]:
    return [visible(name) for name in names]
