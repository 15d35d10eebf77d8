"""Places outside of a revision's own files from which its server may take code.

Environments of Python and Node, folders that an editable install names, and folders of files that
the command names. Both revisions see the same there, whatever a build puts into it.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

_LIBRARIES = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/node_modules")
_KINDS = {"site-packages", "dist-packages", "node_modules"}
_LISTS = ("PYTHONPATH", "NODE_PATH", "CLASSPATH", "RUBYLIB", "PERL5LIB")
_DESCRIBING = {".dist-info", ".egg-info"}
_NAMED_FILES_MAX = 200
_ENTRIES_MAX = 10_000
_FILE_BYTES_MAX = 2**18
_QUOTED_PATH = re.compile(r"""['"](/[^'"\n]{1,4000})['"]""")
_SHELL_PATH = re.compile(r"/[^\s:;,='\"`|&<>()]+")


def shared_places(
    command: Iterable[str],
    environment: Mapping[str, str],
    programs: Iterable[Path] = (),
    folders: Iterable[Path] = (),
) -> list[Path]:
    """Folders in which code may lie that a command uses, in no order that matters.

    Args:
        command: words.
        environment: of its process, whole.
        programs: files that its processes have mapped.
        folders: where its processes run.
    """
    words = [*_named_files(command, environment)]
    found = dict.fromkeys(
        (
            *(place for word in words for place in _libraries_beside(word)),
            *(word.parent for word in words),
            *folders,
            *(place for program in programs for place in _libraries_above(program)),
            *_user_site(environment),
            *(
                Path(entry)
                for name in _LISTS
                for entry in environment.get(name, "").split(os.pathsep)
                if entry.startswith("/")
            ),
        )
    )
    places = [place for place in found if place.is_dir()]
    editable = [folder for place in places for folder in _editable(place)]
    return list(dict.fromkeys((*places, *editable)))


def _named_files(command: Iterable[str], environment: Mapping[str, str]) -> Iterator[Path]:
    """Files that a command names, also inside of a shell's word, and its program."""
    words = list(command)
    program = shutil.which(words[0], path=environment.get("PATH")) if words else None
    texts = [program or "", *words]
    for path in dict.fromkeys(one for text in texts for one in _SHELL_PATH.findall(text)):
        with suppress(OSError, ValueError):
            if Path(path).is_file():
                yield Path(path)


def _libraries_beside(program: Path) -> Iterator[Path]:
    """Of `PREFIX/bin/NAME`, where packages of that prefix lie; links of the program as well."""
    for one in dict.fromkeys((program, Path(os.path.realpath(program)))):
        for pattern in _LIBRARIES:
            yield from sorted(one.parent.parent.glob(pattern))


def _libraries_above(file: Path) -> Iterator[Path]:
    yield from (folder for folder in file.parents if folder.name in _KINDS)
    if file.parent.name == "bin":
        yield from _libraries_beside(file)


def _user_site(environment: Mapping[str, str]) -> Iterator[Path]:
    home = environment.get("HOME", "")
    if home.startswith("/"):
        yield from sorted(Path(home, ".local").glob(_LIBRARIES[0]))


def _editable(place: Path) -> Iterator[Path]:
    """Folders that the editable installs of an environment lead to."""
    with suppress(OSError):
        for file in sorted((*place.glob("*.pth"), *place.glob("__editable__*.py")))[
            :_NAMED_FILES_MAX
        ]:
            text = _text(file)
            lines = text.splitlines() if file.suffix == ".pth" else _QUOTED_PATH.findall(text)
            for line in lines:
                path = Path(line.strip())
                if path.is_absolute() and path.is_dir():
                    # Of a package, the folder above is where its name is looked up.
                    yield from ((path,) if file.suffix == ".pth" else (path.parent, path))


def _text(file: Path) -> str:
    with suppress(OSError), file.open("rb") as opened:
        return opened.read(_FILE_BYTES_MAX).decode(errors="replace")
    return ""


def states(
    places: Iterable[Path], command: Iterable[str], environment: Mapping[str, str]
) -> dict[Path, int]:
    """What is installed, and when files that a command names last changed, in nanoseconds.

    Of packages the names count, and the time of what describes an installed one: their own folders
    change when Python compiles them.

    Args:
        places: as `shared_places` finds them; of other folders than environments nothing is said.
        command: words.
        environment: of its process, whole.
    """
    found = {}
    for place in places:
        for entry in islice(place.iterdir(), _ENTRIES_MAX) if place.name in _KINDS else ():
            if entry.name != "__pycache__":
                describes = entry.suffix in _DESCRIBING or not entry.is_dir()
                found[entry] = _changed_ns(entry) if describes else 0
    for file in _named_files(command, environment):
        found[file] = _changed_ns(file)
    return found


def _changed_ns(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return -1
