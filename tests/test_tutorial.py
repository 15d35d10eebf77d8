"""The tutorial's commands, typed one after the other, do what it says."""

import re
import subprocess
from pathlib import Path

import pytest
from rich.text import Text

from docs.site.pictures import TYPED, commands, last_calls, type_in

ROOT = Path(__file__).parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"


def test_the_tutorial_needs_fifteen_lines_of_configuration_at_most() -> None:
    """Those that `versus init` writes, and those of its two variants."""
    text = TUTORIAL.read_text("utf-8")
    written = text.split("```toml\n")[1].split("```")[0]
    added = text.split("cat >>versus.toml <<'END'\n")[1].split("END\n")[0]

    assert 15 >= len([line for line in (written + added).splitlines() if line.strip()])


def test_what_is_typed_runs_in_a_terminal(tmp_path: Path) -> None:
    """A line names each call of `versus`, and a command that fails ends all."""
    shown = type_in("test -t 1 && echo yes\nversus init\ntest -f versus.toml\n", tmp_path)

    assert shown.startswith(f"yes\n{TYPED}versus init\n")
    assert ["versus init"] == list(last_calls(shown))
    (tmp_path / "other").mkdir()
    with pytest.raises(subprocess.CalledProcessError) as failed:
        type_in("echo before; false; echo after", tmp_path / "other")
    assert "before\n" == failed.value.output


def test_the_second_gate_is_the_one_that_is_shown() -> None:
    """It fails, and is the same command as the first one."""
    gates = [line for line in commands().splitlines() if line.startswith("versus gate")]
    shown = "".join(f"{TYPED}{line.split('|')[0]}\n{at}\n" for at, line in enumerate(gates))

    assert {"versus gate --base main": "1\n"} == last_calls(shown)


@pytest.mark.slow
@pytest.mark.alone
def test_the_tutorial_works_as_it_stands(tmp_path: Path) -> None:
    """A verdict, a gate that passes, and a gate that fails; every other command ends with 0.

    There is less time here than the built-in profiles give, because CI has other things to do.
    """
    short = (
        "[profiles.default]\\nmeasure_s = 20\\n[profiles.quick]\\nmeasure_s = 21\\npairs = [14]\\n"
    )
    typed = commands().replace("versus init\n", f"versus init\nprintf '\\n{short}' >>versus.toml\n")
    # A machine's noise may leave a gate undecided; it is no error, and then it is measured again.
    gate = "versus gate --base main"
    typed = typed.replace(f"{gate}\n", f"{gate} || {{ test $? -eq 3 && {gate}; }}\n")
    shown = Text.from_ansi(type_in(typed, tmp_path)).plain

    assert re.search(r"^get_totals [^\[]*x faster \[", shown, re.MULTILINE), shown
    # How many budgets are decided depends on the time.
    verdicts = re.findall(r"^(PASS|FAIL|INCONCLUSIVE): \d of \d budgets", shown, re.MULTILINE)
    assert verdicts in (["PASS", "FAIL"], ["INCONCLUSIVE", "PASS", "FAIL"]), shown
    # On a busy machine CPU time may end the gate before latency is decided.
    failed = re.findall(r"^FAIL get_totals, head, (.+?):", shown, re.MULTILINE)
    assert {"typical latency", "CPU time of the service"} & set(failed), shown
