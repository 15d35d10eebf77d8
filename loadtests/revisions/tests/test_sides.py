"""A revision describes itself and its server."""

import asyncio
from pathlib import Path

from loadtests.planning.addresses import Server
from loadtests.revisions.sides import Revision, open_revisions, server_of
from loadtests.revisions.tests.shop import target
from loadtests.targets.stack import Stack
from loadtests.tests.repositories import Repository


def test_a_revision_says_what_it_is(shop: Repository) -> None:
    """Its commit, who named it, and where it runs."""
    change = shop.change("HEAD~1")
    plan = shop.plan(target("server.py", "serve"))

    async def seen() -> list[tuple[Revision, str, str]]:
        async with open_revisions(plan, change, shop.folder.parent, print) as revisions:
            servers = [server_of(plan, change, revision) for revision in revisions]
            pairs = zip(revisions, servers, strict=True)
            return [(revision, server.title, server.cwd) for revision, server in pairs]

    (base, base_title, base_cwd), (head, head_title, head_cwd) = asyncio.run(seen())

    assert ("base", "HEAD~1", "one") == (base.side, base.ref, base.subject)
    assert ("head", "HEAD", "two", change.head.id) == (
        head.side,
        head.ref,
        head.subject,
        head.commit,
    )
    assert ("the service of base", "the service of head") == (base_title, head_title)
    assert (f"{base.folder}/shop", f"{head.folder}/shop") == (base_cwd, head_cwd)
    assert (None, None) == (base.python, head.python)


def test_the_service_is_started_with_its_own_files(shop: Repository) -> None:
    """Interpreter and folder of a revision are in the command, alone or inside a word."""
    change = shop.change("HEAD~1")
    revision = Revision("head", "HEAD", "", "", Path("/copy"), "/copy/python", 0)

    async def started() -> Server:
        words = ("{python}", "{folder}/service/server.py", "--port", "{port}")
        died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stack = Stack(words, {}, {}, {}, {}, {}, died)
        return server_of(shop.plan('start = "service"'), change, revision, stack)

    server = asyncio.run(started())

    program = f"{server.cwd}/service/server.py"
    assert ("/copy/python", program, "--port", "{port}") == server.command
    assert Path("/copy") in (Path(server.cwd), *Path(server.cwd).parents)
