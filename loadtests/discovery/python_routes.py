"""Paths that a Python service answers, as its decorators and lists say."""

import ast
import re
from collections.abc import Iterator, Sequence

from loadtests.discovery.guess import Route
from loadtests.discovery.python_code import (
    FACTORY,
    FRAMEWORKS,
    Module,
    assigned,
    last_name,
    required,
    text_of,
)

_ROUTERS = {"APIRouter": "prefix", "Blueprint": "url_prefix", **dict.fromkeys(FRAMEWORKS, "")}
_INCLUDING = {"include_router": "prefix", "register_blueprint": "url_prefix"}
_NEEDS_LOGIN = re.compile(
    r"auth(?!or)|login|current_user|token|permission|admin|api_key", re.IGNORECASE
)
# A parameter of these types is no part of the request's query.
_GIVEN_TYPES = frozenset({"Request", "Response", "BackgroundTasks", "HTTPConnection"})


def find_routes(modules: Sequence[Module], shown: str = "") -> list[Route]:
    """Paths that answer GET, of applications and of routers that are included once.

    Args:
        modules: of one service.
        shown: stands before each file's name.
    """
    included = _prefixes(modules)
    routes = []
    for module in modules:
        routers = _routers(module, included)
        paths = (*_decorated(module, routers), *_listed(module))
        routes += [Route(path, f"{shown}{module.path}") for path in paths]
    return routes


def find_django_routes(modules: Sequence[Module], shown: str = "") -> list[Route]:
    """Paths in `urlpatterns`; those that another file includes stand below its prefix."""
    patterns = {".".join(module.parts): list(_django_patterns(module)) for module in modules}
    below = {
        included: prefix
        for entries in patterns.values()
        for prefix, included in entries
        if included
    }
    routes = []
    for module in modules:
        name = ".".join(module.parts)
        for path, included in patterns[name]:
            if not included:
                routes.append(Route(f"/{below.get(name, '')}{path}", f"{shown}{module.path}"))
    return routes


def _prefixes(modules: Sequence[Module]) -> dict[tuple[str, str], list[str]]:
    """Below which prefixes routers are included, by the last part of their module and their name.

    The module's part is empty where the router stands in the including file itself.
    """
    included: dict[tuple[str, str], list[str]] = {}
    for module in modules:
        imported = {
            alias.asname or alias.name: ((node.module or "").split(".")[-1], alias.name)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and last_name(node.func) in _INCLUDING):
                continue
            router = node.args[0] if node.args else None
            prefix_node = _keyword(node, _INCLUDING[last_name(node.func)])
            prefix = "" if prefix_node is None else text_of(prefix_node)
            if prefix is None:
                continue
            if isinstance(router, ast.Name):
                key = imported.get(router.id, (module.parts[-1], router.id))
            elif isinstance(router, ast.Attribute) and isinstance(router.value, ast.Name):
                key = (imported.get(router.value.id, ("", router.value.id))[1], router.attr)
            else:
                continue
            included.setdefault(key, []).append(prefix)
    return included


def _routers(module: Module, included: dict[tuple[str, str], list[str]]) -> dict[str, str]:
    """The names that routes can be added to, and the prefix of each."""
    routers = {}
    for name, call in module.calls.items():
        made = last_name(call.func)
        if made in FRAMEWORKS or FACTORY.fullmatch(made):
            routers[name] = ""
        elif made in _ROUTERS:
            own = _keyword(call, _ROUTERS[made])
            below = included.get((module.parts[-1], name), [])
            # Flask's prefix of the registration replaces the blueprint's own.
            stated = "" if own is None else text_of(own)
            if len(below) == 1 and stated is not None:
                replaced = made == "Blueprint" and below[0]
                routers[name] = below[0] + ("" if replaced else stated)
    # A factory's own application, to which the functions inside of it are added.
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and FACTORY.fullmatch(node.name):
            for statement in node.body:
                for target, value in assigned(statement):
                    if isinstance(value, ast.Call) and last_name(value.func) in FRAMEWORKS:
                        routers[last_name(target)] = ""
    return routers


def _decorated(module: Module, routers: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
                continue
            router = last_name(decorator.func.value)
            path = (
                text_of(decorator.args[0])
                if decorator.args
                else text_of(_keyword(decorator, "path"))
            )
            if router in routers and path is not None and _answers_get(decorator):
                whole = routers[router] + path
                if not _needs_more(node, whole):
                    yield whole


def _answers_get(decorator: ast.Call) -> bool:
    verb = last_name(decorator.func)
    if verb in {"get", "route", "api_route"}:
        methods = _keyword(decorator, "methods")
        return methods is None or "'GET'" in ast.dump(methods)
    return False


def _needs_more(function: ast.FunctionDef | ast.AsyncFunctionDef, path: str) -> bool:
    """Whether a request needs parameters or a login."""
    signature = [ast.dump(function.args), *map(ast.dump, function.decorator_list[1:])]
    if any(_NEEDS_LOGIN.search(text) for text in (*signature, _keywords_of(function))):
        return True
    return any(
        f"{{{argument.arg}" not in path and not _is_given(argument.annotation)
        for argument in required(function.args)
    )


def _keywords_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The options of a route, such as its dependencies."""
    return " ".join(
        ast.dump(keyword.value)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg == "dependencies"
    )


def _is_given(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    return (
        last_name(annotation) in _GIVEN_TYPES
        or last_name(annotation).endswith("Dep")
        or "'Depends'" in ast.dump(annotation)
    )


def _listed(module: Module) -> Iterator[str]:
    """Starlette's `Route("/path", function)`; below a `Mount` it has a prefix, and is left out."""
    pending: list[ast.AST] = [module.tree]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            if name == "Mount":
                continue
            path = text_of(node.args[0]) if name == "Route" and node.args else None
            methods = _keyword(node, "methods")
            if path is not None and (methods is None or "'GET'" in ast.dump(methods)):
                yield path
        pending.extend(ast.iter_child_nodes(node))


def _django_patterns(module: Module) -> Iterator[tuple[str, str]]:
    """Each path of `urlpatterns`, with the module that it includes or an empty name."""
    for statement in module.tree.body:
        for target, value in assigned(statement):
            if last_name(target) != "urlpatterns" or not isinstance(value, ast.List):
                continue
            for entry in value.elts:
                if not (isinstance(entry, ast.Call) and last_name(entry.func) == "path"):
                    continue
                path = text_of(entry.args[0]) if len(entry.args) > 1 else None
                if path is None:
                    continue
                view = entry.args[1]
                if isinstance(view, ast.Call) and last_name(view.func) == "include":
                    included = text_of(view.args[0]) if view.args else None
                    if included:
                        yield path, included
                elif not _NEEDS_LOGIN.search(ast.dump(view)):
                    yield path, ""


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
