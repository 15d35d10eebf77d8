"""Targets of every kind keep one contract, and each says what it is."""

import asyncio
import socket
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import psutil
import pytest

from loadtests.probes.http.tests.certificates import make_certificate, serving_tls
from loadtests.targets.servers import TargetError
from loadtests.targets.target import Target, open_target, reach
from loadtests.targets.tests.check_target import check_dies_with_parent, check_target
from loadtests.targets.tests.ways import WAYS, command, make_plan

SLOW = {"stack"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in WAYS]
)
@pytest.mark.slow
def test_every_way_keeps_the_contract(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts ready, serves, reports its end, leaves nothing running, and explains a failure."""
    monkeypatch.chdir(tmp_path)
    check_target(WAYS[name], tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux signals children of a killed parent"
)
@pytest.mark.parametrize("name", WAYS)
def test_every_way_dies_with_its_parent(name: str, tmp_path: Path) -> None:
    """A killed run leaves nothing running."""
    check_dies_with_parent(name, tmp_path)


async def state_of(
    opening: AbstractAsyncContextManager[Target],
) -> tuple[Target, list[object], list[str]]:
    """A target, what its variants' servers say of themselves, and where its processes run."""
    async with opening as target, httpx.AsyncClient() as client:
        modes = [(await client.get(f"{url}/echo")).json()["mode"] for url in target.base_urls]
        folders = [psutil.Process(pid).cwd() for pid in target.pids.values()]
    return target, modes, folders


def test_one_command_serves_all_variants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs in its folder, with its environment."""
    monkeypatch.setenv("MINE", "given")
    (tmp_path / "sub").mkdir()
    settings = '\nenvironment = { MODE = "${MINE}" }\ncwd = "sub"\nready = "/echo"'
    plan = make_plan(tmp_path, command("serve") + settings)
    target, modes, folders = asyncio.run(state_of(open_target(plan, tmp_path, print)))

    assert (["given", "given"], [str(tmp_path / "sub")]) == (modes, folders)
    assert ({"start": "command"}, {"service"}) == (target.facts, set(target.pids))


def test_gaps_of_revisions_stand_for_the_head_elsewhere(tmp_path: Path) -> None:
    """Here there is no repository, so no commit, and the folder is the server's."""
    settings = '\nenvironment = { MODE = "{side} {commit} {worktree}" }'
    plan = make_plan(tmp_path, command("serve") + settings)
    _, modes, _ = asyncio.run(state_of(open_target(plan, tmp_path, print)))

    assert [f"head none {tmp_path}"] * 2 == modes


def test_variants_can_have_commands_of_their_own(tmp_path: Path) -> None:
    """A variant's command replaces the target's; the order of starts is recorded."""
    own = [f'{command("serve")}\nenvironment = {{ MODE = "{name}" }}' for name in ("a", "b")]
    plan = make_plan(tmp_path, command("fail"), *own)
    target, modes, _ = asyncio.run(state_of(open_target(plan, tmp_path, print)))

    assert ["a", "b"] == modes
    assert {"service_before", "service_after"} == set(target.pids)
    assert target.facts["separate_servers"]
    assert {"before", "after"} == set(target.facts["start_order"])


def test_the_facts_of_a_url_are_its_address(tmp_path: Path) -> None:
    """One for all variants, or one for each."""

    async def facts() -> list[object]:
        async with WAYS["url"].open(tmp_path) as first:
            (url,) = set(first.base_urls)
            own = [f'url = "{address}"' for address in (url, f"{url}/sub")]
            plan = make_plan(tmp_path, "", *own)
            async with open_target(plan, tmp_path, print) as second:
                return [url, first.facts, second.facts]

    url, first, second = asyncio.run(facts())

    assert {"url": url} == first
    assert {"urls": {"before": url, "after": f"{url}/sub"}, "separate_servers": True} == second


def test_tls_is_tried_before_anything_is_measured(tmp_path: Path) -> None:
    """With the authority that the configuration names; without it, one line says why it fails."""
    make_certificate(tmp_path, "own")
    with serving_tls(tmp_path / "own.pem") as port:
        url = f'url = "https://localhost:{port}"'
        asyncio.run(reach(make_plan(tmp_path, f'{url}\nca = "own.crt"')))
        with pytest.raises(TargetError) as refused:
            asyncio.run(reach(make_plan(tmp_path, url)))

    assert (
        f"https://localhost:{port}: its certificate is self-signed. Name the authority's "
        "certificate in target.ca, or in the variable SSL_CERT_FILE."
    ) == str(refused.value)


def test_a_missing_client_certificate_is_noticed_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    """Also where the service sees it only after the handshake, as in TLS 1.3."""
    own = make_certificate(tmp_path, "own")
    make_certificate(tmp_path, "me", host="me")
    with serving_tls(own, clients=tmp_path / "me.crt") as port:
        stated = f'url = "https://localhost:{port}"\nca = "own.crt"\n'
        asyncio.run(reach(make_plan(tmp_path, f'{stated}cert = "me.pem"')))
        with pytest.raises(TargetError) as refused:
            asyncio.run(reach(make_plan(tmp_path, stated)))
        with pytest.raises(TargetError, match=r"it refuses the certificate of target\.cert"):
            asyncio.run(reach(make_plan(tmp_path, f'{stated}cert = "own.pem"')))

    assert (
        f"https://localhost:{port}: it wants a client's certificate. Name it and its key in "
        "target.cert and target.key."
    ) == str(refused.value)


def test_a_socket_is_tried_before_anything_is_measured(tmp_path: Path) -> None:
    """Each variant's own."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "app.sock"))
        listening.listen()
        asyncio.run(reach(make_plan(tmp_path, 'url = "unix:app.sock"')))
    own = ('url = "unix:app.sock"', 'url = "unix:other.sock"')
    with pytest.raises(TargetError) as refused:
        asyncio.run(reach(make_plan(tmp_path, "", *own)))

    assert (
        f"nothing answers at unix:{tmp_path}/app.sock (connection refused). Start the service, or "
        "correct its url."
    ) == str(refused.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:{port}", "nothing answers at {url} (connection refused). Start the"),
        ("https://localhost:{port}", "nothing answers in TLS at {url} (connect"),
        ("http://nosuch.invalid", "nothing answers at {url} ("),
    ],
)
def test_an_address_that_cannot_be_reached_says_why(
    tmp_path: Path, url: str, expected: str
) -> None:
    """In one line."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = url.format(port=listening.getsockname()[1])
    with pytest.raises(TargetError) as refused:
        asyncio.run(reach(make_plan(tmp_path, f'url = "{url}"')))

    assert str(refused.value).startswith(expected.format(url=url))
    assert 1 == len(str(refused.value).splitlines())
