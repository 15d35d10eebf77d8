"""Python code, parsed and never imported: application objects and factories."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from loadtests.discovery.files import Folder

FRAMEWORKS = {"FastAPI": "asgi", "Starlette": "asgi", "Quart": "asgi", "Flask": "wsgi"}
"""Classes of applications, and the interface by which a server calls them."""

FACTORY = re.compile(r"(?:create|make|get|build)_(?:app|application)")


@dataclass(frozen=True)
class Module:
    """A parsed file.

    Attributes:
        path: relative to its folder.
    """

    path: str
    tree: ast.Module

    @property
    def parts(self) -> list[str]:
        """Its dotted name's parts, counted from `src` where it lies there."""
        parts = self.path.removeprefix("src/").removesuffix(".py").split("/")
        return parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts

    @cached_property
    def calls(self) -> dict[str, ast.Call]:
        """What the module's own names are assigned from, where that is a call."""
        return {
            target.id: value
            for statement in self.tree.body
            for target, value in assigned(statement)
            if isinstance(target, ast.Name) and isinstance(value, ast.Call)
        }

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every text that stands in it."""
        return frozenset(
            node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )

    @cached_property
    def imports(self) -> frozenset[str]:
        """The first name of each absolute import."""
        names = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
        return frozenset(names)


@dataclass(frozen=True)
class Application:
    """An application object, or a function that makes it.

    Attributes:
        framework: a key of FRAMEWORKS.
    """

    module: Module
    name: str
    framework: str
    factory: bool


def parse_modules(folder: Folder) -> list[Module]:
    """All Python files within the bounds that can be parsed."""
    modules = []
    for path in folder.sources(".py"):
        tree = _parse(folder.read(path) or "")
        if tree is not None:
            modules.append(Module(path, tree))
    return modules


def find_applications(modules: Sequence[Module]) -> list[Application]:
    """Application objects, then factories, each in the order of the files."""
    factories = {
        statement.name: (module, framework)
        for module in modules
        for statement in module.tree.body
        if isinstance(statement, ast.FunctionDef)
        and FACTORY.fullmatch(statement.name)
        and not required(statement.args)
        and (framework := _framework_made_in(statement))
    }
    objects = []
    for module in modules:
        for name, call in module.calls.items():
            called = last_name(call.func)
            framework = called if called in FRAMEWORKS else factories.get(called, ("", ""))[1]
            if framework:
                objects.append(Application(module, name, framework, factory=False))
    made = [
        Application(module, name, framework, factory=True)
        for name, (module, framework) in factories.items()
    ]
    return [*objects, *made]


def _parse(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        # Of a foreign file's escapes; nobody here can correct them.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def assigned(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each target of an assignment, and its value."""
    if isinstance(statement, ast.Assign):
        yield from ((target, statement.value) for target in statement.targets)
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield statement.target, statement.value


def last_name(node: ast.expr) -> str:
    """`FastAPI` of `fastapi.FastAPI`; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.expr | None) -> str | None:
    """The text that stands there; None if none does."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _framework_made_in(function: ast.FunctionDef) -> str:
    called = {last_name(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    return next((name for name in FRAMEWORKS if name in called), "")


def required(arguments: ast.arguments) -> list[ast.arg]:
    """The parameters without a default."""
    positional = [*arguments.posonlyargs, *arguments.args]
    without = positional[: len(positional) - len(arguments.defaults)]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [*without, *(argument for argument, default in pairs if default is None)]
