"""A Node service: package.json, its lock file, and routes in its source."""

import re
import shlex
from collections.abc import Iterator

from loadtests.discovery.files import Folder
from loadtests.discovery.guess import Build, Guess, Route

LINE_LENGTH_MAX = 1_000
"""Longer lines are made by programs."""

# Lock file, the command that installs what it says, and what runs a script.
_MANAGERS = (
    ("package-lock.json", ("npm", "ci")),
    ("npm-shrinkwrap.json", ("npm", "ci")),
    ("yarn.lock", ("yarn", "install", "--frozen-lockfile")),
    ("pnpm-lock.yaml", ("pnpm", "install", "--frozen-lockfile")),
    ("bun.lock", ("bun", "install", "--frozen-lockfile")),
    ("bun.lockb", ("bun", "install", "--frozen-lockfile")),
)
_FRAMEWORKS = {
    "express": "Express",
    "fastify": "Fastify",
    "koa": "Koa",
    "hono": "Hono",
    "@nestjs/core": "Nest",
    "next": "Next.js",
    "@hapi/hapi": "hapi",
}
_MAIN_FILES = ("server.js", "index.js", "app.js", "main.js", "server.mjs", "index.mjs")
_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts")
_PLAIN_FILE = re.compile(r"(?:\./)?[\w][\w./-]{0,199}")
_DEVELOPMENT = re.compile(
    r"\b(?:nodemon|vite|react-scripts|webpack|ts-node-dev|next dev|--watch)\b"
)

# Applications and routers are what is assigned from one of these calls.
_APPLICATION = re.compile(
    r"\b(?:const|let|var) (\w{1,40})(?:: ?\w{1,40})? ?= ?(?:await )?"
    r"(?:express|fastify|Fastify|new Hono|require\(['\"](?:express|fastify)['\"]\))(?:<\w+>)?\("
)
_ROUTER = re.compile(
    r"\b(?:const|let|var) (\w{1,40})(?:: ?\w{1,40})? ?= ?(?:new )?(?:express\.)?(?:Koa)?Router\("
)
_MOUNTED = re.compile(
    r"\b\w{1,40}\.(?:use|route)\( ?['\"`](/[^'\"`\s]{0,200})['\"`], ?(\w{1,40})\b"
)
_GET = re.compile(r"\b(\w{1,40})\.get\( ?['\"`](/[^'\"`\s]{0,200})['\"`],(.{0,200})")
_NEEDS_LOGIN = re.compile(r"auth(?!or)|login|token|permission|protect", re.IGNORECASE)


def guess_node(folder: Folder) -> Guess | None:
    """The service of a Node project; None if nothing starts one."""
    if not folder.has("package.json"):
        return None
    package = folder.read_table("package.json")
    needed = package.get("dependencies")
    needed = needed if isinstance(needed, dict) else {}
    start, source = _start(folder, package)
    if not start:
        return None
    build, build_gaps = _build(folder, package, needed)
    routes = tuple(_routes(folder))
    title = next((title for name, title in _FRAMEWORKS.items() if name in needed), "Node")
    gaps = []
    # Next.js reads PORT itself.
    if title != "Next.js" and not _reads_port(folder):
        gaps.append("No source file reads process.env.PORT; the server must listen on that port.")
    if _DEVELOPMENT.search(_script(package, "start")):
        gaps.append("`npm start` looks like a server for development; write the one that you use.")
    return Guess("node", title, start, source, build, {}, routes, tuple(gaps), tuple(build_gaps))


def _start(folder: Folder, package: dict[str, object]) -> tuple[tuple[str, ...], str]:
    where = folder.shown("package.json")
    script = _script(package, "start")
    if script:
        words = script.split(" ")
        # npm would stand between Versus and the server.
        direct = len(words) == 2 and words[0] == "node" and _PLAIN_FILE.fullmatch(words[1])
        return tuple(words) if direct else ("npm", "start"), f"{where}: scripts.start"
    main = package.get("main")
    if isinstance(main, str) and _PLAIN_FILE.fullmatch(main) and _listens(folder, main):
        return ("node", main), f"{where}: main"
    for name in _MAIN_FILES:
        if _listens(folder, name):
            return ("node", name), folder.shown(name)
    return (), ""


def _listens(folder: Folder, path: str) -> bool:
    """Whether a file starts a server; a library has a main file, too."""
    return any("listen(" in line for line in _lines(folder, path))


def _script(package: dict[str, object], name: str) -> str:
    scripts = package.get("scripts")
    script = scripts.get(name) if isinstance(scripts, dict) else None
    return script.strip() if isinstance(script, str) else ""


def _build(
    folder: Folder, package: dict[str, object], needed: dict[str, object]
) -> tuple[Build, list[str]]:
    gaps = []
    lock, install = next(
        (manager for manager in _MANAGERS if folder.has(manager[0])), ("package.json", ())
    )
    if not install and (needed or package.get("devDependencies")):
        install = ("npm", "install")
        gaps.append(
            "There is no lock file, so both revisions may get other versions of their packages; "
            "commit package-lock.json."
        )
    if not install:
        return Build(), []
    if _script(package, "build"):
        runner = install[0]
        install = ("sh", "-c", f"{shlex.join(install)} && {runner} run build")
    return Build(install, folder.shown(lock), made="node_modules"), gaps


def _lines(folder: Folder, path: str) -> Iterator[str]:
    """The lines of a source file without comments that fill a line; made ones are left out."""
    for line in (folder.read(path) or "").splitlines():
        text = line.strip()
        if len(line) <= LINE_LENGTH_MAX and not text.startswith(("//", "*", "/*")):
            yield re.sub(r"\s+", " ", text)


def _reads_port(folder: Folder) -> bool:
    return any(
        re.search(r"\bPORT\b", line)
        for path in folder.sources(*_SUFFIXES)
        for line in _lines(folder, path)
    )


def _routes(folder: Folder) -> Iterator[Route]:
    """Paths that answer GET: of applications, and of routers that the same file mounts."""
    for path in folder.sources(*_SUFFIXES):
        lines = list(_lines(folder, path))
        prefixes = {match[1]: "" for line in lines for match in _APPLICATION.finditer(line)}
        routers = {match[1] for line in lines for match in _ROUTER.finditer(line)}
        mounted = [match for line in lines for match in _MOUNTED.finditer(line)]
        prefixes |= {match[2]: match[1].rstrip("/") for match in mounted if match[2] in routers}
        for line in lines:
            for match in _GET.finditer(line):
                if match[1] in prefixes and not _NEEDS_LOGIN.search(match[3]):
                    yield Route(prefixes[match[1]] + match[2], folder.shown(path))
