"""A Python service: how its application is started."""

import re
from collections.abc import Sequence
from dataclasses import replace

from loadtests.discovery.files import Folder
from loadtests.discovery.guess import PORT, Build, Guess
from loadtests.discovery.python_code import (
    FRAMEWORKS,
    Application,
    Module,
    find_applications,
    parse_modules,
)
from loadtests.discovery.python_packages import installed_packages, python_build
from loadtests.discovery.python_routes import find_django_routes, find_routes

_HOST = "127.0.0.1"
_PREFERRED = ("main", "app", "application", "asgi", "wsgi", "server", "api", "__init__")
_MANIFESTS = (
    *("pyproject.toml", "requirements.txt", "setup.py", "uv.lock", "poetry.lock", "manage.py"),
)
_SETTINGS = "DJANGO_SETTINGS_MODULE"
# Modules of servers that a script starts by itself.
_SERVERS = frozenset({"http", "socketserver", "wsgiref", "aiohttp", "tornado", "uvicorn", "bottle"})


def guess_python(folder: Folder) -> Guess | None:
    """The service of a Python project; None if there is none."""
    modules = parse_modules(folder)
    if not _has_packages(folder):
        # A folder below that has packages is a project of its own.
        own = {child.root.name for child in folder.children() if _has_packages(child)}
        modules = [module for module in modules if module.path.split("/")[0] not in own]
    if not modules:
        return None
    packages = installed_packages(folder)
    language, build, gaps = python_build(folder)
    guess = (
        _django(folder, modules, packages, build)
        or _application(folder, modules, packages, build)
        or _script(folder, modules, build)
    )
    return guess and replace(guess, language=language, build=build, gaps=(*guess.gaps, *gaps))


def _has_packages(folder: Folder) -> bool:
    return any(map(folder.has, _MANIFESTS))


def _shown(folder: Folder) -> str:
    return f"{folder.name}/" if folder.name else ""


def _application(
    folder: Folder, modules: Sequence[Module], packages: set[str], build: Build
) -> Guess | None:
    applications = sorted(find_applications(modules), key=_preference)
    if not applications:
        return None
    chosen = applications[0]
    place, environment, import_gaps = _import_name(chosen.module, modules)
    starting = _starting_asgi if FRAMEWORKS[chosen.framework] == "asgi" else _starting_wsgi
    command, gaps = starting(chosen, place, packages, build)
    called = f"def {chosen.name}()" if chosen.factory else f"{chosen.name} = {chosen.framework}"
    return Guess(
        "python",
        chosen.framework,
        command,
        f"{folder.shown(chosen.module.path)}: {called}",
        environment=environment,
        routes=tuple(find_routes(modules, _shown(folder))),
        start_gaps=(*gaps, *import_gaps, *_others(folder, applications)),
    )


def _preference(application: Application) -> tuple[bool, int, int, str, str]:
    path = application.module.path
    stem = path.rsplit("/", 1)[-1].removesuffix(".py")
    rank = _PREFERRED.index(stem) if stem in _PREFERRED else len(_PREFERRED)
    return application.factory, path.count("/"), rank, path, application.name


def _others(folder: Folder, applications: Sequence[Application]) -> list[str]:
    names = sorted({folder.shown(other.module.path) for other in applications[1:]})
    own = folder.shown(applications[0].module.path)
    names = [name for name in names if name != own][:3]
    if applications[0].factory or not names:
        return []
    return [
        f"Another application is in {', '.join(names)}; if that is the service, change `command`."
    ]


def _import_name(
    module: Module, modules: Sequence[Module]
) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """The name by which a server imports a module, and the environment that this needs."""
    *levels, _ = module.path.split("/")
    at = "/".join(levels)
    siblings = {other.path.rsplit("/", 1)[-1] for other in modules if _folder_of(other) == at}
    top = {other.path for other in modules} | {f"{name}.py" for name in _packages(modules)}
    # A file that imports its neighbours by their short names is started in its own folder.
    short = {f"{name}.py" for name in module.imports}
    if at and at != "src" and (siblings & short) - top:
        return module.parts[-1], {"PYTHONPATH": at}, ()
    environment = {"PYTHONPATH": "src"} if levels[:1] == ["src"] else {}
    name = ".".join(module.parts)
    if not all(part.isidentifier() for part in module.parts):
        return name, environment, (f"{name} cannot be imported by this name; change `command`.",)
    return name, environment, ()


