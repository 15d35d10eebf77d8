"""The pages of a configuration, made ready to be loaded in each variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.config.complaints import nearest
from contract.config.scenarios import PageConfig
from contract.config.target import VariantConfig
from contract.errors import ConfigError
from contract.secrecy import public_request
from loadtests.planning.expressions import check_expression
from loadtests.planning.sequences import variant_headers, variant_query, with_query
from loadtests.planning.templates import filled_in, gaps_of, in_path, joined, template


@dataclass(frozen=True)
class Page:
    """One page, ready to be loaded.

    Attributes:
        path: for people and the record, with its gaps, secrets removed.
        paths: with query, by variant.
        headers: of the page's own calls, by variant; what all have in common is not among them.
        marks: what a loaded page has set, by the names that it gives to `performance.mark`.
        ignore: what of an address does not make it another one.
        share: of the time for all pages.
    """

    name: str
    description: str
    path: str
    paths: tuple[str, ...]
    headers: tuple[Mapping[str, str], ...]
    marks: tuple[str, ...]
    ignore: str | None
    share: float


def pages_of(
    path: str,
    pages: Sequence[PageConfig],
    variants: Mapping[str, VariantConfig],
    flags_header: str,
    environment: Mapping[str, str],
) -> tuple[Page, ...]:
    """Every page, in every variant.

    Raises:
        ConfigError: one cannot be loaded; the message names the key.
    """
    for page in pages:
        if page.ignore:
            check_expression(f"{path}: pages {page.name!r}, ignore", page.ignore)
    weight_sum = sum(page.weight for page in pages)
    headers = tuple(
        variant_headers(path, name, variant, flags_header, environment)
        for name, variant in variants.items()
    )
    return tuple(
        Page(
            name=page.name,
            description=page.description,
            path=public_request(page.path),
            paths=tuple(
                _path(path, page, name, variant, environment) for name, variant in variants.items()
            ),
            headers=headers,
            marks=page.marks,
            ignore=page.ignore,
            share=page.weight / weight_sum,
        )
        for page in pages
    )


def _path(
    path: str,
    page: PageConfig,
    name: str,
    variant: VariantConfig,
    environment: Mapping[str, str],
) -> str:
    for gap in gaps_of(page.path):
        if gap not in variant.page:
            hint = f" Instead of it, {nearest(gap, variant.page)}" if variant.page else ""
            raise ConfigError(
                f"{path}: variants.{name}: nothing says what {{{gap}}} is in the path of page "
                f"{page.name!r}. Give it page = {{ {gap} = ... }}.{hint}"
            )
    where = f"{path}: pages {page.name!r}, path"
    parts = template(
        page.path, sorted(variant.page), lambda text: filled_in(where, text, environment, in_path)
    )
    query = variant_query(path, name, variant, environment)
    return with_query(joined(parts, variant.page, in_path), query)
