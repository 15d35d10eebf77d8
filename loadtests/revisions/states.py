"""Why two revisions cannot be compared; none of these reasons is ever a pass."""

from enum import Enum

from contract.errors import InputError


class State(Enum):
    """The reason, in words, and the exit code of the command.

    2: wrong input; 3: this change cannot be judged; 4: a revision does not work.
    """

    GIT_MISSING = ("git is missing", 2)
    NO_REPOSITORY = ("not a git repository", 2)
    UNTRUSTED = ("not trusted by git", 2)
    OUTSIDE = ("not in the repository", 2)
    UNKNOWN_BASE = ("base unknown", 2)
    UNKNOWN_REVISION = ("revision unknown", 2)
    AMBIGUOUS = ("ambiguous name", 2)
    SHALLOW = ("shallow clone", 2)
    PARTIAL = ("partial clone", 2)
    UNRELATED = ("unrelated histories", 2)
    NO_SUITE = ("suite missing", 2)
    DIRTY = ("uncommitted changes", 2)
    IGNORED = ("ignored by git", 2)
    NO_CHECKOUT = ("cannot be checked out", 2)
    POINTERS = ("pointers of Git LFS", 2)
    NO_BASE = ("no base", 3)
    FIRST_RUN = ("no base yet", 3)
    UNUSABLE_BASE = ("no usable base", 3)
    SCHEMA_CHANGED = ("schema changed", 3)
    NOT_BUILT = ("does not build", 4)
    NOT_STARTED = ("does not start", 4)
    WRONG_ANSWERS = ("wrong answers", 4)
    SAME_CODE = ("not its own code", 4)

    def __init__(self, words: str, exit_code: int) -> None:
        self.words = words
        self.exit_code = exit_code


class RevisionError(InputError):
    """Two revisions cannot be measured; the message says why and what to do."""

    def __init__(self, state: State, message: str) -> None:
        super().__init__(f"{state.words}: {message}")
        self.state = state
        self.exit_code = state.exit_code
        self._reason = message

    def with_more(self, text: str) -> "RevisionError":
        """The same with more behind it."""
        return RevisionError(self.state, f"{self._reason}{text}")

    def of_base(self) -> "RevisionError":
        """The same of a base with which nothing can be compared."""
        return RevisionError(
            State.UNUSABLE_BASE,
            f"{self._reason.rstrip('.')}. Nothing can be compared with it; the next change can be "
            "measured.",
        )
