"""The findings as OpenMetrics."""

import math

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.surfaces import openmetrics
from reports.surfaces.report import Report


@pytest.fixture(params=["ordinary", "hostile"])
def report(request: pytest.FixtureRequest, ordinary: Report, hostile: Report) -> Report:
    """Both, one after the other."""
    return {"ordinary": ordinary, "hostile": hostile}[request.param]


def test_openmetrics_are_what_its_reader_reads(report: Report) -> None:
    """Effects, values and budgets, with all their labels."""
    text = openmetrics.write(report).decode()
    read = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    families = {one.name: one for one in read}
    typical = [
        sample.value
        for sample in families["versus_effect_ratio"].samples
        if sample.labels["metric"] == "latency_s_p50"
    ]

    assert text.endswith("# EOF\n")
    assert [pytest.approx(1.2, rel=0.05)] == typical
    assert 1.0 == families["versus_gate_exit_code"].samples[0].value
    kept = [sample.value for sample in families["versus_budget_kept"].samples]
    assert str([0.0, math.nan, 1.0][: len(kept)]) == str(kept)
