from uuid import UUID

import httpx
import pytest

from service.contents import (
    CONTENT_TYPES,
    ContentType,
    check_head,
    checked_name,
    checked_type,
    head_length,
    object_key,
)
from service.problems import Problem
from service.tests.support import (
    assert_problem,
)


def test_invalid_uploads_are_refused(newcomer: httpx.Client) -> None:
    """Invalid types, sizes, names and contents are refused."""
    for name, content, media_type in (
        ("x.html", b"<script>", "text/html"),
        ("x.png", b"<script>", "image/png"),
        ("x.png", b"", "image/png"),
    ):
        response = newcomer.post("/v1/files", files={"file": (name, content, media_type)})
        assert_problem(response, 415)

    assert_problem(newcomer.post("/v1/files"), 422)
    assert_problem(newcomer.post("/v1/files", data={"file": "text"}), 422)


@pytest.mark.parametrize(
    "sent", ["text/plain; charset=utf-8", "text/plain;charset=x", "TEXT/Plain"]
)
def test_a_type_may_have_parameters(newcomer: httpx.Client, sent: str) -> None:
    """Parameters and case of a content type are ignored."""
    response = newcomer.post("/v1/files", files={"file": ("x.txt", b"words", sent)})

    assert (201, "text/plain") == (response.status_code, response.json()["content_type"])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("image/png", "image/png"),
        ("TEXT/Plain ; charset=utf-8", "text/plain"),
        ("text/csv;", "text/csv"),
    ],
)
def test_a_type_is_read_without_its_parameters(sent: str, expected: str) -> None:
    """Case, space and parameters of a content type do not matter."""
    assert expected == checked_type(sent)


@pytest.mark.parametrize("sent", [None, "", "text/html", "image", "image/png2"])
def test_another_type_is_a_415(sent: str | None) -> None:
    """The problem lists the types that may be stored."""
    with pytest.raises(Problem) as caught:
        checked_type(sent)

    assert 415 == caught.value.status
    assert ", ".join(CONTENT_TYPES) in caught.value.detail


@pytest.mark.parametrize(
    ("sent", "expected"), [(None, "unnamed"), ("", "unnamed"), ("n" * 300, "n" * 255)]
)
def test_a_name_is_made_to_fit(sent: str | None, expected: str) -> None:
    """A missing name is replaced, and a long name is cut."""
    assert expected == checked_name(sent)


def test_a_name_with_nul_is_a_422() -> None:
    """Postgres cannot store a NUL character."""
    with pytest.raises(Problem, match="NUL"):
        checked_name("a\0b")


def test_a_key_is_in_the_owner_s_part() -> None:
    """The key consists of the owner, the file's id and the extension of its type."""
    file_id = UUID(int=1)

    assert f"owner/files/{file_id}.jpg" == object_key("owner", file_id, "image/jpeg")


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_a_head_of_another_type_is_a_415(content_type: ContentType) -> None:
    """Content must begin as its type requires; text may begin with anything."""
    length = head_length(content_type)
    if length == 0:
        check_head(b"", content_type)
        return
    with pytest.raises(Problem, match=f"not {content_type}"):
        check_head(b"<" * length, content_type)
