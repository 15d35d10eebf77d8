"""What the calibration of a run says about its gates: one sentence, and a table."""

from contract.run.calibrated import CalibratedGates, CalibratedRecord
from reports import units
from reports.page.shapes import Cell, Table, numbers, words


def calibrated_sentence(record: CalibratedRecord) -> str:
    """What a gate of the first metric finds, how often and how soon, and how often it is wrong."""
    first = record.gates[0].metric
    rows = [one for one in record.gates if one.metric == first]
    found = next((one for one in rows if one.effect and one.most_s is not None), None)
    gate = (
        f"On this machine and service, a gate of {units.metric_name(first)} with limit "
        f"{rows[0].ratio_max:g}"
    )
    if found:
        finds = f"{gate} finds {_planted(found)} in 19 of 20 runs within {_within(record, found)}"
    else:
        largest = max(rows, key=lambda one: one.effect)
        finds = (
            f"{gate} does not find {_planted(largest)} in 19 of 20 runs within {_horizon(record)}"
        )
    unchanged = next((one for one in rows if not one.effect), None)
    return f"{finds}; {_alarms(unchanged)}." if unchanged else f"{finds}."


def _alarms(unchanged: CalibratedGates) -> str:
    most = units.percent(unchanged.failed_share_max, 2)
    return (
        f"{_planted(unchanged)} failed in {unchanged.failed} of {unchanged.gates} (at most {most})"
    )


def _planted(one: CalibratedGates) -> str:
    return f"+{100 * one.effect:g} %" if one.effect else "unchanged code"


def _within(record: CalibratedRecord, one: CalibratedGates) -> str:
    if one.most_s is None or one.most_units is None:
        return ""
    if record.unit == "pairs":
        pairs = units.count_of(one.most_units, "pairs")
        return f"{pairs} of starts (about {units.rough_time(one.most_s)})"
    return f"{units.duration(one.most_s, 2)} of measuring"


def _horizon(record: CalibratedRecord) -> str:
    if record.unit == "pairs":
        return f"{units.count_of(record.horizon_units, 'pairs')} of starts"
    return f"{units.duration(record.horizon_s, 2)} of measuring"


def calibrated_table(record: CalibratedRecord) -> Table:
    """All replayed gates, by metric."""
    caption = (
        f"{record.scenario}, {units.count_of(record.recorded_units, record.unit)} recorded in "
        f"{units.duration(record.recorded_s)}; a gate goes on for at most {_horizon(record)}"
    )
    return Table(
        "calibrated",
        caption,
        (
            *words("metric"),
            *numbers("limit"),
            *words("planted"),
            *numbers("FAIL", "PASS", "half fail within", "19 of 20 fail within"),
        ),
        tuple(
            (
                Cell(units.metric_name(one.metric)),
                Cell(f"{one.ratio_max:g}"),
                Cell(_planted(one)),
                Cell(f"{one.failed} of {one.gates}"),
                Cell(f"{one.passed} of {one.gates}"),
                Cell("-" if one.median_s is None else units.duration(one.median_s, 2)),
                Cell("-" if one.most_s is None else units.duration(one.most_s, 2)),
            )
            for one in record.gates
        ),
    )
