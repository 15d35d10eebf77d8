"""It is clear where each variant answers, or what is wrong is named with what would be right."""

import os
import sys
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.planning.plan import Plan, load_plan

SCENARIO = '\n[[scenarios]]\nname = "one"\nrequest = "GET /"\n'
RUN = 'command = ["sh", "-c", "exec sleep 1", "{port}"]\n'
URL = 'url = "http://127.0.0.1:1/"\n'
BUILD = '\n[revisions]\nbuild = ["make"]\n'


def plan_of(
    tmp_path: Path, target: str, before: str = "", after: str = "", **environment: str
) -> Plan:
    config = tmp_path / "versus.toml"
    text = f"[target]\n{target}\n[variants.before]\n{before}\n[variants.after]\n{after}\n{SCENARIO}"
    config.write_text(text, encoding="utf-8")
    return load_plan(config, seed=1, environment={**os.environ, **environment})


def test_one_server_serves_all_variants_that_differ_by_requests(tmp_path: Path) -> None:
    """Nothing is started twice without a reason."""
    (server,) = plan_of(tmp_path, RUN, after='headers = { X = "1" }').servers

    assert ("", "service", "the service") == (server.variant, server.name, server.title)
    assert ("sh", "-c", "exec sleep 1", "{port}") == server.command
    assert (str(tmp_path), None, 30.0) == (server.cwd, server.ready, server.ready_s)


def test_a_variants_own_settings_stand_over_the_targets(tmp_path: Path) -> None:
    """What a variant does not state it has from the target."""
    (tmp_path / "new").mkdir()
    before, after = plan_of(
        tmp_path,
        RUN + 'environment = { MODE = "a", KEY = "${KEY}" }\nready = "/ready?x=1"\nready_s = 5\n',
        after='command = ["sh"]\ncwd = "new"\nenvironment = { MODE = "b" }',
        KEY="hidden",
    ).servers

    assert ("service_before", "service_after") == (before.name, after.name)
    assert ({"MODE": "a", "KEY": "hidden"}, {"MODE": "b", "KEY": "hidden"}) == (
        before.environment,
        after.environment,
    )
    assert (("hidden",), ("hidden",)) == (before.hidden, after.hidden)
    assert (("sh",), str(tmp_path / "new")) == (after.command, after.cwd)
    assert ("/ready?x=1", 5.0) == (after.ready, after.ready_s)


def test_a_program_is_found_in_the_configurations_folder(tmp_path: Path) -> None:
    """A path is relative to where the command runs, a plain name is looked for on PATH."""
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert ("./program",) == plan_of(tmp_path, 'command = ["./program"]').servers[0].command
    plan = plan_of(tmp_path, f'command = ["program"]\nenvironment = {{ PATH = "{tmp_path}" }}')
    assert ("program",) == plan.servers[0].command


def test_addresses_are_the_variants_own_or_the_targets(tmp_path: Path) -> None:
    """target.url stands in where a variant has none."""
    plan = plan_of(tmp_path, URL, after='url = "https://127.0.0.2/api/"')

    assert ("http://127.0.0.1:1", "https://127.0.0.2/api") == plan.urls
    assert () == plan.servers


BUILT = """
[target]
command = ["bin/server"]

[revisions]
build = ["make", "--token=geheim", "bin/server"]

[variants.a]
[variants.b]

[[scenarios]]
name = "one"
request = "GET /"
"""


def test_what_build_makes_need_not_be_here_for_two_revisions(tmp_path: Path) -> None:
    """It is made in each one's own copy; other commands start what is here, and say how."""
    config = tmp_path / "versus.toml"
    config.write_text(BUILT)

    assert ("bin/server",) == load_plan(config, seed=1, of_revisions=True).servers[0].command
    with pytest.raises(ConfigError) as caught:
        load_plan(config, seed=1)
    assert str(caught.value).endswith(
        "'bin/server' is no program that can be run. If [revisions] makes it, run once in "
        f"{tmp_path}: make '--token=[removed]' bin/server"
    )


def test_a_program_on_path_is_needed_before_a_build(tmp_path: Path) -> None:
    """No build puts one there."""
    config = tmp_path / "versus.toml"
    config.write_text(BUILT.replace("bin/server", "no-such-server"))

    with pytest.raises(ConfigError, match=r"is no program that can be run\.$"):
        load_plan(config, seed=1, of_revisions=True)


NO_SERVER = "target.environment: is for a server that 'command' starts."