def _folder_of(module: Module) -> str:
    return module.path.rpartition("/")[0]


def _packages(modules: Sequence[Module]) -> set[str]:
    return {module.parts[0] for module in modules}


def _starting_asgi(
    chosen: Application, place: str, packages: set[str], build: Build
) -> tuple[tuple[str, ...], list[str]]:
    factory = ("--factory",) if chosen.factory else ()
    if "hypercorn" in packages and "uvicorn" not in packages:
        called = f"{place}:{chosen.name}{'()' if chosen.factory else ''}"
        return (build.program("hypercorn"), called, "--bind", f"{_HOST}:{PORT}"), []
    gaps = []
    if "uvicorn" not in packages:
        gaps.append("uvicorn is not among the packages; add it, or change `command`.")
    words = (build.program("uvicorn"), f"{place}:{chosen.name}", *factory)
    return (*words, "--host", _HOST, "--port", PORT), gaps


def _starting_wsgi(
    chosen: Application, place: str, packages: set[str], build: Build
) -> tuple[tuple[str, ...], list[str]]:
    called = f"{place}:{chosen.name}{'()' if chosen.factory else ''}"
    if "gunicorn" in packages:
        return (build.program("gunicorn"), "--bind", f"{_HOST}:{PORT}", called), []
    if "waitress" in packages and not chosen.factory:
        return (build.program("waitress-serve"), f"--listen={_HOST}:{PORT}", called), []
    words = (build.program("flask"), "--app", f"{place}:{chosen.name}", "run", "--port", PORT)
    return words, ["`flask run` is a server for development; write the one that you use."]


def _django(
    folder: Folder, modules: Sequence[Module], packages: set[str], build: Build
) -> Guess | None:
    manage = next((module for module in modules if module.path == "manage.py"), None)
    if manage is None or _SETTINGS not in manage.texts:
        return None
    package = next(
        (
            text.rsplit(".", 1)[0].removesuffix(".settings")
            for text in sorted(manage.texts)
            if re.fullmatch(r"\w+(?:\.\w+)*\.settings(?:\.\w+)?", text)
        ),
        "",
    )
    gaps = []
    words: tuple[str, ...]
    wsgi = f"{package.replace('.', '/')}/wsgi.py"
    if "gunicorn" in packages and any(module.path == wsgi for module in modules):
        words = (build.program("gunicorn"), "--bind", f"{_HOST}:{PORT}", f"{package}.wsgi")
    else:
        python = build.program("python" if build.programs else "python3")
        words = (python, "manage.py", "runserver", "--noreload", f"{_HOST}:{PORT}")
        gaps.append("`runserver` is a server for development; write the one that you use.")
    return Guess(
        "python",
        "Django",
        words,
        f"{folder.shown('manage.py')}: {_SETTINGS}",
        routes=tuple(find_django_routes(modules, _shown(folder))),
        start_gaps=tuple(gaps),
        gaps=(
            "A database file that git ignores is in no fresh copy: add what makes it to `build`.",
        ),
    )


def _script(folder: Folder, modules: Sequence[Module], build: Build) -> Guess | None:
    """A server that a script starts by itself, at the port of an option or of PORT."""
    names = ("server.py", "main.py", "app.py", "service.py")
    scripts = {module.path: module for module in modules if module.imports & _SERVERS}
    for name in names:
        if name not in scripts:
            continue
        module = scripts[name]
        python = build.program("python" if build.programs else "python3")
        words = (python, name, *(("--port", PORT) if "--port" in module.texts else ()))
        known = "--port" in module.texts or "PORT" in module.texts
        gap = f"{folder.shown(name)} reads neither --port nor PORT; write {PORT} into `command`."
        return Guess(
            "python",
            "a Python script",
            words,
            f"{folder.shown(name)}: starts a server",
            routes=tuple(find_routes([module], _shown(folder))),
            start_gaps=() if known else (gap,),
        )
    return None
