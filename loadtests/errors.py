"""How measuring can end other than well: its error and its exit codes."""

from contract import exit_codes
from contract.errors import InputError

EXIT_OK = exit_codes.PASSED
EXIT_USAGE = exit_codes.USAGE
EXIT_INVALID = exit_codes.INVALID
EXIT_INTERRUPTED = exit_codes.INTERRUPTED


class MeasureError(InputError):
    """Measuring ended early; the message says why and what to do."""
