"""Two changes alone and together."""

import io
from pathlib import Path

import numpy as np
import pytest

from contract.config.judging import Interaction
from contract.run.reading import read_run
from reports.effects.interactions import Together, find_interactions, interaction_of
from reports.publish import publish
from reports.statistics.sequential import Look
from reports.tests.runs import Behaviour, Made, Scenario, make_run

ASKED = Interaction("columns", "pool", "both")
ENTRY = {"first": "columns", "second": "pool", "both": "both"}


def made(both_s: float, rounds: int = 300, *, canary: bool = False) -> Made:
    behaviours = {
        "baseline": Behaviour(0.020),
        "columns": Behaviour(0.010),
        "pool": Behaviour(0.016),
        "both": Behaviour(both_s),
    }
    scenarios = [Scenario("list", behaviours, rounds=rounds)]
    if canary:
        same = dict.fromkeys(behaviours, Behaviour(0.001))
        scenarios.append(Scenario("canary", same, rounds=rounds, canary=True))
    return Made(tuple(scenarios), config={"interactions": [ENTRY]})


@pytest.mark.parametrize(
    ("both_s", "rounds", "ratio", "verdict"),
    [
        (0.008, 300, 1.0, Together.INDEPENDENT),
        (0.010, 300, 1.25, Together.HINDER),
        (0.006, 300, 0.75, Together.HELP),
        (0.010, 8, 1.25, Together.INCONCLUSIVE),
    ],
)
def test_what_is_beyond_the_product_is_told(
    tmp_path: Path, both_s: float, rounds: int, ratio: float, verdict: Together
) -> None:
    """0.5 and 0.8 make 0.4 where neither touches the other; eight rounds tell nothing."""
    run = read_run(make_run(tmp_path, made(both_s, rounds, canary=True)))
    (found,) = find_interactions(run.record, run.samples, [ASKED], {})

    assert (verdict, "list", rounds) == (found.verdict, found.scenario, found.n)
    assert pytest.approx(ratio, rel=0.03 if rounds > 8 else 0.2) == found.ratio
    assert pytest.approx((0.5, 0.8), rel=0.05 if rounds > 8 else 0.2) == found.alone


def test_changes_may_be_named_in_any_order() -> None:
    """First and second are alike; both and the product change places as the ratio turns over."""
    chance = np.random.default_rng(5)
    names = ("baseline", "columns", "pool", "both")
    latencies = {name: np.exp(chance.normal(-4, 0.1, 100)) for name in names}
    turned = {
        "baseline": latencies["columns"],
        "columns": latencies["baseline"],
        "pool": latencies["both"],
        "both": latencies["pool"],
    }

    def ratio(asked: Interaction, of: dict[str, np.ndarray]) -> float:
        return interaction_of("list", asked, of, "baseline", Look(100), 0.03).ratio

    one = ratio(ASKED, latencies)
    assert pytest.approx(one) == ratio(Interaction("pool", "columns", "both"), latencies)
    assert pytest.approx(1 / one) == ratio(ASKED, turned)


def test_a_run_without_all_variants_tells_of_none(tmp_path: Path) -> None:
    """Who measured two variants asked another question."""
    run = read_run(make_run(tmp_path, made(0.008)))

    assert () == find_interactions(run.record, run.samples, [Interaction("a", "b", "both")], {})


def test_the_page_has_a_part_for_it(tmp_path: Path) -> None:
    """With the product beside what was measured."""
    publish(make_run(tmp_path, made(0.010)), io.StringIO())
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert '<h2 id="alone-and-together">' in page
    assert "columns and pool (both)" in page
    assert "hinder each other" in page
