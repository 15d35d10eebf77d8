from calibration.slowdown import UNCHANGED, Slowdown, slower


def test_a_slowdown_is_put_in_words() -> None:
    """Extra work in percent, late requests with their share and time."""
    words = [str(one) for one in (UNCHANGED, slower(0.005), slower(1.0), Slowdown(1.0, 0.08, 0.03))]

    assert ["unchanged code", "+0.5 %", "+100 %", "8 % of requests 30 ms late"] == words
    assert UNCHANGED == slower(0.0)
