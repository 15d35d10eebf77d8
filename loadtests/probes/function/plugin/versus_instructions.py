"""A pytest plugin by which a process under Callgrind counts the instructions of its benchmarks.

Loaded beside `versus_pairs`, which leaves benchmarks alone, and with `--benchmark-disable`, by a
pytest that may be another project's: so it imports nothing but pytest, and of pytest-benchmark's
fixture it knows no more than that it calls the function it is given.

Callgrind is off until a function is called, because it slows everything some fifty times. What
turns it on is a request that Valgrind reads out of five instructions that otherwise do nothing
(valgrind.h and callgrind.h of Valgrind 3.19; all of them are part of its stable interface).
"""

import ctypes
import gc
import json
import mmap
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest

WARM_UP_CALLS = 10
"""Python 3.11 and newer rewrite a function's code for what they saw in its first calls."""
CALLS = 5
"""The middle one counts: now and then a call does what others left, such as growing memory."""

# long ask(long *rdi): rax = rdi; rdx = 0; rdi rotated by 3, 13, 61, 51 is rdi again; xchg rbx, rbx;
# return rdx.
_ASK = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")
_RUNNING_ON_VALGRIND = 0x1001
_CALLGRIND = ord("C") << 24 | ord("T") << 16
_ZERO, _DUMP, _START, _STOP = (_CALLGRIND + number for number in (1, 3, 4, 5))
_ARGUMENTS = 6
_BYTES_OBJECT = 33
"""What bytes take beside their content."""
_ARENA = 1 << 20
"""What Python's allocator takes at once, in bytes."""
_HEAP_SIZES = tuple(round(65_536 * 0.75**step) for step in range(29))
"""Down to 21 bytes, for which the heap's smallest piece is taken."""
_BLOCKS = 100
"""Taken at once, because it is slow to see where one lies."""
_MOST_BLOCKS = 1_000_000
"""Of one size; where Python was told to use another allocator, none would ever lie in an arena."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where Callgrind writes, and this plugin beside it."""
    parser.getgroup("versus").addoption(
        "--versus-instructions",
        type=Path,
        metavar="PREFIX",
        help="what Callgrind was told to call its files; counts go to PREFIX.json",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Count where it was asked for."""
    prefix = config.getoption("versus_instructions")
    if prefix:
        config.pluginmanager.register(_Counting(prefix))


class _Counting:
    """What counts, for the length of a session."""

    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix
        self._callgrind = _Callgrind(prefix)
        self._found: list[dict[str, Any]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
        """Have the fixture call a function that counts, instead of the one to be counted."""
        params = pyfuncitem.callspec.params if hasattr(pyfuncitem, "callspec") else {}

        def keep(instructions: float) -> None:
            self._found.append(
                {
                    "fullname": pyfuncitem.nodeid,
                    "params": {name: str(value) for name, value in params.items()},
                    "instructions": instructions,
                }
            )

        benchmark = pyfuncitem.funcargs["benchmark"]
        pyfuncitem.funcargs["benchmark"] = _Benchmark(benchmark, self._callgrind, keep)
        try:
            return (yield)
        finally:
            # pytest-benchmark looks at it again, and wants its own.
            pyfuncitem.funcargs["benchmark"] = benchmark

    def pytest_sessionfinish(self) -> None:
        """Write what was counted."""
        self._prefix.with_suffix(".json").write_text(json.dumps(self._found), encoding="utf-8")


class _Benchmark:
    """pytest-benchmark's fixture, for which a call is many."""

    def __init__(
        self, fixture: Any, callgrind: "_Callgrind", keep: Callable[[float], None]
    ) -> None:
        self.__dict__.update(_fixture=fixture, _callgrind=callgrind, _keep=keep)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fixture, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._fixture, name, value)

    def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._fixture(self._counting(function), *args, **kwargs)

    def pedantic(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._fixture.pedantic(self._counting(target), *args, **kwargs)

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **kwargs: Any) -> Any:
            def call() -> None:
                function(*args, **kwargs)

            for _ in range(WARM_UP_CALLS):
                call()
            # What counting itself takes stands in both.
            self._keep(self._callgrind.count(call) - self._callgrind.count(_nothing))
            return function(*args, **kwargs)

        return counting


def _nothing() -> None:
    pass


_MAKERS: tuple[Callable[[], object], ...] = (
    object,
    partial(int, "1000"),
    *(partial(bytes, size - _BYTES_OBJECT) for size in range(48, 513, 16)),
)
"""Take a block of each size that Python's allocator has pools of, up to 512 bytes."""


