from calibration.bars import REQUIREMENTS
from calibration.questions import WHOLE
from calibration.scale import FAST, scale_of


def test_gates_are_replayed_where_they_have_a_bar() -> None:
    """Every requirement has gates of its kind in the scale to publish."""
    scale = scale_of(40, ())
    replayed = {
        (condition, one.question, one.slowdown)
        for condition in scale.conditions
        for one in scale.replays(condition)
    }

    assert {(one.condition, one.question, one.slowdown) for one in REQUIREMENTS} <= replayed
    assert {"quiet", "disturbed"} == {one[0] for one in replayed if one[1] == WHOLE}


def test_false_alarms_are_replayed_most() -> None:
    """3,000 in the scale to publish, 300 in the fast one."""
    counts = [
        one.count
        for scale in (scale_of(40, ()), FAST)
        for one in scale.replays("quiet")
        if one.question == WHOLE
    ]

    assert [3000, 300] == counts


def test_live_gates_are_fewer_where_they_take_longer() -> None:
    """Half as many for slowdowns, half again if disturbed or long, rounded up."""
    scale = scale_of(5, [0.03])

    assert (5, 3, 2) == tuple(scale.live("quiet", effect) for effect in (0.0, 0.03, 0.01))
    assert (3, 2, 1) == tuple(scale.live("disturbed", effect) for effect in (0.0, 0.03, 0.01))
    assert 0 == scale.live("short pauses", 0.0)
    assert (0.03,) == scale.effects
    assert FAST.live_unchanged == scale_of(0, ()).live("quiet", 0.0)
