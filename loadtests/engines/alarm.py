"""Waits inside gevent to within a tenth of a millisecond.

gevent's own sleep ends with epoll's timeout, which counts whole milliseconds and rounds up: 0.7 ms
late in the middle, all of it in the latency of requests that were due then. A timer of Linux's is
read like a socket, and wakes the loop when it is due.
"""

import ctypes
import os
import sys

import gevent
from gevent.hub import get_hub

_CLOCK_MONOTONIC = 1
_READABLE = 1


class Alarm:
    """One timer for one greenlet; elsewhere than on Linux, gevent's sleep."""

    def __init__(self) -> None:
        self._fd = -1
        if sys.platform == "linux":
            self._libc = ctypes.CDLL(None, use_errno=True)
            # Neither blocking nor inherited; Python has calls of its own for this from 3.13 on.
            flags = os.O_NONBLOCK | os.O_CLOEXEC
            self._fd = int(self._libc.timerfd_create(_CLOCK_MONOTONIC, flags))
        if self._fd >= 0:
            self._watcher = get_hub().loop.io(self._fd, _READABLE)

    def wait(self, seconds: float) -> None:
        """Let others run for so long, and at least once."""
        if self._fd < 0 or seconds <= 0:
            gevent.sleep(max(0.0, seconds))
            return
        # No interval; the first expiration in seconds and nanoseconds, of which 0 would mean never.
        whole = int(seconds)
        setting = (ctypes.c_long * 4)(0, 0, whole, max(1, int((seconds - whole) * 1e9)))
        self._libc.timerfd_settime(self._fd, 0, setting, None)
        get_hub().wait(self._watcher)
        os.read(self._fd, 8)

    def close(self) -> None:
        """Give the timer back."""
        if self._fd >= 0:
            self._watcher.close()
            os.close(self._fd)
            self._fd = -1
