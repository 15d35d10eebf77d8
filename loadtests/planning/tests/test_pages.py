"""A page has one address for each variant."""

from typing import Any

import pytest

from contract.config.scenarios import PageConfig
from contract.config.target import VariantConfig
from contract.errors import ConfigError
from loadtests.planning.pages import Page, pages_of

VARIANTS = {
    "before": VariantConfig(page={"loading": "a/b"}),
    "after": VariantConfig(
        page={"loading": "new"}, flags={"preset": "new"}, query={"v": "${VERSION}"}
    ),
}


def made(*pages: dict[str, Any], variants: dict[str, VariantConfig] = VARIANTS) -> tuple[Page, ...]:
    configs = [PageConfig.model_validate(page) for page in pages]
    return pages_of("v.toml", configs, variants, "Flags", {"VERSION": "2", "KEY": "secret"})


def test_each_variant_fills_the_gaps_of_a_path_and_adds_its_query() -> None:
    """Values are escaped; the path for people keeps its gaps and shows no secret."""
    (page,) = made({"name": "start", "path": "/x?loading={loading}&key=abc", "marks": ["data"]})

    assert ("/x?loading=a%2Fb&key=abc", "/x?loading=new&key=abc&v=2") == page.paths
    assert ({}, {"Flags": "preset=new"}) == page.headers
    assert ("/x?loading={loading}&key=[removed]", ("data",)) == (page.path, page.marks)


def test_pages_share_the_time_by_weight() -> None:
    """Three parts and one."""
    pages = made({"name": "a", "path": "/", "weight": 3}, {"name": "b", "path": "/"})

    assert [0.75, 0.25] == [page.share for page in pages]


def test_a_gap_that_a_variant_does_not_fill_is_named() -> None:
    """With the variant, the page, and the nearest value that the variant has."""
    with pytest.raises(ConfigError) as refused:
        made({"name": "start", "path": "/{loadin}"})

    message = str(refused.value)
    assert message.startswith("v.toml: variants.before: nothing says what {loadin} is in the path")
    assert message.endswith("did you mean 'loading'?")


def test_an_expression_that_could_take_hours_is_refused() -> None:
    """Before any page is loaded."""
    with pytest.raises(ConfigError, match=r"^v.toml: pages 'start', ignore: .*\(RE2\)\.$"):
        made({"name": "start", "path": "/", "ignore": r"(a)\1"})
