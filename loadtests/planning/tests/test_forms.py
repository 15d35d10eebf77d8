"""Forms are made as browsers make them, from files beside the configuration alone."""

import json
import os
from email import message_from_bytes
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from contract.errors import ConfigError
from loadtests.planning.forms import Form
from loadtests.planning.plan import Plan, load_plan

CONTENT = b"\x89PNG\r\n\x1a\n\r\n--\xff"
FORM = """
[target]
url = "http://127.0.0.1:1"
[variants.a]
[variants.b]

[[scenarios]]
name = "upload"
request = "POST /files"
form = [
    { name = "title", text = "by ${WHO}" },
    { name = "files", file = "shots/a.png", type = "image/png", times = 3 },
    { name = "files", filename = "b", file = "shots/a.png" },
]
"""


def plan_of(tmp_path: Path, text: str = FORM) -> Plan:
    """A plan beside which there is a file."""
    folder = tmp_path / "here"
    (folder / "shots").mkdir(parents=True, exist_ok=True)
    (folder / "shots" / "a.png").write_bytes(CONTENT)
    (tmp_path / "outside").write_text("hush")
    (folder / "versus.toml").write_text(text, encoding="utf-8")
    return load_plan(folder / "versus.toml", seed=1, environment={"WHO": "\u00e9{x}"})


def form_of(plan: Plan) -> Form:
    """The form that a plan sends."""
    (request,) = plan.scenarios[0].sequence
    assert request.form is not None
    assert ({"Content-Type": (request.form.content_type,)},) * 2 == request.headers
    assert request.body is None
    return request.form


def test_a_form_is_read_by_others_as_it_was_meant(tmp_path: Path) -> None:
    """Names, types and bytes come out of it again, each part as often as it was asked for."""
    form = form_of(plan_of(tmp_path))
    read = message_from_bytes(f"Content-Type: {form.content_type}\r\n\r\n".encode() + form.content)

    parts = [part for part in read.walk() if not part.is_multipart()]
    told = [
        (part.get_param("name", header="Content-Disposition"), part.get_filename())
        for part in parts
    ]
    assert [("title", None), *[("files", "a.png")] * 3, ("files", "b")] == told
    assert "image/png" == parts[1].get_content_type()
    assert "application/octet-stream" == parts[4].get_content_type()
    # That module reads lines, so bytes are looked for in the whole.
    assert 4 == form.content.count(b"\r\n\r\n" + CONTENT + b"\r\n--")
    assert "\r\n\r\nby \u00e9{x}\r\n--".encode() in form.content


def test_a_form_is_the_same_each_time_and_told_by_its_files(tmp_path: Path) -> None:
    """Runs of the same form agree, and of another file differ, without its text being told."""
    once, again = plan_of(tmp_path), plan_of(tmp_path)
    told = once.scenarios[0].request
    (tmp_path / "here/shots/a.png").write_bytes(b"other")
    changed = load_plan(tmp_path / "here/versus.toml", seed=1, environment={"WHO": "x"})

    assert form_of(once) == form_of(again)
    assert told.startswith(f"POST /files; form of 5 parts, {len(form_of(once).content)} bytes, fil")
    assert told.rpartition(" ")[2] != changed.scenarios[0].request.rpartition(" ")[2]
    assert {"name": "title", "text": "by ${WHO}"} == once.config["scenarios"][0]["form"][0]


def test_a_form_survives_the_way_to_the_generator(tmp_path: Path) -> None:
    """Whatever its bytes are, the generator gets them as they are."""
    form = form_of(plan_of(tmp_path))
    adapter = TypeAdapter(Form)

    assert form == adapter.validate_json(adapter.dump_json(form))


