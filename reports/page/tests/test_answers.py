"""Sentences about answers; every one of them is in test_reasons."""

from reports.page.answers import differ, gained


def test_what_was_not_looked_through_is_only_counted() -> None:
    """In runs of earlier versions no place is known."""
    nothing = {"places": (), "count": 0, "counted_all": False}

    assert "answers differ in 7 of 9 rounds" == differ(
        {**nothing, "differing": 7, "rounds": 9, "only_more": False}
    )
    assert "answers gained fields:  (allowed)" == gained(nothing)
