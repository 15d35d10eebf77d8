from pathlib import Path

import pytest

from service.stack import template
from service.stack.folders import claim
from service.stack.template import copy_template, template_key


def test_the_key_depends_on_size_and_seed() -> None:
    """Size and seed name a template; the same pair has the same key."""
    keys = [template_key(size, seed) for size in ("small", "medium") for seed in (1, 2)]

    assert 4 == len(set(keys))
    assert keys[0] == template_key("small", 1)


def test_the_key_depends_on_the_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed SQL file gives another key."""
    before = template_key("small", 1)
    (tmp_path / "0001.sql").write_text("select 1;")
    monkeypatch.setattr(template, "MIGRATIONS", tmp_path)

    assert before != template_key("small", 1)


def test_a_template_is_copied_as_it_is(tmp_path: Path) -> None:
    """An existing template is not built again, and its copy is closed to other users."""
    made = tmp_path / "templates" / template_key("small", 1)
    made.mkdir(parents=True)
    (made / "data").write_text("seeded")
    made.chmod(0o777)
    instance = claim(tmp_path)
    messages: list[str] = []

    copy_template(tmp_path, "small", 1, instance, messages.append)

    assert ("seeded", []) == ((instance.folder / "data").read_text(), messages)
    assert 0 == instance.folder.stat().st_mode & 0o066
    instance.release(keep_logs=False)


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates of older code are removed first, and a build that fails removes its own folder."""
    templates = tmp_path / "templates"
    (templates / "small-1-0123456789abcdef").mkdir(parents=True)
    instance = claim(tmp_path)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(template, "_fill", fail)
    with pytest.raises(OSError, match="disk full"):
        copy_template(tmp_path, "small", 1, instance, lambda _: None)

    assert ["small-1.lock"] == [path.name for path in templates.iterdir()]
    instance.release(keep_logs=False)
