"""What a process has imported, for Versus to judge whether it is of the measured revision.

It is loaded by `versus_results`. As it has no `assert`: PYTEST_DONT_REWRITE
"""

import os
import sys
from typing import Any


def imported() -> dict[str, Any]:
    """Each module's own name, its file, and the folders of a package.

    Call it at the end, because benchmarks may import what they measure.
    """
    library: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())
    found: dict[str, tuple[str, list[str]]] = {}
    for key, module in list(sys.modules.items()):
        try:
            name, file, folders = _described(key, module)
        except Exception:  # noqa: BLE001, S112 - an object of any kind may stand there
            continue
        if (file or folders) and name.partition(".")[0] not in library:
            # Several files that pytest imports may have one name, such as conftest.
            is_other = found.get(name, (file, folders)) != (file, folders)
            found[key if is_other else name] = (file, folders)
    return {"prefix": os.path.realpath(sys.prefix), "modules": found}


def _described(key: str, module: Any) -> tuple[str, str, list[str]]:
    # One module may be known by several names, such as a dependency that a package passes on.
    name = getattr(getattr(module, "__spec__", None), "name", None) or key
    file = getattr(module, "__file__", None)
    folders = [os.path.realpath(one) for one in getattr(module, "__path__", ())]
    return str(name), os.path.realpath(file) if file else "", folders
