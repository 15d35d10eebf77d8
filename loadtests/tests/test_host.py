"""Facts and counters of this very machine."""

import os
import sys
from pathlib import Path

from loadtests.host import environment_facts

ROOT = Path(__file__).parents[2]


def test_facts_name_machine_python_packages_and_code() -> None:
    """The record can be judged by someone who was not there."""
    facts = environment_facts(ROOT)

    assert {"machine", "python", "packages", "code"} == set(facts)
    assert sys.version.split()[0] == facts["python"]["version"]
    assert os.cpu_count() == facts["machine"]["cpus"]
