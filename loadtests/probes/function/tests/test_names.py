"""Names of functions: as they have always been where that is enough, and never twice the same."""

from collections.abc import Sequence

import pytest

from loadtests.probes.function.names import LENGTH_MAX, Function, bounded, case_of, names_of


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ([("bench_codec.py", "test_decode")], ["codec.decode"]),
        ([("codec.py", "test_x", "a=1, b=2")], ["codec.x[a=1, b=2]"]),
        ([("test_codec.py", "TestX::TestY::test_a")], ["codec.TestX.TestY.test_a"]),
        # A whole file, which could not be imported.
        ([("gpu/bench_cuda.py", "")], ["cuda"]),
        # The same file name in two folders, then the same end of two paths.
        ([("a/test_p.py", "test_f"), ("b/test_p.py", "test_f")], ["a/p.f", "b/p.f"]),
        ([("x/a/p.py", "f"), ("y/a/p.py", "f")], ["x/a/p.f", "y/a/p.f"]),
        ([("p.py", "f"), ("a/p.py", "f")], ["p.py::f", "a/p.f"]),
        # All cases of a function keep one name, or they would not be drawn along a number.
        (
            [("a/p.py", "f", "n=1"), ("a/p.py", "f", "n=2"), ("b/p.py", "f", "n=1")],
            ["a/p.f[n=1]", "a/p.f[n=2]", "b/p.f[n=1]"],
        ),
        # What is cut off from a short name may be the only difference.
        ([("p.py", "test_f"), ("p.py", "f")], ["p.py::test_f", "p.py::f"]),
        (
            [("bench_p.py", "f"), ("test_p.py", "f"), ("p.py", "f")],
            ["bench_p.py::f", "test_p.py::f", "p.py::f"],
        ),
        ([("p.a.py", "f"), ("p.py", "a::f")], ["p.a.py::f", "p.py::a::f"]),
        # The same function in two classes.
        (
            [("p.py", "TestA::test_f"), ("p.py", "TestB::test_f")],
            ["p.TestA.test_f", "p.TestB.test_f"],
        ),
    ],
)
def test_names_are_short_and_differ(
    functions: Sequence[tuple[str, ...]], expected: Sequence[str]
) -> None:
    """Module and function, and as much of the path as is needed."""
    assert expected == list(names_of(Function(*one) for one in functions).values())


@pytest.mark.parametrize(
    ("groups", "chosen", "expected"),
    [
        ([(["size"], "1")], [], "size=1"),
        ([(["size"], "1"), (["codec"], "new")], ["codec"], "size=1"),
        ([(["b"], "2"), (["a"], "1")], [], "a=1, b=2"),
        # Set together under one id: one of them chooses all.
        ([(["impl", "size"], "small")], [], "impl,size=small"),
        ([(["impl", "size"], "small")], ["impl"], ""),
        ([(["v"], "a]b,c=d")], [], "v=a]b,c=d"),
        ([(["v"], "\x1b[1m\ud800\n")], [], "v=\\x1b[1m\\ud800\\n"),
    ],
)
def test_cases_are_ids(
    groups: list[tuple[list[str], str]], chosen: list[str], expected: str
) -> None:
    """In order of the parameters' names, without what chooses the variant."""
    assert expected == case_of(groups, chosen)


def test_what_is_cut_still_differs() -> None:
    """Texts with the same beginning have another end."""
    texts = ["x" * 200_000, "x" * 200_000 + "y", "x" * LENGTH_MAX]
    names = [bounded(text) for text in texts]

    assert 3 == len(set(names))
    assert [LENGTH_MAX] * 3 == [len(name) for name in names]
    assert texts[2] == names[2]
    assert names[0].startswith("xxx")
    # The digest is the same in every process and revision.
    assert names[0] == bounded(texts[0])
    (name,) = names_of([Function("p.py", f"test_{texts[0]}")]).values()
    assert LENGTH_MAX == len(name)
