"""Effects and counters of a whole run, by kind."""

from dataclasses import replace

from contract.run.pages import PageRecord
from reports.effects.functions import Functions
from reports.effects.pages import LoadedPages
from reports.effects.shapes import MissingMetric
from reports.verdicts.tests.test_gate import COUNTER, EFFECT, comparison_of


def test_effects_are_chosen_by_kind() -> None:
    """Of requests where no kind is named."""
    found = comparison_of()
    page = replace(
        found.scenarios[0],
        subject=PageRecord(name="home", path="/"),
        kind="page",
        effects=(replace(EFFECT, scenario="home"),),
        counters=(replace(COUNTER, scenario="home"),),
        missing=(MissingMetric("home", "optimized", "x_s", 1, 2, counted=False),),
    )
    suite = Functions(suite="s", pairs=1, effects=(replace(EFFECT, scenario="f"),), levels=())
    whole = replace(found, pages=LoadedPages("Chromium", 0.99, (page,)), functions=suite)

    assert ["list"] == [one.scenario for one in whole.effects()]
    assert ["list", "home"] == [one.scenario for one in whole.effects("request", "page")]
    assert ["list", "home", "f"] == [
        one.scenario for one in whole.effects("request", "page", "function")
    ]
    assert ["home"] == [one.scenario for one in whole.counters("page")]
    assert ["home"] == [one.scenario for one in whole.missing()]
