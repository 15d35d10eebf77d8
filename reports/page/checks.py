"""What a check found, in words: a table of answers, what is wrong, and what the time is enough for.

All of it has at most `LINES_MAX` lines of `WIDTH` columns; the JSON document has the rest.
"""

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contract.check import Checked, CheckedAnswer, Difference, TimePart
from contract.config.judging import Budget
from contract.metrics import TYPICAL, Design
from reports import units
from reports.clean import harmless, short
from reports.page.drawn import checked_rows
from reports.page.shapes import Tone
from reports.verdicts.forecast import Forecast, Reach

WIDTH = 80
LINES_MAX = 40

_ROWS_MIN = 3
_NAMES_MAX = 3
_WRONG_MAX = 4
_DIFFERENCES_MAX = 4
_NAME_LENGTH_MAX = 22
_OTHER_RUNS: Mapping[Design, str] = {
    "restarts": "on revisions: `versus check --base REVISION` checks those",
    "load": "for runs under load, which a check does not try",
    "paired": "on variants: `versus check` without --base checks those",
}
_PARTS = {
    "measure": "measuring",
    "starts": "starting servers",
    "pages": "pages",
    "suite": "the suite",
    "capacity": "the search of capacities",
    "switchback": "comparing under load",
}


@dataclass(frozen=True)
class Line:
    """A line of a terminal, at most as wide as `WIDTH` unless it is to be copied."""

    text: str
    tone: Tone = ""


def check_lines(
    checked: Checked, outlook: Forecast, load_time: Sequence[TimePart], exit_code: int
) -> tuple[Line, ...]:
    """The whole answer to `versus check`.

    Args:
        checked: what was found.
        outlook: what can be decided.
        load_time: the parts of `versus load`, if budgets are for it.
        exit_code: of the command.
    """
    if checked.failure:
        # The line that says most is in the failure already.
        log = (one for one in checked.log if f"output: {one.strip()}" not in checked.failure)
        shown = (Line(f"  | {short(harmless(one), WIDTH - 4)}", "same") for one in log)
        return (*_wrapped(f"FAILED: {checked.failure}", "bad"), *shown, *_result(exit_code))
    below = [
        *(line for text in checked_rows(checked.answers) for line in _wrapped(text)),
        *_wrong(checked.answers),
        *_differences(checked.differences),
        *_stalls(checked.answers),
        *(_ahead(checked, outlook, load_time) if len(checked.planned.variants) > 1 else _alone()),
        *_result(exit_code),
    ]
    rows = _table(checked, max(_ROWS_MIN, LINES_MAX - len(below)))
    lines = [*rows, *below]
    return (*lines[: LINES_MAX - 1], lines[-1]) if len(lines) > LINES_MAX else tuple(lines)


def _ahead(checked: Checked, outlook: Forecast, load_time: Sequence[TimePart]) -> tuple[Line, ...]:
    """What measuring would find, and how long it would take."""
    return (
        *_alike(checked),
        *_budgets(checked, outlook),
        *_time(checked, load_time),
        *reach_lines(checked, outlook),
    )


def _alone() -> list[Line]:
    """What one variant can be measured for."""
    return [
        *_wrapped(
            "one variant. To compare this branch with main: `versus check --base main`, then "
            "`versus gate --base main`."
        ),
        *_wrapped(
            "To compare two settings: state [variants.before] and [variants.after], then "
            "`versus bench`."
        ),
    ]


def reach_lines(checked: Checked, outlook: Forecast) -> tuple[Line, ...]:
    """What cannot be decided in the time, one line for each metric, and what can be."""
    lines: list[Line] = []
    metrics = dict.fromkeys(reach.metric for reach in outlook.reaches)
    sure = [
        metric
        for metric in metrics
        if all(reach.possible for reach in outlook.reaches if reach.metric == metric)
    ]
    if sure:
        labels = ", ".join(units.metric_name(metric) for metric in sure)
        lines += _wrapped(f"time enough for verdicts, if noise permits: {labels}")
    for sentence in impossible_sentences(checked.measure_s, outlook):
        lines += _wrapped(f"TOO SHORT: {sentence}", "unsure")
    return tuple(lines)