def test_a_secret_text_stays_out_of_the_record(tmp_path: Path) -> None:
    """A part whose name sounds like a secret is recorded without its text."""
    plan = plan_of(tmp_path, FORM.replace('"title", text = "by ${WHO}"', '"token", text = "hush"'))

    assert b"hush" in form_of(plan).content
    assert "hush" not in json.dumps(plan.config)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("shots/a.png", "none.png", "form number 2, file: 'none.png' is not a file. Name one from"),
        ("shots/a.png", "shots", "'shots' is not a file"),
        ("shots/a.png", "shots/pipe", "'shots/pipe' is not a file"),
        ("shots/a.png", "../outside", "is not in the folder of the configuration"),
        ("shots/a.png", "/etc/hostname", "is not in the folder of the configuration"),
        ("shots/a.png", "shots/link", "is not in the folder of the configuration"),
        ("shots/a.png", "shots/circle", "form number 2, file: 'shots/circle' "),
        ("shots/a.png", "n" * 300, "cannot be read: File name too long."),
        ("shots/a.png", "shots/large", "larger than 67108864 bytes"),
        ("shots/a.png", "shots/\\u0000", "form number 2, file"),
        ("times = 3", 'text = "x"', "form number 2: give exactly one of 'text' and 'file'"),
        (
            ', file = "shots/a.png" },\n]',
            " },\n]",
            "form number 3: give exactly one of 'text' and 'file'",
        ),
        ("times = 3", "times = 0", "form number 2, times"),
        (
            "times = 3",
            "tims = 3",
            "unknown key 'tims' in scenarios 'upload', form number 2; did",
        ),
        ('"title"', "'a\"; filename=\"b'", ", name: "),
        ('"title"', '"a\\r\\nX: y"', ", name: "),
        ('filename = "b"', 'filename = "b\\n"', "form number 3, filename"),
        ('"image/png"', '"a\\r\\nb"', "form number 2, type"),
        ('"image/png"', '""', "form number 2, type"),
        ("${WHO}", "${NOT_SET}", "form number 1, text: environment variable NOT_SET is not set"),
        ("form = [", 'body = "x"\nform = [', "give at most one of 'body' and 'form'"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """Neither may a part leave its place, nor a file lie elsewhere, be endless or too large."""
    shots = tmp_path / "here" / "shots"
    shots.mkdir(parents=True)
    os.mkfifo(shots / "pipe")
    (shots / "circle").symlink_to("circle")
    (shots / "link").symlink_to(tmp_path / "outside")
    with (shots / "large").open("wb") as sparse:
        sparse.truncate(64 * 1024 * 1024 + 1)
    assert old in FORM
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, FORM.replace(old, new, 1))

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_many_files_are_too_large_together(tmp_path: Path) -> None:
    """The limit is that of the whole form."""
    plan_of(tmp_path)
    with (tmp_path / "here/shots/half").open("wb") as sparse:
        sparse.truncate(40 * 1024 * 1024)

    with pytest.raises(ConfigError, match="the form is larger than"):
        plan_of(tmp_path, FORM.replace('"shots/a.png"', '"shots/half"'))


def test_an_empty_form_is_refused(tmp_path: Path) -> None:
    """Nothing to send is no form."""
    start = FORM.index("form = [")

    with pytest.raises(ConfigError, match=r"scenarios 'upload', form"):
        plan_of(tmp_path, FORM[:start] + "form = []\n")


def test_a_form_with_gaps_is_made_but_for_them(tmp_path: Path) -> None:
    """The text of a file and the value of a variable are none, and bytes survive the way."""
    text = FORM.replace("by ${WHO}", "{unique} by ${WHO} {random}").replace("{x}", "")
    plan = plan_of(tmp_path, text)
    (tmp_path / "here/shots/a.png").write_bytes(b"{unique}")
    form = form_of(load_plan(Path(plan.path), seed=1, environment={"WHO": "{unique}"}))
    adapter = TypeAdapter(Form)
    again = adapter.validate_json(adapter.dump_json(form))
    sent = again.filled({"unique": "u1", "random": "\u00e9"})

    assert ("unique", "random") == form.gaps
    assert form == again
    assert "\r\n\r\nu1 by {unique} \u00e9\r\n--".encode() in sent
    assert 4 == sent.count(b"\r\n\r\n{unique}\r\n--")
