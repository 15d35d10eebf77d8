"""Configuration is somebody's input: what is wrong is named, with what would be right."""

import json
from pathlib import Path

import pytest

from contract.config.defaults import default_budgets
from contract.errors import ConfigError
from loadtests.planning.plan import Plan, load_plan
from loadtests.revisions.commits import Commit
from loadtests.revisions.resolving import Change

ROOT = Path(__file__).parents[3]

PLAIN = """
[target]
url = "http://127.0.0.1:1/"

[variants.before]
[variants.after]
headers = { X-Mode = "new" }
query = { mode = "new way" }

[[scenarios]]
name = "one"
request = "GET /things?limit=5"

[[scenarios]]
name = "two"
request = "GET /others"
weight = 3
"""

STARTED = PLAIN.replace('url = "http://127.0.0.1:1/"', 'command = ["true"]')


def plan_of(tmp_path: Path, text: str, **options: object) -> Plan:
    path = tmp_path / "versus.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path, **{"seed": 1, **options})  # type: ignore[arg-type] # one helper, all options


def complaint_of(tmp_path: Path, text: str, **options: object) -> str:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, text, **options)
    return str(caught.value)


def test_our_own_configuration_is_a_plan() -> None:
    """The file in the project's root measures baseline against optimized and tuned."""
    plan = load_plan(ROOT / "versus.toml", seed=1)

    assert ("baseline", "optimized", "tuned") == plan.variants
    assert "baseline" == plan.baseline
    assert ["workflow_list", "template_list", "file_list", "canary"] == [
        scenario.name for scenario in plan.scenarios
    ]
    (upload,) = load_plan(ROOT / "versus.toml", scenarios=["bulk_upload"], seed=1).scenarios
    assert "newcomer" == upload.caller
    (request,) = plan.scenarios[0].sequence
    assert {"Versus-Flags": ("preset=optimized",)} == request.headers[1]
    assert {"Versus-Flags": ("preset=tuned",)} == request.headers[2]


def test_a_variant_is_headers_and_query(tmp_path: Path) -> None:
    """A variant's query joins the scenario's own, encoded."""
    (request,) = plan_of(tmp_path, PLAIN).scenarios[0].sequence

    assert (("/things?limit=5",), ("/things?limit=5&mode=new+way",)) == request.paths
    assert ({}, {"X-Mode": ("new",)}) == request.headers


def test_time_is_shared_by_weight(tmp_path: Path) -> None:
    """A scenario of three times the weight gets three times the time."""
    text = PLAIN + "[profiles.default]\nmeasure_s = 40\n"

    assert [10.0, 30.0] == [one.budget_s for one in plan_of(tmp_path, text).scenarios]


