"""Page loads for tests: seeded, in rounds whose mood the variants share, written by the writer."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from contract.run.files import describe_file
from contract.run.pages import (
    PAGE_LOADS_NAME,
    PAGES_NAME,
    PageLoad,
    PageRecord,
    Pages,
    PagesRecord,
    write_pages,
)
from contract.run.record import read_run_json, write_run
from reports.tests.runs import Behaviour, Made, Scenario, make_run

VARIANTS = ("baseline", "optimized")
DASHBOARD = PageRecord(
    name="dashboard", path="/dashboard?loading={loading}", marks=("data-shown", "images-shown")
)
PLAIN = PageRecord(name="plain", path="/plain")
CONFIG: dict[str, Any] = {
    "pages": [{"name": "dashboard", "path": "/dashboard", "marks": ["data-shown", "images-shown"]}],
    "budgets": [
        {
            "page": "dashboard",
            "variant": "optimized",
            "metric": "data_shown_s",
            "ratio_max": 0.5,
        },
        {
            "page": "dashboard",
            "variant": "optimized",
            "metric": "requests_duplicate",
            "value_max": 0,
        },
    ],
    "claims": [
        {
            "id": "none-twice",
            "text": "nothing twice",
            "source": "here",
            "page": "dashboard",
            "variant": "optimized",
            "metric": "requests_duplicate",
            "ratio_expected": 0,
        },
        {
            "id": "much-faster",
            "text": "four times as fast",
            "source": "here",
            "page": "dashboard",
            "variant": "optimized",
            "metric": "data_shown_s",
            "ratio_expected": 0.25,
        },
    ],
}


def pages_of(
    rounds: int,
    factor: float,
    *,
    seed: int = 1,
    pages: tuple[PageRecord, ...] = (DASHBOARD,),
    error: Callable[[int, str], str] = lambda _number, _variant: "",
    duplicates: Mapping[str, int] | None = None,
) -> Pages:
    """Rounds after one of warm-up; the optimized page takes `factor` times as long."""
    draw = np.random.default_rng(seed)
    twice = duplicates or {"baseline": 5, "optimized": 0}
    loads: list[PageLoad] = []
    for number in range(rounds + 1):
        for page in pages:
            mood = math.exp(draw.normal(0, 0.3))
            for position, index in enumerate(draw.permutation(2)):
                variant = VARIANTS[index]
                took_s = 0.8 * mood * (factor if index else 1) * math.exp(draw.normal(0, 0.02))
                loads.append(
                    PageLoad(
                        page=page.name,
                        variant=variant,
                        round=number,
                        position=position,
                        warmup=number == 0,
                        start_s=float(len(loads)),
                        error=error(number, variant) if number else "",
                        times=dict.fromkeys(page.times, took_s),
                        counts={
                            "requests": 60 + twice[variant],
                            "requests_duplicate": twice[variant],
                            "received_bytes": 1_000_000 + int(draw.integers(9)),
                        },
                    )
                )
    record = PagesRecord(
        browser="Chromium 150.0", variants=VARIANTS, pages=pages, measured_s=2.0 * rounds
    )
    return Pages(record, tuple(loads))


def run_with(folder: Path, pages: Pages, seed: int = 1) -> Path:
    """A run's folder with pages in it, closed."""
    scenario = Scenario("list", {name: Behaviour(0.02) for name in VARIANTS}, rounds=60)
    make_run(folder, Made((scenario,), config=CONFIG, seed=seed))
    write_pages(folder, pages.record, pages.loads)
    record = read_run_json(folder / "run.json")
    files = {name: describe_file(folder / name) for name in (PAGES_NAME, PAGE_LOADS_NAME)}
    write_run(folder, record.model_copy(update={"files": {**record.files, **files}}))
    return folder
