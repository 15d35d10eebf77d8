"""`versus init`, as it is typed."""

import json
from pathlib import Path

import pytest

from versus import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a script that starts a server."""
    (tmp_path / "server.py").write_text("import http.server\nPORT = os.environ['PORT']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_current_folder_gets_a_configuration_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second time it is one line and exit code 2."""
    assert 0 == main(["init"])
    assert "command  python3 server.py  (server.py: starts a server)" in capsys.readouterr().out
    assert 2 == main(["init"])
    assert (
        "versus: versus.toml exists already and is kept. Pass --force to replace it.\n"
        == capsys.readouterr().err
    )
    assert 0 == main(["init", "--force"])


def test_a_program_gets_the_names_of_the_files(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one JSON document, with the lines that people get."""
    (folder / ".git").mkdir()

    assert 0 == main(["init", "--ci", "gitlab", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert ["versus.toml", ".gitlab/versus.yml"] == document["files"]
    assert "wrote versus.toml" in document["text"]


def test_an_unknown_ci_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With what there is, and nothing is written."""
    assert 2 == main(["init", "--ci", "jenkins"])
    assert "Valid: github, gitlab." in capsys.readouterr().err
