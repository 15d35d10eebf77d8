"""Images of containers are told by the program that runs them."""

from pathlib import Path

import pytest

from loadtests.revisions.containers import image_ids, runs_container


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["docker", "run", "app"], True),
        (["/usr/bin/podman", "--log-level", "error", "run", "app"], True),
        (["docker", "compose", "up"], False),
        (["python3", "run"], False),
    ],
)
def test_only_a_run_of_a_container_counts(command: list[str], *, expected: bool) -> None:
    """Whatever stands around it."""
    assert expected == runs_container(command)


def test_words_that_name_an_image_have_its_id(tmp_path: Path) -> None:
    """Options are not looked up, and words of no image have none."""
    program = tmp_path / "docker"
    program.write_text('#!/bin/sh\ntest "$5" = app && echo sha256:1\n', encoding="utf-8")
    program.chmod(0o755)
    command = [str(program), "run", "--rm", "app", "serve"]

    assert {"app": "sha256:1"} == image_ids(command, {"--rm", "app", "serve"}, {})
    assert {} == image_ids([str(tmp_path / "none"), "run", "app"], {"app"}, {})