def impossible_sentences(measure_s: float, outlook: Forecast) -> tuple[str, ...]:
    """What cannot be decided in the time, and what would be enough: one sentence for each metric.

    Args:
        measure_s: the profile's.
        outlook: what can be decided.
    """
    sentences = []
    for metric in dict.fromkeys(reach.metric for reach in outlook.impossible):
        mine = [reach for reach in outlook.impossible if reach.metric == metric]
        scenarios = len({reach.scenario for reach in outlook.reaches if reach.metric == metric})
        sentences.append(
            f"{units.metric_name(metric)}{_of_budget(mine)} cannot be decided in "
            f"{_some(mine, scenarios)}: {_amount(mine)}. {_advice(mine, measure_s)}"
        )
    return tuple(sentences)


def _of_budget(reaches: Sequence[Reach]) -> str:
    return " (a budget needs it)" if any(reach.by_budget for reach in reaches) else ""


def _some(reaches: Sequence[Reach], scenarios: int) -> str:
    names = _names([reach.scenario for reach in reaches])
    return names if scenarios == 1 else f"{len(reaches)} of {scenarios} scenarios ({names})"


def _names(names: Iterable[str], length_max: int = _NAME_LENGTH_MAX) -> str:
    names = list(dict.fromkeys(names))
    shown = [short(harmless(name), length_max) for name in names[:_NAMES_MAX]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _amount(reaches: Sequence[Reach]) -> str:
    """`90 rounds, 140 are needed`."""
    few, many = (pick(reach.units for reach in reaches) for pick in (min, max))
    needed = max(reach.units_needed for reach in reaches)
    count = f"{few}" if few == many else f"{few} to {many}"
    reach = reaches[0]
    unit = units.count_of(many, reach.unit).split()[-1]
    of_starts = " of starts" if reach.unit == "pairs" else ""
    return f"{count} {unit}{of_starts}, {needed} are needed"


def _advice(reaches: Sequence[Reach], measure_s: float) -> str:
    limits = {reach.limit for reach in reaches}
    if "pairs" in limits:
        return "More pairs in the profile's `pairs` would be enough."
    if "rounds_max" in limits:
        return "Raise the profile's rounds_max."
    factor = max(reach.time_factor or 1.0 for reach in reaches)
    advice = f"It needs at least about measure_s = {_raised(factor * measure_s):g}"
    if all(reach.enough_alone for reach in reaches):
        return f"{advice}, or fewer scenarios."
    return f"{advice}."


def _raised(seconds: float) -> float:
    """Rounded up to two digits."""
    step = 10.0 ** (math.floor(math.log10(seconds)) - 1)
    return math.ceil(seconds / step - 1e-9) * step


def _table(checked: Checked, lines_max: int) -> list[Line]:
    """A row for each answer; for each scenario where there is no room for as many."""
    answers = checked.answers
    title: tuple[str, ...] = (
        *("scenario", "variant", "status", "bytes", "first byte", "latency", "answers"),
    )
    rows = [_row([answer], answer.variant) for answer in answers]
    if len(rows) + 1 > lines_max:
        names = dict.fromkeys(answer.scenario for answer in answers)
        grouped = [[one for one in answers if one.scenario == name] for name in names]
        # What is wrong must be among the rows that are shown.
        grouped.sort(key=lambda group: not any(answer.error for answer in group))
        title = (title[0], *title[2:])
        rows = [(first, *rest) for first, _, *rest in (_row(group, "") for group in grouped)]
    more = len(rows) + 1 - lines_max
    if more > 0:
        rows = rows[: lines_max - 2]
    widths = [max(len(cell) for cell in column) for column in zip(title, *rows, strict=True)]
    lines = [Line(_columns(title, widths), "same")]
    lines += [Line(_columns(row, widths), "bad" if row[-1] == "WRONG" else "") for row in rows]
    if more > 0:
        lines.append(Line(f"and {more + 1} more scenarios; --json shows all", "same"))
    return lines


def _row(answers: Sequence[CheckedAnswer], variant: str) -> tuple[str, ...]:
    return (
        short(harmless(answers[0].scenario), _NAME_LENGTH_MAX),
        short(harmless(variant), _NAME_LENGTH_MAX - 8),
        _joined([str(answer.status or "none") for answer in answers]),
        _joined([units.size(answer.body_bytes) for answer in answers]),
        _joined([_duration(answer.ttfb_s) for answer in answers]),
        _joined([_duration(answer.latency_s) for answer in answers]),
        "WRONG" if any(answer.error for answer in answers) else _rightness(answers),
    )


def _rightness(answers: Sequence[CheckedAnswer]) -> str:
    return "new in head" if any(answer.new for answer in answers) else "right"


def _joined(cells: Sequence[str]) -> str:
    """What is the same in all variants once."""
    return cells[0] if len(set(cells)) == 1 else "/".join(cell.replace(" ", "") for cell in cells)


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else units.duration(seconds, 2)


def _columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    # Names and the last column begin on the left; between them are four numbers.
    names = len(cells) - 5
    text = [
        cell.rjust(width) if names <= column < names + 4 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return short("  ".join(text).rstrip(), WIDTH)


def _wrong(answers: Sequence[CheckedAnswer]) -> Iterator[Line]:
    wrong = [answer for answer in answers if answer.error]
    for answer in wrong[:_WRONG_MAX]:
        yield from _wrapped(
            f"WRONG: {answer.scenario}, {answer.variant} ({short(answer.request, 60)}): "
            f"{short(answer.error, 160)}",
            "bad",
        )
    if len(wrong) > _WRONG_MAX:
        yield Line(f"and {len(wrong) - _WRONG_MAX} more wrong answers; --json shows all", "bad")


def _differences(differences: Sequence[Difference]) -> Iterator[Line]:
    for difference in differences[:_DIFFERENCES_MAX]:
        yield from _difference(difference)
    if len(differences) > _DIFFERENCES_MAX:
        more = len(differences) - _DIFFERENCES_MAX
        yield Line(f"and {more} more differences; --json shows all", "bad")


def _difference(difference: Difference) -> Iterator[Line]:
    tone: Tone = "bad" if difference.harmful else "unsure"
    start = "DIFFERENT" if difference.harmful else "warning"
    request = f", request {difference.request}" if difference.request > 1 else ""
    places = "; ".join(
        f"{place.where}: {place.before} / {place.after}" if place.before else place.where
        for place in difference.places
    )
    more = difference.count - len(difference.places)
    if more > 0:
        places += f"; and {'' if difference.counted_all else 'at least '}{more:,} more places"
    if difference.kind == "variants":
        yield from _wrapped(
            f"{start}: {difference.scenario}{request}: {difference.first} and "
            f"{difference.second} answer differently. {places}",
            tone,
        )
        return
    yield from _wrapped(
        f"{start}: {difference.scenario}{request}: two answers of {difference.first} differ. "
        f"{places}",
        tone,
    )
    if difference.ignore:
        yield Line(f"  add to the scenario: ignore = '{harmless(difference.ignore)}'", tone)
    else:
        yield Line("  state in the scenario's `ignore` what may differ", tone)


def _stalls(answers: Sequence[CheckedAnswer]) -> Iterator[Line]:
    if names := _names([answer.scenario for answer in answers if answer.stalls]):
        yield from _wrapped(
            f"warning: answers of {names} pause between two pieces for as long as an "
            "acknowledgement is delayed (40 ms). The service writes an answer in pieces with "
            "Nagle's algorithm on; one write, or TCP_NODELAY, ends that",
            "unsure",
        )


def _alike(checked: Checked) -> Iterator[Line]:
    for pair in checked.alike:
        server = {
            "one": f"{pair.first} and {pair.second} are the same requests to the same server",
            "command": f"{pair.first} and {pair.second} are the same requests to the same command "
            "in the same environment",
            "commit": f"{pair.first} and {pair.second} are the same commit",
        }[pair.server]
        yield from _wrapped(f"warning: {server}, so only noise can differ", "unsure")


def _budgets(checked: Checked, outlook: Forecast) -> Iterator[Line]:
    of_revisions = checked.planned.restarts is not None
    gate = "versus gate --base" if of_revisions else "versus gate"
    if not outlook.budgets:
        yield from _wrapped(
            f"warning: no budget, so `{gate}` has nothing to judge. Add at the top of the file:",
            "unsure",
        )
        yield Line("  budgets = [")
        yield Line(f"    {_example(checked)} ]")
    else:
        metrics = dict.fromkeys(one.budget.metric for one in outlook.budgets)
        subjects = {
            metric: [_subject(one.budget) for one in outlook.budgets if one.budget.metric == metric]
            for metric in metrics
        }
        parts = [f"{metric} of {_names(names)}" for metric, names in subjects.items()]
        shown = "; ".join(parts[:_NAMES_MAX])
        more = f"; and {len(parts) - _NAMES_MAX} more metrics" if len(parts) > _NAMES_MAX else ""
        yield from _wrapped(
            f"{units.count_of(len(outlook.budgets), 'budgets')} for `{gate}`: {shown}{more}"
        )
    for design, words in _OTHER_RUNS.items():
        if count := outlook.others.get(design, 0):
            yield from _wrapped(f"{units.count_of(count, 'budgets')} {words}")
    for prospect, words in (
        ("absent", "no answer has the metric of"),
        ("unanswered", "no answer came for"),
        ("left_out", "warning: it is not measured, so undecided:"),
        ("not_checked", "a check measures no pages, functions, capacity or memory:"),
    ):
        mine = [one.budget for one in outlook.budgets if one.prospect == prospect]
        if mine:
            names = _names([f"{_subject(one)} ({one.metric})" for one in mine], WIDTH)
            start = "UNDECIDABLE: " if prospect == "absent" else ""
            tone: Tone = "unsure" if prospect in {"absent", "left_out"} else ""
            yield from _wrapped(f"{start}{words} the budget on {names}", tone)


def _subject(budget: Budget) -> str:
    """What a budget is on; capacity and memory are of a variant."""
    return budget.scenario or budget.variant


def _example(checked: Checked) -> str:
    record = checked.planned
    if record.restarts is not None:
        return f'{{ scenario = "*", metric = "{TYPICAL}", revisions = true, ratio_max = 1.05 }}'
    other = next(name for name in record.variants if name != record.baseline)
    return (
        f'{{ scenario = "{record.scenarios[0].name}", variant = "{other}", '
        f'metric = "{TYPICAL}", ratio_max = 1.05 }}'
    )


def _time(checked: Checked, load_time: Sequence[TimePart]) -> Iterator[Line]:
    gate = checked.planned.restarts is not None
    command = "versus gate --base" if gate else "versus bench"
    yield from _wrapped(_takes(f"{command} --profile {checked.planned.profile}", checked.time))
    if load_time:
        yield from _wrapped(_takes(f"versus load --profile {checked.planned.profile}", load_time))


def _takes(command: str, parts: Sequence[TimePart]) -> str:
    total = units.rough_time(sum(part.seconds for part in parts))
    shown = ", ".join(f"{units.rough_time(part.seconds)} {_PARTS[part.name]}" for part in parts)
    return f"`{command}` takes at most about {total}: {shown}"


def _result(exit_code: int) -> tuple[Line, ...]:
    tone: Tone = "good" if exit_code == 0 else "bad" if exit_code == 4 else "unsure"
    words = {
        0: "ready to measure",
        3: "a budget cannot be decided in this time",
        4: "mend what is shown above before you measure",
    }[exit_code]
    return (Line(f"check: {words}", tone),)


def _wrapped(text: str, tone: Tone = "") -> list[Line]:
    lines = textwrap.wrap(harmless(text), WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return [Line(line, tone) for line in lines]
