from contract.run.tests.test_calibrated import make_calibrated
from reports.page.calibrated import calibrated_sentence, calibrated_table


def test_the_sentence_names_what_is_found_and_how_soon() -> None:
    """The smallest slowdown that 19 of 20 gates find, and the false alarms with their bound."""
    expected = (
        "On this machine and service, a gate of typical latency with limit 1.05 finds +10 % in 19 "
        "of 20 runs within 12 s of measuring; unchanged code failed in 0 of 300 (at most 1.2 %)."
    )

    assert expected == calibrated_sentence(make_calibrated())


def test_the_sentence_says_that_nothing_is_found() -> None:
    """Up to the largest slowdown that was planted, in the longest time."""
    unchanged, slower = make_calibrated().gates
    missed = slower.model_copy(update={"failed": 200, "most_s": None, "most_units": None})
    sentence = calibrated_sentence(make_calibrated(gates=(unchanged, missed)))

    assert "does not find +10 % in 19 of 20 runs within 40 s of measuring;" in sentence


def test_pairs_of_starts_are_counted() -> None:
    """Their time includes the starts, so it is about."""
    sentence = calibrated_sentence(make_calibrated(unit="pairs"))

    assert "within 900 pairs of starts (about 12 s);" in sentence


def test_the_table_has_a_row_for_each_slowdown() -> None:
    """With the verdicts and both times."""
    table = calibrated_table(make_calibrated())
    texts = [[cell.text for cell in row] for row in table.rows]

    assert [
        ["typical latency", "1.05", "unchanged code", "0 of 300", "280 of 300", "-", "-"],
        ["typical latency", "1.05", "+10 %", "296 of 300", "0 of 300", "3.0 s", "12 s"],
    ] == texts
    assert "same, 1,500 rounds recorded in 20.0 s" in table.caption
