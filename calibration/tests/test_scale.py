from calibration.scale import FAST, HORIZON_S, scale_of


def test_every_effect_has_a_horizon() -> None:
    """In both modes, live and replayed, for every effect."""
    for scale in (FAST, scale_of(40, ())):
        for effect in (0.0, *scale.effects):
            assert 0 < scale.replay_horizon_s(effect) <= scale.trace_s / 2
            assert HORIZON_S[effect] > 0


def test_live_gates_are_fewer_where_they_take_longer() -> None:
    """Half as many for slowdowns, half again if disturbed or long, rounded up."""
    scale = scale_of(5, [0.03])

    assert (5, 3, 2) == tuple(scale.live("quiet", effect) for effect in (0.0, 0.03, 0.01))
    assert (3, 2, 1) == tuple(scale.live("disturbed", effect) for effect in (0.0, 0.03, 0.01))
    assert (0.03,) == scale.effects
    assert FAST.live_unchanged == scale_of(0, ()).live("quiet", 0.0)
