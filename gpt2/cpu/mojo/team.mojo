"""Runs one program on several cores, which share the work of its loops.

The forward pass of a token is about a hundred loops, and most of them take less time than waking a core. So the cores
are woken once, all of them run the whole program, and each takes a part of every loop.
"""

from max.algorithm import sync_parallelize
from std.atomic import Atomic
from std.ffi import external_call
from std.runtime import parallelism_level

comptime GRAIN = 1 << 17  # how many multiplications are worth waking another core for
comptime LINE = 16  # from one counter to the next: 128 bytes, two cache lines, which processors fetch together
comptime SPINS = 1000  # how often a worker looks whether the others are done before it yields its core


def work_together[Program: def(mut Worker) -> None](multiplications: Int, program: Program) raises:
    """Run the program on as many cores as this number of multiplications is worth.

    No core waits for one that has not started: the cores that are there compute the whole loop.
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
    """One of the cores. All of them run through the same loops in the same order.

    Parts of loops are counted from the beginning of the program, in counters that all cores share.
    """

    var _begun: Pointer[Atomic[Int64], MutUntrackedOrigin]  # parts that some core has begun
    var _done: Pointer[Atomic[Int64], MutUntrackedOrigin]  # parts that are finished
    var _end: Int  # parts of all loops up to this one

    def __init__(out self, mut counters: List[Int64]):
        self._begun = counters.unsafe_ptr().unsafe_bitcast[Atomic[Int64]]().unsafe_origin_cast[MutUntrackedOrigin]()
        self._done = self._begun.unsafe_offset(LINE)
        self._end = 0

    def share[Part: def(Int) -> None](mut self, count: Int, part: Part):
        """Call each of part(0) to part(count - 1) once, on any core, and return when all calls have returned."""
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
            if looks > SPINS:
                _ = external_call["sched_yield", Int32]()
