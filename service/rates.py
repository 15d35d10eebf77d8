"""How many requests one caller may send."""

import time
from collections import OrderedDict
from collections.abc import Callable

from service.limits import CALLERS_MAX, RATE_BURST_S


class Rates:
    """Gives each caller an allowance that grows with time (the generic cell rate algorithm).

    A caller's state is one number: the moment at which all that was sent so far is paid for.
    """

    def __init__(self, per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Without a limit if `per_s` is 0."""
        self._per_s = per_s
        self._clock = clock
        self._paid_at_s: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """Count a request of the caller; how long it must wait, 0 if it may go on at once.

        A request that must wait is not counted.
        """
        if not self._per_s:
            return 0.0
        now_s = self._clock()
        paid_at_s = max(self._paid_at_s.get(caller, now_s), now_s) + 1 / self._per_s
        wait_s = paid_at_s - now_s - RATE_BURST_S
        # Of an exact burst, rounding may leave a little.
        if wait_s > 1e-9:
            return wait_s
        self._paid_at_s[caller] = paid_at_s
        self._paid_at_s.move_to_end(caller)
        if len(self._paid_at_s) > CALLERS_MAX:
            self._paid_at_s.popitem(last=False)
        return 0.0
