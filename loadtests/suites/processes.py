"""One process of a suite: pytest in a variant, with a plugin of ours."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.children import child, exit_of
from loadtests.course import MeasureError
from loadtests.suites.suite import SuiteVariant
from loadtests.target.servers import said_last

_PLUGINS = Path(__file__).with_name("plugin")


async def run_pytest(
    variant: SuiteVariant,
    suite: Sequence[str],
    options: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    under: Sequence[str] = (),
) -> None:
    """Run a suite's tests in a variant until they have passed.

    Args:
        variant: whose Python, place and environment.
        suite: files, folders or tests, as pytest is given them.
        options: of pytest, the plugin's among them.
        environment: of all processes, beside the variant's own.
        log: where its output goes.
        under: a command that runs Python instead.

    Raises:
        MeasureError: a test failed, or there is none.
    """
    whole = {**os.environ, **environment, **variant.environment}
    path = [str(_PLUGINS), whole.get("PYTHONPATH", "")]
    whole["PYTHONPATH"] = os.pathsep.join(one for one in path if one)
    async with child(
        [*under, variant.python, "-m", "pytest", *suite, *options],
        whole,
        on_parent_death="TERM",
        log=log,
        cwd=str(variant.cwd) if variant.cwd else None,
        group=True,
    ) as process:
        await process.wait()
    if process.returncode != 0:
        raise MeasureError(
            f"the suite {' '.join(suite)}, {variant.name}, {exit_of(process)}"
            f"{said_last(log, complaint='ERROR: ')}; see {log}"
        )
