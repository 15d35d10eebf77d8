"""The time axis that all charts of a scenario share, so that they can be compared by eye."""

from dataclasses import dataclass

from reports.effects.shapes import SubjectComparison
from reports.page.charts.drawing import clean, fitted
from reports.page.charts.panels import Panel
from reports.page.charts.readings import LINE
from reports.page.charts.scales import Scale, linear_scale, log_scale, row_scale, time_label

# Of variants, beside a row.
_NAMES_MAX = 110.0
# Enough for a title and shares.
_MARGIN_MIN = 80.0


@dataclass(frozen=True)
class TimeAxis:
    """Two scales of the same scenario.

    Attributes:
        log: over everything that a chart of the scenario shows.
        linear: from zero to a bit more than what is named in any of them; the slowest requests
            may be beyond it, because a single one would press all others together.
        margin: room on the left that is enough for names and numbers.
    """

    log: Scale
    linear: Scale
    margin: float


def time_axis(scenario: SubjectComparison) -> TimeAxis:
    """The axis of a scenario."""
    curves, changes = scenario.curves, scenario.shape_changes
    stages_s = [sum(time_s for _, time_s in one.parts) for one in scenario.stages]
    named_s = [time_s for one in curves for _, time_s in one.quantiles]
    times_s = [
        *(time_s for one in curves for time_s in one.latencies_s),
        *(time_s for one in curves for _, time_s in one.tail),
        *(edge_s for one in changes for edge_s in one.edges_s),
    ]
    log = log_scale("latency (log scale)", times_s, time_label, room=0.04, decades_min=0.15)
    linear = linear_scale("latency", 0, 1.04 * max([*named_s, *stages_s], default=1.0), time_label)
    variants = {one.variant for one in curves} | {one.variant for one in scenario.stages}
    names = sorted(map(row_name, variants))
    rows = Panel(log, row_scale(names), 2 * LINE * len(names))
    return TimeAxis(log, linear, max(rows.margin, _MARGIN_MIN))


def row_name(variant: str) -> str:
    """A variant's name as it stands beside a row."""
    return fitted(clean(variant), _NAMES_MAX)
