"""What users of a Locust file are made to send, and what they cannot."""

from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.planning.plan import LoadWorkers, load_plan
from loadtests.planning.users import LocustUsers

CONFIG = """
[target]
url = "http://127.0.0.1:1"
headers = { Authorization = "Bearer ${TOKEN}" }

[variants.before]
[variants.after]
"""
USERS = LocustUsers(file="/work/locustfile.py", cwd="/work", count=5, sha256="0" * 64)


def written(tmp_path: Path, more: str) -> Path:
    """A configuration without scenarios."""
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG + more, encoding="utf-8")
    return config


def test_a_variant_is_what_its_headers_and_flags_say(tmp_path: Path) -> None:
    """Beside those of the target, and without any scenario."""
    config = written(tmp_path, 'headers = { X-Mode = "new" }\nflags = { cache = "on" }\n')
    plan = load_plan(config, seed=1, with_scenarios=False, environment={"TOKEN": "t0ken"})
    loaded = plan.under_load(LoadWorkers(users=USERS))

    assert ({}, {"X-Mode": "new", "Versus-Flags": "cache=on"}) == plan.users_headers
    assert {"Authorization": "Bearer t0ken"} == dict(plan.headers)
    assert () == loaded.scenarios
    assert (1, False) == (LoadWorkers(users=USERS).count, LoadWorkers(users=USERS).distributed)


def test_a_query_cannot_be_added(tmp_path: Path) -> None:
    """Paths are the file's own."""
    config = written(tmp_path, 'query = { mode = "new" }\n')
    with pytest.raises(ConfigError, match=r"variants\.after\.query: a Locust file makes its own"):
        load_plan(config, seed=1, with_scenarios=False, environment={"TOKEN": "t0ken"})


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (('url = "http://127.0.0.1:1"', 'url = "unix:app.sock"'), "reach no unix socket"),
        (('url = "http://127.0.0.1:1"', 'command = ["sh", "-c", "{socket}"]'), "no unix socket"),
        (("headers =", 'host = "a.test"\nheaders ='), r"target\.host: users of a Locust file send"),
    ],
)
def test_what_only_our_own_connections_can_is_refused(
    tmp_path: Path, change: tuple[str, str], refused: str
) -> None:
    """Locust's clients know an address, and no more."""
    config = written(tmp_path, "")
    config.write_text(config.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=refused):
        load_plan(config, seed=1, with_scenarios=False, environment={"TOKEN": "t0ken"})


def test_other_commands_still_need_a_scenario(tmp_path: Path) -> None:
    """A configuration without any is for a Locust file alone."""
    with pytest.raises(ConfigError, match="scenarios: none"):
        load_plan(written(tmp_path, ""), seed=1, environment={"TOKEN": "t0ken"})


def test_budgets_may_name_requests_that_only_a_run_finds(tmp_path: Path) -> None:
    """Under load alone, and where the file states no scenarios."""
    budget = '\n[[budgets]]\nscenario = "get_a"\nvariant = "after"\nmetric = "latency_s_p95"\n'
    budget += "ratio_max = 1.1\n"
    plan = load_plan(
        written(tmp_path, f"{budget}under_load = true\n"),
        seed=1,
        with_scenarios=False,
        environment={"TOKEN": "t0ken"},
    )

    assert "get_a" == plan.config["budgets"][0]["scenario"]
    with pytest.raises(ConfigError, match="unknown scenario 'get_a'"):
        load_plan(written(tmp_path, budget), seed=1, with_scenarios=False)


def test_the_record_of_users_holds_no_folder() -> None:
    """Only the file's name and what it held."""
    record = USERS.record()

    assert ("locustfile.py", 5, "0" * 64) == (record.file, record.count, record.sha256)
