"""What is made of odd answers, with curl and httpx as witnesses on the same paths."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from contract.run.observation import Observation
from loadtests.probes.http.answer import body_hash
from loadtests.probes.http.tests.oddities import CURL, HTTPX, ODDITIES, Oddity, serving
from loadtests.probes.http.tests.sending import observed


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where every oddity is answered."""
    with serving(ODDITIES) as (address, _):
        yield address


def scenario(oddity: Oddity) -> str:
    """A scenario that asks for it."""
    request = f'request = "{oddity.method} {oddity.path}"'
    return f'[[scenarios]]\nname = "x"\n{request}\nstatus = {oddity.status}\n'


def ask(tmp_path: Path, url: str, oddity: Oddity) -> Observation:
    (seen,) = observed(tmp_path, url, scenario(oddity))
    return seen


def test_there_are_enough() -> None:
    """Each has a path of its own."""
    assert len(ODDITIES) == len({one.path for one in ODDITIES}) >= 130


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda one: one.name)
def test_each_answer_is_what_http_says(tmp_path: Path, url: str, oddity: Oddity) -> None:
    """Right with its status, sizes and hash; or wrong, and in which words."""
    seen = ask(tmp_path, url, oddity)

    if oddity.error:
        assert seen.error.startswith(oddity.error)
        return
    wire = len(oddity.body) if oddity.wire is None else oddity.wire
    assert ("", oddity.status, wire, len(oddity.body), body_hash(oddity.body, None)) == (
        seen.error,
        seen.status,
        seen.wire_bytes,
        seen.body_bytes,
        seen.body_hash,
    )
    assert (oddity.note[:1], True) == (seen.note[:1], seen.note.startswith(oddity.note))


def by_curl(tmp_path: Path, url: str, oddity: Oddity) -> tuple[int, int, bytes] | None:
    """Status, bytes on the wire and body; None where curl calls it broken."""
    asked = ["--head"] if oddity.method == "HEAD" else list[str]()
    file = tmp_path / "body"
    file.touch()
    ended = subprocess.run(
        [
            *("curl", "-q", "-s", "--compressed", "--max-time", "5", *asked, "--output", str(file)),
            *("--write-out", "%{http_code} %{size_download}", url + oddity.path),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        return None
    status, size = ended.stdout.split()
    return int(status), int(size), b"" if asked else file.read_bytes()


def by_httpx(_: Path, url: str, oddity: Oddity) -> tuple[int, int, bytes] | None:
    """The same."""
    try:
        answer = httpx.request(oddity.method, url + oddity.path, timeout=5, trust_env=False)
    except httpx.HTTPError:
        return None
    return answer.status_code, answer.num_bytes_downloaded, answer.content


@pytest.mark.slow
@pytest.mark.parametrize(("name", "ask_witness"), [(CURL, by_curl), (HTTPX, by_httpx)])
def test_witnesses_agree(
    tmp_path: Path,
    url: str,
    name: str,
    ask_witness: Callable[[Path, str, Oddity], tuple[int, int, bytes] | None],
) -> None:
    """Status, bytes on the wire and the decoded body are those that other clients see."""
    if name == CURL and not shutil.which(CURL):
        pytest.skip("curl is not installed")
    asked = [one for one in ODDITIES if name in one.witnesses]
    differing = {}
    for oddity in asked:
        told = ask_witness(tmp_path, url, oddity)
        wire = len(oddity.body) if oddity.wire is None else oddity.wire
        right = None if oddity.error else (oddity.status, wire, oddity.body)
        if told != right:
            differing[oddity.name] = told

    assert {} == differing
    assert len(asked) >= 100
