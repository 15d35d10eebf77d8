from pathlib import Path

from calibration.questions import BASELINE, CHANGED, RATIO_MAX, SCENARIO, WHOLE
from calibration.server import EXTRA_HEADER
from calibration.subject import LiveGate, plan_of


def test_the_variants_differ_in_the_extra_work_only(tmp_path: Path) -> None:
    """The configuration in the folder is the one that is measured."""
    plan = plan_of(tmp_path, LiveGate("quiet", WHOLE, 0.05, 20.0), 7)
    text = (tmp_path / "versus-0.0500-20s.toml").read_text(encoding="utf-8")

    assert (BASELINE, CHANGED) == plan.variants
    assert f'{EXTRA_HEADER} = "0.0000"' in text
    assert f'{EXTRA_HEADER} = "0.0500"' in text
    assert [SCENARIO] == [scenario.name for scenario in plan.scenarios]
    assert (7, f"ratio_max = {RATIO_MAX}" in text) == (plan.seed, True)


def test_odd_folders_are_quoted(tmp_path: Path) -> None:
    """A folder with quotes and backslashes in its name is a valid path in the configuration."""
    root = tmp_path / 'a "b" \\c'
    root.mkdir()
    plan = plan_of(root, LiveGate("short pauses", WHOLE, 0.0, 1.0), 1)

    assert 1.0 == plan.profile.measure_s
