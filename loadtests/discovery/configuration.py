"""The text of a new versus.toml."""

from collections.abc import Iterable, Sequence

from loadtests.discovery.drafts import Draft
from loadtests.discovery.guess import PORT, Guess, Route
from loadtests.discovery.toml_text import scenario_lines, toml_text

LINES_MAX = 25

_HEAD = (
    "# Written by `versus init`; correct what is wrong. {port} and the variable PORT: a free port."
)
_VARIANTS = """
# Two settings of this code for `versus bench`; a gate of commits measures the first. Remove the #:
# [variants.before]
# [variants.after]
# environment = { MY_SETTING = "new" }
"""


def write_configuration(
    guess: Guess | None,
    ready: Route | None,
    scenarios: Sequence[Route],
    url: str = "",
    drafts: Sequence[Draft] = (),
) -> str:
    """The text of versus.toml, of at most 25 lines without drafts.

    Args:
        guess: how the service is started; None if that is not known.
        ready: the path that says that it is.
        scenarios: what is requested.
        url: where it runs already, if nothing is known to start it.
        drafts: whole scenarios; where one is no comment, they replace `scenarios`.
    """
    lines = [_HEAD, "[target]"]
    if guess is None and url:
        lines += [
            f"url = {toml_text(url)}  # `versus gate --base` needs a command that starts it",
        ]
    else:
        lines += _starting(guess, ready)
    if guess is not None and guess.build.command:
        lines += [
            "",
            "[revisions]  # `versus gate --base` runs this in a fresh copy of both commits",
            f"build = {_words(guess.build.command)}",
        ]
    if not all(draft.reason for draft in drafts):
        return "\n".join([*lines, *scenario_lines(drafts)]) + "\n" + _VARIANTS
    scenario = "[[scenarios]]"
    lines += ["", f"{scenario}  # one for each request; an answer with status 200 is right"]
    for route in scenarios:
        lines += [f"request = {toml_text(f'GET {route.path}')}", scenario]
    if scenarios:
        lines.pop()
    else:
        lines.append('request = "GET /"  # a guess: write a request of your own')
    return "\n".join([*lines, *scenario_lines(drafts)]) + "\n" + _VARIANTS


def _starting(guess: Guess | None, ready: Route | None) -> Iterable[str]:
    if guess is None:
        example = _words(("python3", "server.py", "--port", PORT))
        yield f"command = {example}  # an example: write what starts your server"
    else:
        yield f"command = {_words(guess.command)}"
        if guess.cwd:
            yield f"cwd = {toml_text(guess.cwd)}"
        if guess.environment:
            pairs = (f"{name} = {toml_text(value)}" for name, value in guess.environment.items())
            yield f"environment = {{ {', '.join(pairs)} }}"
    if ready is not None:
        yield f"ready = {toml_text(ready.path)}  # requested until it answers"


def _words(words: Sequence[str]) -> str:
    return f"[{', '.join(map(toml_text, words))}]"