def test_what_is_left_out_shares_no_time(tmp_path: Path) -> None:
    """Naming scenarios gives them the whole time."""
    text = PLAIN + "[profiles.default]\nmeasure_s = 40\n"

    assert [40.0] == [one.budget_s for one in plan_of(tmp_path, text, scenarios=["one"]).scenarios]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[target]\nurl", "[target]\nurls", "unknown key 'urls' in target; did you mean 'url'?"),
        ("[variants.after]\nheaders", "[variants.after]\nheader", "did you mean 'headers'?"),
        ("weight = 3", "wieght = 3", "did you mean 'weight'?"),
        ("weight = 3", "weight = 0", "scenarios 'two', weight"),
        ("weight = 3", 'ignore = "("', "ignore: not a regular expression"),
        (
            "weight = 3",
            "ignore = '(?<=a)b'",
            "scenarios 'two', ignore: invalid perl operator: (?<=.",
        ),
        ('"GET /others"', '"FETCH /others"', "scenarios 'two', request"),
        ('"GET /others"', '"GET /oth ers"', "scenarios 'two', request"),
        ('name = "two"', 'name = "one"', "'one' stands there twice"),
        ('url = "http://127.0.0.1:1/"', "", "exactly one of 'start', 'command' and"),
        ('"http://127.0.0.1:1/"', '"ftp://x/"', "http or https"),
        ("[target]", '[target]\nlink = "wan"', "'wan' puts the stack of 'start' at a distance"),
        ("[target]", '[target]\nlink = "35"', "'35' is unknown. Valid: lan, region, wan, or a rou"),
        ('"http://127.0.0.1:1/"', '"http://u:p@x/"', "holds a password"),
        ("[variants.before]", "", "1 variant, and this command compares at least two: state [var"),
        ("[variants.before]", '[variants."be/fore"]', "variants.be/fore"),
        ('"http://127.0.0.1:1/"', '"http://[::1"', "target.url"),
        ('"http://127.0.0.1:1/"', '"http://x:99999"', "target.url"),
        ('url = "', 'counters = ["x", "x"]\nurl = "', "'x' stands there twice"),
        ('url = "', 'counters = ["latency_s_p50"]\nurl = "', "name of a metric already"),
        ('url = "', 'suite = "nowhere"\nurl = "', "'nowhere' does not exist"),
        ('"GET /others"', '"GET //others/x"', "scenarios 'two', request"),
        ('"GET /others"', '"GET /others#x"', "scenarios 'two', request"),
        ("[target]", "[profiles.default]\ngap_ms = [6, 2]\n[target]", "the smaller first"),
        ("[target]", "[profiles.default]\ngap_ms = [nan, 2]\n[target]", "the smaller first"),
        ("[target]", "[profiles.default]\ngap_ms = [-2, 2]\n[target]", "the smaller first"),
        ("[target]", "[target", "is not TOML: "),
        ("[target]", "deep = " + "[" * 100_000 + "\n[target]", "is not TOML: "),
        ("[target]", "[taget]", "did you mean 'target'?"),
        (
            'name = "two"',
            'name = "two"\ncaller = "newcomer"',
            "known to the service of 'start' alone",
        ),
        ('name = "two"', 'name = "two"\ncaller = "me"', "scenarios 'two', caller"),
        ('X-Mode = "new"', 'X-Mode = "a\\r\\nb"', "variants.after.headers"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """One line: the file, the key, and what would be right."""
    assert old in PLAIN
    message = complaint_of(tmp_path, PLAIN.replace(old, new, 1))

    assert expected in message
    assert str(tmp_path / "versus.toml") in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"variants": ["befor", "after"]}, "unknown variant 'befor'; did you mean 'before'?"),
        ({"scenarios": ["three"]}, "unknown scenario 'three'; valid: one, two."),
        ({"profile": "smok"}, "unknown profile 'smok'; did you mean 'smoke'?"),
        ({"variants": ["before"]}, "1 variant, and this command compares at least two"),
    ],
)
def test_an_unknown_choice_is_named_with_the_valid_ones(
    tmp_path: Path, options: dict[str, object], expected: str
) -> None:
    """What the command line asks for must exist."""
    assert expected in complaint_of(tmp_path, PLAIN, **options)


def test_a_link_that_is_asked_for_wins_and_is_recorded(tmp_path: Path) -> None:
    """The option stands instead of the configuration's link, also in what the record keeps."""
    text = PLAIN.replace('url = "http://127.0.0.1:1/"', 'start = "service"\nlink = "wan"')

    assert "wan" == plan_of(tmp_path, text).target.link
    plan = plan_of(tmp_path, text, link="35,100")
    assert ("35,100", "35,100") == (plan.target.link, plan.config["target"]["link"])


def test_a_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    """The message names the file and the option."""
    with pytest.raises(ConfigError, match=r"no such file\. Pass --config "):
        load_plan(tmp_path / "none.toml", seed=1)


def test_secrets_come_from_the_environment_and_stay_out_of_the_record(tmp_path: Path) -> None:
    """A header is filled in for sending; the record keeps the variable's name or nothing."""
    text = PLAIN.replace(
        "[variants.before]",
        'headers = { Authorization = "Bearer ${MY_TOKEN}", X-Api-Key = "canary-1" }\n'
        '[variants.before]\nheaders = { Cookie = "canary-2 ${MY_TOKEN}" }\n',
    ).replace("GET /others", "GET /others?a=1&api_key=canary-4")
    plan = plan_of(tmp_path, text, environment={"MY_TOKEN": "canary-3"})

    assert "Bearer canary-3" == plan.headers["Authorization"]
    assert "canary" not in json.dumps(plan.config)
    assert "${MY_TOKEN}" in json.dumps(plan.config)


def test_a_variants_headers_are_filled_in_too(tmp_path: Path) -> None:
    """A placeholder is never sent as it stands."""
    text = PLAIN.replace('"new"', '"${MODE}"')
    scenario = plan_of(tmp_path, text, environment={"MODE": "newer"}).scenarios[0]

    assert {"X-Mode": ("newer",)} == scenario.sequence[0].headers[1]


def test_a_value_that_is_no_headers_value_is_refused(tmp_path: Path) -> None:
    """A line break in the environment must not become a header of its own; it is not shown."""
    text = PLAIN.replace('"new"', '"${MODE}"')
    message = complaint_of(tmp_path, text, environment={"MODE": "canary\r\nX: y"})

    assert "variants.after.headers.X-Mode" in message
    assert "canary" not in message


