"""Pages of a list by limit and offset."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from postgrest import AsyncSelectRequestBuilder
from pydantic import BeforeValidator

from service.database import CallerDatabase, Row

OFFSET_MAX = 1_000_000


@dataclass(frozen=True)
class Page:
    """The requested part of a list."""

    limit: int
    offset: int

    def next_offset(self, more: bool) -> int | None:
        """Where the next page begins, if there is one."""
        return self.offset + self.limit if more else None


def _only_digits(sent: object) -> object:
    """Else `5.0`, ` 5`, `+5` and `1_0` would be numbers, too."""
    if isinstance(sent, str) and not (sent.isascii() and sent.isdigit()):
        raise ValueError("Input should be a whole number in digits")
    return sent


# A coroutine, because FastAPI would run another function in a thread.
async def _page(
    # In this order the bounds are in the OpenAPI document.
    limit: Annotated[
        int, Query(ge=1, le=100, description="Items on the page."), BeforeValidator(_only_digits)
    ] = 50,
    offset: Annotated[
        int,
        Query(ge=0, le=OFFSET_MAX, description="Items to skip."),
        BeforeValidator(_only_digits),
    ] = 0,
) -> Page:
    return Page(limit, offset)


PageQuery = Annotated[Page, Depends(_page)]


async def fetch_page(
    db: CallerDatabase, query: Callable[[], AsyncSelectRequestBuilder], page: Page
) -> tuple[list[Row], int | None]:
    """The page's rows and where the next page begins.

    Requests one row more than the page, to know whether there is a next one. The server may
    silently truncate an answer, so after a short answer the rest is requested until an answer is
    empty: a full page costs one request, the last page two.
    """
    wanted = page.limit + 1
    rows: list[Row] = []
    while len(rows) < wanted:
        start = page.offset + len(rows)
        more = await db.rows(query().range(start, page.offset + wanted - 1))
        if not more:
            break
        rows += more
    return rows[: page.limit], page.next_offset(more=len(rows) == wanted)
