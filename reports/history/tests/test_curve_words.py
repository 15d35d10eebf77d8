"""Chains of gates in words."""

from contract.metrics import TAIL
from reports.effects.shapes import Verdict
from reports.history.chains import Curve, curves_of
from reports.history.curve_words import curve_row, curve_section, grouped, news_of, total_of
from reports.history.entry import Entry
from reports.history.frame import history_of
from reports.history.tests.entries import gate


def with_tail(one: Entry, ratio: float) -> Entry:
    """The entry with an effect on p95, too."""
    tail = one.effects[0].model_copy(update={"metric": TAIL, "ratio": ratio, "low": ratio * 0.97})
    bounded = tail.model_copy(update={"high": ratio * 1.03})
    return one.model_copy(update={"effects": (bounded, *one.effects)})


def curves(entries: list[Entry]) -> tuple[Curve, ...]:
    return curves_of(history_of(entries))


def test_the_typical_latency_comes_first() -> None:
    """Whatever the order of the entries; a row has both."""
    (group,) = grouped(curves([with_tail(gate(0, 1.1, 0, 1), 1.5)]))
    row = curve_row(group, 0.99, 1)

    assert ("10.0 % slower", "[6.7, 13.3]", "1.50x slower") == (
        row.change.text,
        row.interval,
        row.other.text,
    )


def test_an_interval_around_one_decides_nothing() -> None:
    """Then no number stands in the row; what became slower stands above it."""
    (same,), (slower,) = curves([gate(0, 1.01, 0, 1)]), curves([gate(0, 1.1, 0, 1)])
    totals = [total_of(one, 0.99) for one in (same, slower)]

    assert [Verdict.INCONCLUSIVE, Verdict.SLOWER] == [one.verdict for one in totals]
    assert news_of(totals[1]) < news_of(totals[0])
    assert "undecided" == curve_row([same], 0.99, 1).change.text


def test_a_section_lists_each_gate_newest_first() -> None:
    """With its own change, and the product so far."""
    section = curve_section(curves([gate(0, 1.1, 0, 1), gate(1, 1.1, 1, 2)]), 0.99, 1)

    assert ["0000000002", "0000000001"] == [row[0].text for row in section.table.rows]
    assert ["21.0 % slower [15.9, 26.2]", "10.0 % slower [6.7, 13.3]"] == [
        row[-1].text for row in section.table.rows
    ]
    assert "21.0 % slower [15.9, 26.2]" == section.gist


def test_many_gaps_are_counted() -> None:
    """Five are named."""
    entries = [gate(at, 1.0, 2 * at, 2 * at + 1) for at in range(9)]
    section = curve_section(curves(entries), 0.99, 1)

    assert "And 3 more gaps." == section.notes[-1]


def test_a_tail_that_most_gates_cannot_tell_is_counted() -> None:
    """Its product over fewer gates would look like one over all."""
    (group,) = grouped(curves([with_tail(gate(0, 1.1, 0, 1), 1.5), gate(1, 1.1, 1, 2)]))

    assert "in 1 of 2 gates" == curve_row(group, 0.99, 1).other.text
