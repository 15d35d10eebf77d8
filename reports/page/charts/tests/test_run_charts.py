"""A page gets the charts that it has places for."""

from pathlib import Path

from reports.judging import read_report
from reports.page.charts.dumbbells import AXIS_ID
from reports.page.charts.run_charts import draw_run
from reports.tests.runs import Behaviour, Made, Scenario, make_run


def test_each_chart_has_the_id_of_its_place(tmp_path: Path) -> None:
    """Also one for each row and each fold; none without anything to draw."""
    variants = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.03)}
    report = read_report(make_run(tmp_path, Made((Scenario("list", variants, rounds=300),))))
    charts = draw_run(
        report.record, report.findings.comparison, report.page, report.host, report.memory
    )
    (section,) = report.page.sections
    places = {section.latency_chart_id, section.shift_chart_id, section.time_chart_id}

    rows = {
        section.spark_chart_id,
        AXIS_ID,
        *(one.dumbbell.chart_id for one in report.page.overview.changes),
    }

    assert {"forest", "payload", section.stage_chart_id} | places | rows == set(charts)
    assert all(f'id="{name}"' in svg for name, svg in charts.items() if name not in rows)