@pytest.mark.parametrize(
    ("target", "before", "after", "expected"),
    [
        ("", "", "", "target: give exactly one of 'start', 'command' and 'url'."),
        (RUN + URL, "", "", "target: give exactly one of 'start', 'command' and 'url'."),
        ('command = "sh run"', "", "", "target.command: a list of words is expected"),
        ("command = []", "", "", "target.command: a list of words is expected"),
        (
            'command = ["nowhere"]',
            "",
            "",
            "target.command: 'nowhere' is no program that can be run",
        ),
        ('command = ["./no"]', "", "", "target.command: './no' is no program that can be run."),
        (
            RUN,
            'command = ["no"]',
            "",
            "variants.before.command: 'no' is no program that can be run",
        ),
        (RUN + 'cwd = "none"', "", "", "/none' is no folder."),
        (RUN, 'cwd = "none"', "", "variants.before.cwd: "),
        (RUN + 'ready = "no"', "", "", "target.ready: "),
        (RUN + "ready_s = 0", "", "", "target.ready_s: "),
        (RUN + 'environment = { "A B" = "c" }', "", "", "target.environment.A B"),
        (RUN + 'environment = { A = "${NOT_SET}" }', "", "", "target.environment.A: environment v"),
        (RUN, 'environment = { A = "${NOT_SET}" }', "", "variants.before.environment.A: environ"),
        (URL + 'environment = { A = "b" }', "", "", NO_SERVER),
        (RUN + 'link = "wan"', "", "", "target.link: 'wan' puts the stack of 'start'"),
        (RUN, 'url = "http://a"', "", "variants.before.url: cannot stand beside target.command"),
        ('start = "service"', 'url = "http://a"', "", "cannot stand beside target.start"),
        (
            URL,
            'url = "http://a"',
            'command = ["sh"]',
            "variants.after.command: cannot stand beside ",
        ),
        ("", 'url = "http://a"', "", "variants.after: has no 'url', and target.url does not"),
        (URL, 'environment = { A = "b" }', "", "what answers at target.url runs already."),
        ('start = "service"', 'environment = { A = "b" }', "", "differ by 'flags'"),
        ("", 'command = ["sh"]', "", "variants.after: has no 'command', and target.command does"),
        (URL, 'url = "http://u:p@a"', "", "variants.before.url: holds a password"),
        (URL, 'url = "ftp://a"', "", "variants.before.url: an http or https address"),
        ('url = "http://a/?x=1"', "", "", "target.url: ends with a query or fragment."),
        ('url = "http://a/b c"', "", "", "target.url: a path in ASCII was expected"),
        ('url = "http://a/\u00e9"', "", "", "target.url: a path in ASCII was expected"),
        ('url = "http://a/\u20ac"', "", "", "target.url: a path in ASCII was expected"),
        ('url = "http://a..b"', "", "", "target.url: 'a..b' is no name of a host."),
        (f'url = "http://{"a" * 70}"', "", "", "' is no name of a host."),
        (RUN, 'enviroment = { A = "b" }', "", "did you mean 'environment'?"),
        (RUN + 'redy = "/"', "", "", "did you mean 'ready'?"),
        (URL + BUILD, "", "", "revisions.build: is for a server that a command starts"),
        ('start = "service"' + BUILD, "", "", "packages are installed as its lock says"),
        (
            RUN + BUILD.replace("build", "buidl"),
            "",
            "",
            "'buidl' in revisions; did you mean",
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    tmp_path: Path, target: str, before: str, after: str, expected: str
) -> None:
    """One line: the file, the key, and what would be right."""
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, target, before, after)

    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "versus.toml"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ('url = "unix:app.sock"', "target.url: a browser reaches no unix socket"),
        (RUN.replace("{port}", "{socket}"), "target: a browser reaches no unix socket, which {soc"),
        (URL + 'host = "a.example"', "target.host: a browser sends the host of its address"),
    ],
)
def test_a_browser_goes_where_its_address_says(tmp_path: Path, target: str, expected: str) -> None:
    """Nothing of ours connects for it."""
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, target, "", '[[pages]]\nname = "p"\npath = "/"')

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_gap_of_a_socket_makes_it_one(tmp_path: Path) -> None:
    """In the command or a variable; the stated host is its server's."""
    in_command = RUN.replace("{port}", "unix:{socket}") + 'host = "a.example"\n'
    in_variable = RUN + 'environment = { BIND = "{socket}" }\n'
    found = [plan_of(tmp_path, one).servers[0] for one in (in_command, in_variable, RUN)]

    assert [True, True, False] == [one.has_socket for one in found]
    assert "a.example" == found[0].host


def test_a_build_is_a_command(tmp_path: Path) -> None:
    """Without one nothing has to be done before a revision's server can be started."""
    assert (("make",), ()) == (plan_of(tmp_path, RUN + BUILD).build, plan_of(tmp_path, RUN).build)


def test_a_plain_python_is_a_program(tmp_path: Path) -> None:
    """An absolute path needs no PATH."""
    assert (sys.executable,) == plan_of(tmp_path, f'command = ["{sys.executable}"]').servers[
        0
    ].command


def test_the_process_behind_an_address_may_be_named(tmp_path: Path) -> None:
    """By its id or by a file; a variant with an address of its own has its own."""
    own = 'url = "http://127.0.0.1:2"\npid = "other.pid"'

    assert () == plan_of(tmp_path, URL).pids
    assert (7, 7) == plan_of(tmp_path, f"{URL}pid = 7").pids
    assert (7, str(tmp_path / "other.pid")) == plan_of(tmp_path, f"{URL}pid = 7", after=own).pids
    assert () == plan_of(tmp_path, URL, after=own).pids, "of the first one nothing is known"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (f"{RUN}pid = 7", "target.pid: is for the service at a 'url' beside it"),
        (f"{URL}pid = 0", "target.pid: a process id, or a file that holds one, is needed"),
        (f"{URL}pid = true", "target.pid: a process id, or a file that holds one, is needed"),
    ],
)
def test_a_process_that_cannot_be_meant_is_refused(
    tmp_path: Path, target: str, expected: str
) -> None:
    """What Versus starts it knows."""
    with pytest.raises(ConfigError, match=expected):
        plan_of(tmp_path, target)
