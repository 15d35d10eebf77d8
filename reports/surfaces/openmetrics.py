"""The findings as OpenMetrics, for whatever scrapes or draws numbers over time."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from reports.clean import visible
from reports.effects.comparison import SERVED, Comparison
from reports.rows import Row, effect_rows, value_rows
from reports.surfaces.report import Report
from reports.verdicts.findings import Findings
from reports.verdicts.shapes import Decision

_EFFECT = ("scenario", "variant", "metric")


def write(report: Report) -> bytes:
    """The content of openmetrics.txt, which ends with `# EOF`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Findings(report.findings))
    written: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return written


class _Findings(Collector):
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def collect(self) -> Iterator[Metric]:
        findings = self._findings
        yield InfoMetricFamily(
            "versus_run",
            "Which run this is",
            {"id": findings.run, "state": findings.comparison.state},
        )
        yield GaugeMetricFamily(
            "versus_gate_exit_code",
            "0 pass, 1 regression, 2 no budgets, 3 inconclusive, 4 partial or invalid run",
            findings.judgement.exit_code,
        )
        yield from _effects(findings.comparison)
        yield from _values(findings.comparison)
        kept = GaugeMetricFamily(
            "versus_budget_kept",
            "1 kept, 0 exceeded, NaN undecided",
            labels=("number", *_EFFECT),
        )
        for number, one in enumerate(findings.judgement.outcomes, 1):
            names = (one.budget.scenario, one.budget.variant, one.budget.metric)
            value = {Decision.PASS: 1.0, Decision.FAIL: 0.0}.get(one.decision, float("nan"))
            kept.add_metric(_labels(str(number), *names), value)
        yield kept


def _effects(comparison: Comparison) -> Iterator[Metric]:
    effects = effect_rows(comparison, SERVED)
    about = "Ratio variant / baseline"
    for column, name, text in (
        ("ratio", "versus_effect_ratio", about),
        ("low", "versus_effect_ratio_low", f"{about}, lower end"),
        ("high", "versus_effect_ratio_high", f"{about}, upper end"),
    ):
        yield _family(name, text, effects, column)


def _values(comparison: Comparison) -> Iterator[Metric]:
    text = "Value in the unit that the metric's name ends with"
    yield _family("versus_value", text, value_rows(comparison), "value")


def _family(name: str, text: str, rows: Sequence[Row], column: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=_EFFECT)
    for row in rows:
        family.add_metric(_labels(*(row[name] for name in _EFFECT)), row[column])
    return family


def _labels(*names: str) -> list[str]:
    return [visible(name) for name in names]
