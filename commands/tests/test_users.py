"""`load --locustfile` from the command line to the gate, against a real server."""

import json
from pathlib import Path

import pytest

from versus import main

CONFIG = """
[target]
url = "{url}"

[variants.before]
[variants.after]
headers = {{ X-Extra-Work = "300000" }}

[[budgets]]
scenario = "get_busy"
variant = "after"
metric = "latency_s_p50"
ratio_max = 1.2
under_load = true

[profiles.default]
measure_s = 16.8
sub_block_s = 0.35
burn_in_s = 0.1
"""
FILE = """
from locust import FastHttpUser, constant, task

class One(FastHttpUser):
    host = "http://127.0.0.1:9"
    wait_time = constant(0.02)

    @task
    def busy(self):
        self.client.get("/busy")
"""


def written(tmp_path: Path, url: str) -> list[str]:
    """The options that name a configuration and a Locust file."""
    (tmp_path / "versus.toml").write_text(CONFIG.format(url=url), encoding="utf-8")
    (tmp_path / "locustfile.py").write_text(FILE, encoding="utf-8")
    return [
        *("--config", str(tmp_path / "versus.toml")),
        *("--locustfile", str(tmp_path / "locustfile.py")),
    ]


def test_what_cannot_be_measured_is_said_first_and_alone(
    tmp_path: Path, plain_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line about budgets or hosts stands before the error of usage."""
    options = written(tmp_path, plain_url)
    config = tmp_path / "versus.toml"
    before = (
        '[[scenarios]]\nname = "get_busy"\nrequest = "GET /"\nbefore = [{ request = "GET /" }]\n'
    )
    wrong = "burn_in_s = 9"
    config.write_text(config.read_text().replace("burn_in_s = 0.1", wrong) + before)

    assert 2 == main(["load", *options])
    assert capsys.readouterr().err.startswith("versus: ")
    config.write_text(config.read_text().replace(wrong, "burn_in_s = 0.1"))
    assert 2 == main(["load", *options[:2]])
    error = capsys.readouterr().err
    assert error.startswith("versus: ")
    assert "`before` and `after` are not possible" in error


@pytest.mark.slow
def test_a_locust_file_is_measured_reported_and_judged(
    tmp_path: Path, plain_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder of the run is all that report and gate need."""
    options = written(tmp_path, plain_url)

    assert 0 == main(["load", *options, "--users", "2", "--json"])
    ended = capsys.readouterr()
    document = json.loads(ended.out)
    comparison = document["comparison"]["comparison"]
    assert "the host of One is ignored" in ended.err
    assert [("get_busy", "fewer", 2)] == [
        (one["scenario"], one["verdict"], comparison["load"]["users"])
        for one in comparison["throughputs"]
    ]
    assert {"slower"} == {one["verdict"] for one in comparison["scenarios"][0]["effects"][:1]}

    run = str(tmp_path / "runs" / "latest")
    assert 0 == main(["report", "--run", run])
    assert "Closed loop of 2 users: get_busy is " in capsys.readouterr().out
    assert 1 == main(["gate", "--run", run])
    assert "FAIL" in capsys.readouterr().out


def test_a_file_that_cannot_be_used_is_one_line_and_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the service is looked for; no run is left behind."""
    options = written(tmp_path, "http://127.0.0.1:1")
    (tmp_path / "locustfile.py").write_text("from locust import HttpUser\n", encoding="utf-8")

    assert 2 == main(["load", *options])
    lines = capsys.readouterr().err.splitlines()
    assert f"versus: {tmp_path}/locustfile.py: there is no user class in it" in lines[-1]
    assert not (tmp_path / "runs").exists()
