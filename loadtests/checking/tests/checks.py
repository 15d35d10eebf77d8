"""Plans for checks of the answering server."""

import json
import sys
from pathlib import Path

from contract.check import Checked, CheckedAnswer
from loadtests.checking.check import check
from loadtests.planning.plan import Plan, load_plan

SERVER = Path(__file__).parents[2] / "tests" / "answering_server.py"
TWO = '[variants.before]\n[variants.after]\nheaders = { X-V = "1" }\n'


def configuration(*paths: str, target: str = "", variants: str = TWO, more: str = "") -> str:
    """A configuration with a scenario of each path, which starts the answering server."""
    command = json.dumps([sys.executable, str(SERVER)])
    scenarios = "".join(
        f'[[scenarios]]\nname = "{path}"\nrequest = "GET /{path}"\n' for path in paths
    )
    start = target or f"[target]\ncommand = {command}\n"
    return f"{start}\n{variants}\n{scenarios}{more}"


def plan_of(folder: Path, text: str) -> Plan:
    """What a configuration plans."""
    path = folder / "versus.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path, seed=1)


def checked(folder: Path, text: str) -> Checked:
    """What a check of a configuration finds."""
    return check(plan_of(folder, text), lambda _: None)


def answer(found: Checked, scenario: str, variant: str) -> CheckedAnswer:
    """The answer to one scenario in one variant."""
    return next(one for one in found.answers if (one.scenario, one.variant) == (scenario, variant))
