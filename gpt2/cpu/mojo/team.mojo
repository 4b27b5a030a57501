"""Cores that compute together.

A token's way through a model is a hundred loops, most of which take less time than it takes to wake a
core. So cores are woken once, go through the whole program side by side, and share its loops.
"""

from max.algorithm import sync_parallelize
from std.atomic import Atomic
from std.ffi import external_call
from std.runtime import parallelism_level

comptime GRAIN = 1 << 17  # multiplications that are worth waking another core for
comptime LINE = 16  # numbers of 8 bytes in two cache lines, which processors like to fetch together
comptime PATIENCE = 1000  # looks at what others do before the system may give the core to somebody else


def work_together[Program: def(mut Worker) -> None](multiplications: Int, program: Program) raises:
    """Run the program on as many cores as so much work is worth.

    No core waits for one that has not started yet: it computes all of a loop itself, if need be.
    """
    var counters = List[Int64](length=2 * LINE, fill=0)

    def task(number: Int) {mut counters, imm}:
        var worker = Worker(counters)
        program(worker)

    var workers = min(parallelism_level(), multiplications // GRAIN)
    if workers > 1:
        sync_parallelize(task, workers)
    else:
        task(0)
    _ = counters^


struct Worker:
    """One of the cores. All of them come upon the same loops, in the same order."""

    var _begun: Pointer[Atomic[Int64], MutUntrackedOrigin]  # how many parts of all the loops so far some core has taken
    var _done: Pointer[Atomic[Int64], MutUntrackedOrigin]  # and how many are finished
    var _end: Int  # how many parts they have, with those of the present loop

    def __init__(out self, mut counters: List[Int64]):
        self._begun = counters.unsafe_ptr().unsafe_bitcast[Atomic[Int64]]().unsafe_origin_cast[MutUntrackedOrigin]()
        self._done = self._begun.unsafe_offset(LINE)
        self._end = 0

    def share[Part: def(Int) -> None](mut self, count: Int, part: Part):
        """Call part(0) to part(count - 1) once, on one core or another, and return when all have returned."""
        var begin = self._end
        self._end += count
        var next = self._begun[].load()
        while next < Int64(self._end):
            if self._begun[].compare_exchange(next, next + 1):
                part(Int(next) - begin)
                _ = self._done[].fetch_add(1)
            next = self._begun[].load()
        var looks = 0
        while self._done[].load() < Int64(self._end):
            looks += 1
            if looks > PATIENCE:
                _ = external_call["sched_yield", Int32]()