def test_the_baseline_is_measured_whatever_is_chosen(tmp_path: Path) -> None:
    """Choosing variants never changes what they are compared with."""
    text = PLAIN.replace("[variants.after]", "[variants.other]\n[variants.after]")

    assert ("before", "after") == plan_of(tmp_path, text, variants=["after"]).variants


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    """The message names the variable, never a value."""
    text = PLAIN.replace("[variants.before]", 'headers = { A = "${NOT_SET}" }\n[variants.before]')

    assert "environment variable NOT_SET is not set" in complaint_of(tmp_path, text, environment={})


def test_extra_variants_are_measured_when_somebody_names_them(tmp_path: Path) -> None:
    """Not otherwise, and the baseline always."""
    path = tmp_path / "versus.toml"
    path.write_text(
        '[target]\nurl = "http://127.0.0.1:1"\n'
        "[variants.a]\n[variants.b]\n[variants.c]\nextra = true\n"
        '[[scenarios]]\nname = "x"\nrequest = "GET /"\n',
        encoding="utf-8",
    )

    assert ("a", "b") == load_plan(path, seed=1).variants
    assert ("a", "c") == load_plan(path, variants=["c"], seed=1).variants


PAGED = (
    PLAIN.replace("[variants.before]\n", '[variants.before]\npage = { how = "old" }\n').replace(
        "[variants.after]\n", '[variants.after]\npage = { how = "a/b c" }\n'
    )
    + """
[[pages]]
name = "start"
path = "/start?how={how}&key=${KEY}"
marks = ["data-shown"]
weight = 3

[[pages]]
name = "end"
path = "/end"
"""
)


def test_pages_in_every_variant(tmp_path: Path) -> None:
    """Gaps are filled and escaped, queries and headers are the variant's, secrets stay apart."""
    start, end = plan_of(tmp_path, PAGED, environment={"KEY": "k&y"}).pages

    assert (
        "/start?how=old&key=k%26y",
        "/start?how=a%2Fb%20c&key=k%26y&mode=new+way",
    ) == start.paths
    assert ({}, {"X-Mode": "new"}) == start.headers
    assert "/start?how={how}&key=${KEY}" == start.path
    assert (("/end", "/end?mode=new+way"), ()) == (end.paths, end.marks)
    assert (0.75, 0.25) == (start.share, end.share)


def test_pages_are_chosen_with_scenarios(tmp_path: Path) -> None:
    """Named or not, as scenarios are; without a scenario there is no run."""
    known = {"environment": {"KEY": ""}}

    assert () == plan_of(tmp_path, PAGED, scenarios=["one"], **known).pages
    (page,) = plan_of(tmp_path, PAGED, scenarios=["one", "end"], **known).pages
    assert ("end", 1.0) == (page.name, page.share)
    assert "a run needs a scenario, and only pages are left" in complaint_of(
        tmp_path, PAGED, scenarios=["end"], **known
    )


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ('path = "/start?way={way}"', "nothing says what {way} is in the path of page 'start'"),
        ('path = "start"', "pages 'start', path: the path must begin with /"),
        ('path = "/"\nmarks = ["failed"]', "'failed' has a meaning already"),
        ('path = "/"\nmarks = ["load-event"]', "'load-event' has a meaning already"),
        ('path = "/"\nmarks = ["a", "a"]', "'a' stands there twice"),
        (
            'path = "/"\nmarks = ["Data"]',
            "pages 'start', marks number 1: ",
        ),
        ('path = "/"\nmark = ["a"]', "unknown key 'mark' in pages 'start'; did you mean 'marks'?"),
        ('path = "/"\nignore = "("', "pages 'start', ignore: not a regular"),
    ],
)
def test_pages_that_cannot_be_loaded(tmp_path: Path, stated: str, told: str) -> None:
    """One line names the key."""
    assert told in complaint_of(tmp_path, f'{PLAIN}\n[[pages]]\nname = "start"\n{stated}\n')


def test_a_page_and_a_scenario_have_names_of_their_own(tmp_path: Path) -> None:
    """A budget could not tell them apart."""
    twice = f'{PLAIN}\n[[pages]]\nname = "one"\npath = "/"\n'

    assert "pages: 'one' stands there twice" in complaint_of(tmp_path, twice)


