"""How measuring can end other than well: its error and its exit codes."""

from contract.errors import InputError

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_INVALID = 4
EXIT_INTERRUPTED = 130


class MeasureError(InputError):
    """Measuring ended early; the message says why and what to do."""
