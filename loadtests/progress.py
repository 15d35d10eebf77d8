"""Shows how far measuring is: a live table on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table as RichTable
from rich.text import Text

from contract.lines import log_line
from loadtests.checking.kinds import line_about
from loadtests.engines.events import AnswersCompared, Ended, Event, Progressed, WorkerJoined

PLAIN_EVERY_S = 10.0
_ROWS_MAX = 12
"""Of scenarios on a terminal; more would push away what stands above."""

WAITING_EVERY_S_MAX = 60.0
"""In a log, lines about a long wait become rarer, down to this."""


_ENDED: Mapping[Ended, str] = {"time": "time is up", "rounds": "all rounds done"}


class Progress:
    """What is under way, how long it still takes, and the verdict so far.

    Attributes:
        listeners: get every event, too.
    """

    def __init__(self, out: TextIO, variants: Sequence[str]) -> None:
        self._console = Console(file=out, highlight=False, soft_wrap=True)
        self._variants = variants
        self._live: Live | None = None
        self._plain_due_s = 0.0
        self.listeners: list[Callable[[Event], None]] = []
        self._waiting_every_s = PLAIN_EVERY_S
        self._printed: set[str] = set()
        self._compared: set[tuple[str, str, str]] = set()

    def say(self, line: str) -> None:
        """Print one line that stays."""
        self._console.print(Text(log_line(line)))

    def say_once(self, line: str) -> None:
        """Print one line that stays, unless it was printed so before."""
        if line not in self._printed:
            self._printed.add(line)
            self.say(line)

    def handle(self, event: Event) -> None:
        """Show what an event says of how far measuring is, and hand it on."""
        for listener in self.listeners:
            listener(event)
        match event:
            case Progressed():
                self._show(event)
            case WorkerJoined() if event.count > 1:
                self.say(f"worker {event.number} of {event.count} is here")
            case AnswersCompared():
                self._compare(event)
            case _:
                pass  # Of no interest to a person who waits.

    def _compare(self, event: AnswersCompared) -> None:
        """The first pair of each kind stands for all."""
        key = (event.scenario, event.pair.variant, event.pair.kind)
        line = line_about(event.scenario, event.pair, self._variants[0])
        if line and key not in self._compared:
            self._compared.add(key)
            self.say_once(line)

    def _show(self, progressed: Progressed) -> None:
        parts = [f"measuring {progressed.activity}", f"{_clock(progressed.left_s)} left"]
        parts += [f"{progressed.errors} errors"] if progressed.errors else []
        if self._console.is_terminal:
            self._refresh(self._table(" · ".join(parts), progressed))
            return
        line = " · ".join([*parts, *_ratios_in_words(progressed)])
        self._show_line(line, PLAIN_EVERY_S)

    def _table(self, head: str, progressed: Progressed) -> Group:
        """A line for each scenario: its ratios so far, and whether it is decided."""
        rows = RichTable(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
        names = list(progressed.ended)
        under = names.index(progressed.activity) if progressed.activity in names else 0
        first = max(0, min(under - _ROWS_MAX // 2, len(names) - _ROWS_MAX))
        for name in names[first : first + _ROWS_MAX]:
            ended = progressed.ended[name]
            ratios = progressed.ratios.get(name, ())[1:]
            under_way = "measuring" if name == progressed.activity else ""
            texts = (name, ", ".join(map(_speed, ratios)), _ENDED.get(ended, ended) or under_way)
            rows.add_row(*(Text(text, no_wrap=True, overflow="ellipsis") for text in texts))
        more = len(names) - _ROWS_MAX
        rest = [Text(f"and {more} more scenarios")] if more > 0 else []
        return Group(Text(head, no_wrap=True, overflow="ellipsis"), rows, *rest)

    def wait(self, line: str) -> None:
        """Show what is waited for; it is called each second."""
        if self._show_line(line, self._waiting_every_s):
            self._waiting_every_s = min(2 * self._waiting_every_s, WAITING_EVERY_S_MAX)

    def _show_line(self, line: str, plain_every_s: float) -> bool:
        """Show a line that the next one replaces; whether a log got it as a line of its own."""
        if self._console.is_terminal:
            self._refresh(Text(log_line(line), no_wrap=True, overflow="ellipsis"))
            return False
        if time.monotonic() < self._plain_due_s:
            return False
        self._plain_due_s = time.monotonic() + plain_every_s
        self.say(line)
        return True

    def _refresh(self, shown: RenderableType) -> None:
        """Replace what was shown before."""
        if self._live is None:
            self._live = Live(console=self._console, transient=True, auto_refresh=False)
            self._live.start()
        self._live.update(shown, refresh=True)

    def done(self) -> None:
        """Take the live line away."""
        self._waiting_every_s = PLAIN_EVERY_S
        if self._live is not None:
            self._live.stop()
            self._live = None


_RATIOS_MAX = 8
"""In a line of a log; of more, only their number is of use."""


def _ratios_in_words(progressed: Progressed) -> list[str]:
    changed = {
        scenario: ", ".join(_speed(ratio) for ratio in of_variants[1:])
        for scenario, of_variants in progressed.ratios.items()
    }
    if sum(len(one) - 1 for one in progressed.ratios.values()) > _RATIOS_MAX:
        return [f"{len(changed)} of {len(progressed.ended)} scenarios begun"]
    return [f"{scenario} {text}" for scenario, text in changed.items()]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _speed(ratio: float) -> str:
    """A ratio in a few characters; the report has the precise words."""
    if ratio <= 0.5:
        return f"{1 / ratio:.0f}x faster"
    if ratio >= 2:
        return f"{ratio:.0f}x slower"
    return f"{100 * (ratio - 1):+.0f} %"