def test_extra_scenarios_are_measured_when_somebody_names_them(tmp_path: Path) -> None:
    """Not otherwise, and what is left out shares no time."""
    text = PLAIN.replace('name = "two"', 'name = "two"\nextra = true')
    plan = plan_of(tmp_path, text)

    assert [("one", plan.profile.measure_s)] == [(one.name, one.budget_s) for one in plan.scenarios]
    chosen = plan_of(tmp_path, text, scenarios=["one", "two"]).scenarios
    assert ["one", "two"] == [one.name for one in chosen]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("", "/things?limit=5"),
        ('[revisions]\nvariant = "after"\n', "/things?limit=5&mode=new%20way"),
    ],
)
def test_revisions_are_sent_what_one_variant_is_sent(
    tmp_path: Path, stated: str, expected: str
) -> None:
    """Both the same: what the baseline is sent, unless another variant is named."""
    commit = Commit("0" * 40, "First", "2026-11-01")
    change = Change(tmp_path, tmp_path, tmp_path, "main", commit, commit)
    plan = plan_of(tmp_path, STARTED + stated).between(change)
    (request,) = plan.scenarios[0].sequence

    assert ("base", "head") == plan.variants
    assert [expected.replace("%20", "+")] * 2 == ["".join(path) for path in request.paths]


def change_at(folder: Path) -> Change:
    commit = Commit("0" * 40, "First", "2026-11-01")
    return Change(folder, folder, folder, "main", commit, commit)


BARE = """
[target]
command = ["true"]
counters = ["rows"]

[[scenarios]]
request = "GET /things?limit=5"
"""


def test_two_revisions_need_no_variants(tmp_path: Path) -> None:
    """Both get the request as it is stated, the measuring time, and the default budgets."""
    plan = plan_of(tmp_path, BARE, of_revisions=True, profile="quick").between(change_at(tmp_path))
    (scenario,) = plan.scenarios

    assert (("base", "head"), 1) == (plan.variants, len(plan.servers))
    assert ("get_things_limit_5", 48.0) == (scenario.name, scenario.budget_s)
    assert (("/things?limit=5",),) * 2 == scenario.sequence[0].paths
    assert default_budgets(["rows"]) == plan.config["budgets"]
    assert 48.0 == plan.config["profiles"]["quick"]["measure_s"]


def test_one_variant_is_enough_for_two_revisions(tmp_path: Path) -> None:
    """What it states reaches both; a comparison of variants needs another one."""
    text = BARE + '[variants.only]\nheaders = { X-Mode = "new" }\n'
    plan = plan_of(tmp_path, text, of_revisions=True).between(change_at(tmp_path))

    assert [{"X-Mode": ("new",)}] * 2 == list(plan.scenarios[0].sequence[0].headers)
    assert "1 variant, and this command compares at least two" in complaint_of(tmp_path, text)


def test_a_variant_with_a_server_of_its_own_has_two_revisions(tmp_path: Path) -> None:
    """Of several, the baseline's, or the one that is named."""
    text = BARE + '[variants.before]\n[variants.after]\nenvironment = { FAST = "1" }\n'
    first = plan_of(tmp_path, text, of_revisions=True).between(change_at(tmp_path))
    named = plan_of(tmp_path, text + '[revisions]\nvariant = "after"\n', of_revisions=True)

    assert [{}] == [one.environment for one in first.servers]
    assert [{"FAST": "1"}] == [
        one.environment for one in named.between(change_at(tmp_path)).servers
    ]


def test_stated_budgets_of_revisions_take_the_place_of_the_default_ones(tmp_path: Path) -> None:
    """Budgets of variants may stand beside them, and are no budgets of revisions."""
    own = {"revisions": True, "scenario": "*", "metric": "rows", "ratio_max": 2.0}
    budgets = """
[variants.before]
[variants.after]
[[budgets]]
scenario = "get_things_limit_5"
variant = "after"
metric = "rows"
ratio_max = 3.0
"""
    mine = '[[budgets]]\nrevisions = true\nscenario = "*"\nmetric = "rows"\nratio_max = 2.0\n'
    without = plan_of(tmp_path, BARE + budgets, of_revisions=True).between(change_at(tmp_path))
    stated = plan_of(tmp_path, BARE + budgets + mine, of_revisions=True)

    assert default_budgets(["rows"]) == without.config["budgets"]
    assert [own] == stated.between(change_at(tmp_path)).config["budgets"]


def test_revisions_are_sent_what_is_measured(tmp_path: Path) -> None:
    """A variant that is unknown, or measured only when it is named, is told."""
    commit = Commit("0" * 40, "First", "2026-11-01")
    change = Change(tmp_path, tmp_path, tmp_path, "main", commit, commit)
    extra = STARTED.replace("[variants.after]", "[variants.other]\n[variants.after]\nextra = true")
    unknown = complaint_of(tmp_path, STARTED + '[revisions]\nvariant = "afte"\n')

    assert "unknown variant 'afte'; did you mean 'after'?" in unknown
    with pytest.raises(ConfigError, match=r"'after' is extra\. Name one of before, other"):
        plan_of(tmp_path, extra + '[revisions]\nvariant = "after"\n').between(change)
