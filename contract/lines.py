"""Lines for people that may hold texts of others: names, paths, a program's output."""

_APART = "\N{ZERO WIDTH SPACE}"


def printable(text: str) -> str:
    """A foreign text without characters that control a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def log_line(text: str) -> str:
    """A text as one line, in which neither a terminal nor a build's log finds a command.

    GitHub obeys `::` at the beginning of a line, and `##[` anywhere in it.
    """
    line = printable(" ".join(text.splitlines())).replace("##[", f"#{_APART}#[")
    return f"{_APART}{line}" if line.lstrip().startswith("::") else line