class _Memory:
    """The allocators of Python and of C, brought to where they take the same way in any process.

    How long that is depends on what lies free, and on where: the same small function took up to 4 %
    more in another process, in C's search for a free piece, and a loop 1.8 % more where its blocks
    lay in the first part of an arena. Python asks at each free whether a block is its own, and
    where an arena does not begin at a whole MiB the answer is shorter behind the next one.
    """

    def __init__(self) -> None:
        with Path("/proc/self/maps").open(encoding="utf-8", errors="replace") as lines:
            places = [line.split(maxsplit=1)[0].split("-") for line in lines]
        self._old = [range(int(start, 16), int(end, 16)) for start, end in places]
        self._held: list[object] = []
        self._libc = ctypes.CDLL(None)
        self._libc.malloc.restype = ctypes.c_void_p
        self._tells_free = hasattr(self._libc, "mallinfo2")
        if self._tells_free:
            self._libc.mallinfo2.restype = _MallInfo
        # A context, void *alloc(context, size) and void free(context, arena, size). What is given
        # back goes the way of the old arenas, which is munmap: whole pages, whoever asked for them.
        allocator = (ctypes.c_void_p * 3)()
        ctypes.pythonapi.PyObject_GetArenaAllocator(allocator)
        aligned_alloc = ctypes.cast(self._libc.aligned_alloc, ctypes.c_void_p).value
        allocator[:2] = [_ARENA, aligned_alloc]
        ctypes.pythonapi.PyObject_SetArenaAllocator(allocator)

    def fill(self) -> None:
        """Leave nothing free, but in new arenas and at the heap's end."""
        for make in _MAKERS:
            for _ in range(_MOST_BLOCKS // _BLOCKS):
                blocks = [make() for _ in range(_BLOCKS)]
                self._held.append(blocks)
                if not any(id(blocks[-1]) in place for place in self._old):
                    break
        for size in _HEAP_SIZES if self._tells_free else ():
            # The best place is taken first, so what is left has room for none of this size.
            info = self._libc.mallinfo2()
            for _ in range((info.fordblks - info.keepcost) // size):
                self._libc.malloc(ctypes.c_size_t(size))


class _MallInfo(ctypes.Structure):
    """struct mallinfo2 of glibc 2.33 and newer, in bytes (malloc.h)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


class _Callgrind:
    """Callgrind, which runs this process.

    Raises:
        pytest.UsageError: it does not.
    """

    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix
        self._dumps = 0
        self._why = ctypes.create_string_buffer(b"versus")
        self._code = mmap.mmap(
            -1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        )
        self._code.write(_ASK)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._code))
        self._ask = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(start)
        if not self._request(_RUNNING_ON_VALGRIND)():
            raise pytest.UsageError("--versus-instructions needs a process under Callgrind")
        # Made here, because the last one is counted.
        self._start, self._zero, self._stop = map(self._request, (_START, _ZERO, _STOP))
        self._dump = self._request(_DUMP, ctypes.addressof(self._why))
        self._memory = _Memory()
        for _ in range(WARM_UP_CALLS // CALLS):
            self.count(_nothing)

    def count(self, call: Callable[[], None]) -> float:
        """How many instructions a call takes, and counting itself."""
        gc.collect()
        # When it runs is up to what else the process has made so far.
        gc.disable()
        self._memory.fill()
        held: list[object] = []
        for _ in range(CALLS):
            # Where a pool of blocks is just full, each round of a loop may leave and enter it the
            # long way, by which the same loop differed by up to 8 %: so each call meets others.
            held.append([make() for make in _MAKERS])
            self._start()
            self._zero()
            call()
            self._dump()
            self._stop()
        gc.enable()
        return median(self._dumped() for _ in range(CALLS))

    def _dumped(self) -> int:
        """The instructions of the next dump."""
        self._dumps += 1
        dump = self._prefix.with_name(f"{self._prefix.name}.{self._dumps}")
        lines = dump.read_text(encoding="utf-8", errors="replace").splitlines()
        dump.unlink()
        return int(next(line for line in lines if line.startswith("totals: ")).split()[1])

    def _request(self, number: int, *arguments: int) -> Callable[[], int]:
        """What makes a request when it is called."""
        words = (ctypes.c_uint64 * _ARGUMENTS)(number, *arguments)
        return partial(self._ask, words)
