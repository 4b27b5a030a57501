"""The system calls that a submission may make, and why. Whatever is not here is refused.

Recorded from whole classes (right answers, mistakes, kernels compiled on the spot) with ``strace -f``, after the moment
at which the process is ready for a submission. A few are there because another C library, another Python or Arm makes
them in the place of one that was recorded. To find what is missing: ``strace -f -e status=failed``.
"""

from dataclasses import dataclass

MACHINES = ("x86_64", "aarch64")
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # what the kernel's filter calls them


@dataclass(frozen=True)
class OneOf:
    """An argument, by its place, is one of these values (its lower 32 bits are)."""

    argument: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Without:
    """An argument, by its place, has none of these bits."""

    argument: int
    bits: int


@dataclass(frozen=True)
class Call:
    """A system call and its numbers; None on a machine that does not have it."""

    name: str
    x86_64: int | None
    aarch64: int | None
    conditions: tuple[OneOf | Without, ...] = ()

    def number(self, machine: str) -> int | None:
        return {"x86_64": self.x86_64, "aarch64": self.aarch64}[machine]


O_CREAT, O_TMPFILE = 0o100, 0o20000000
MAP_HUGETLB = 0x40000
ADVICE = (4, 8, 14, 15, 102, 103)  # MADV_DONTNEED, _FREE, _HUGEPAGE, _NOHUGEPAGE, _GUARD_INSTALL, _GUARD_REMOVE
# What glibc makes a thread with; of its bits CLONE_THREAD is the one that makes no process, and no CLONE_NEW is there.
A_THREAD = 0x003D0F00
PR_SET_NAME, PR_GET_NAME, PR_SET_VMA = 15, 16, 0x53564D41
F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC = 1, 2, 3, 4, 1030
TCGETS, TCGETS2, FIONBIO, FIONREAD, FIONCLEX, FIOCLEX = 0x5401, 0x802C542A, 0x5421, 0x541B, 0x5450, 0x5451
AF_UNIX, SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC = 1, 1, 0o4000, 0o2000000
STREAMS = tuple(SOCK_STREAM | more for more in (0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC))

ALLOWED: dict[str, tuple[Call, ...]] = {
    "Python and the loader read files; nothing makes, changes or locks one.": (
        Call("openat", 257, 56, (Without(2, O_CREAT | O_TMPFILE),)),
        Call("read", 0, 63),
        Call("pread64", 17, 67),
        Call("lseek", 8, 62),
        Call("close", 3, 57),
        Call("getdents64", 217, 61),
        Call("stat", 4, None),
        Call("lstat", 6, None),
        Call("fstat", 5, 80),
        Call("newfstatat", 262, 79),
        Call("statx", 332, 291),
        Call("statfs", 137, 43),
        Call("access", 21, None),
        Call("faccessat", 269, 48),
        Call("faccessat2", 439, 439),
        Call("readlink", 89, None),
        Call("readlinkat", 267, 78),
        Call("getcwd", 79, 17),
        Call("fcntl", 72, 25, (OneOf(1, (F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC)),)),
        Call("ioctl", 16, 29, (OneOf(1, (TCGETS, TCGETS2, FIONBIO, FIONREAD, FIONCLEX, FIOCLEX)),)),
    ),
    "The channel to the judge, and what is printed.": (
        Call("write", 1, 64),
        Call("writev", 20, 66),
    ),
    "Memory, also such as the compiler of kernels puts code into. RLIMIT_AS counts all of it.": (
        Call("brk", 12, 214),
        Call("mmap", 9, 222, (Without(3, MAP_HUGETLB),)),
        Call("munmap", 11, 215),
        Call("mremap", 25, 216),
        Call("mprotect", 10, 226),
        Call("madvise", 28, 233, (OneOf(2, ADVICE),)),
    ),
    "Threads of this process, never another process. clone3 is unknown here, so that clone's flags can be seen.": (
        Call("clone", 56, 220, (OneOf(0, (A_THREAD,)),)),
        Call("exit", 60, 93),
        Call("exit_group", 231, 94),
        Call("futex", 202, 98),
        Call("set_robust_list", 273, 99),
        Call("rseq", 334, 293),
        Call("getpid", 39, 172),
        Call("gettid", 186, 178),
        Call("getcpu", 309, 168),
        Call("sched_yield", 24, 124),
        Call("sched_getaffinity", 204, 123),
        Call("prctl", 157, 167, (OneOf(0, (PR_SET_NAME, PR_GET_NAME, PR_SET_VMA)),)),
    ),
    "Signal handlers, which Python and MAX set for themselves; no signal can be sent.": (
        Call("rt_sigaction", 13, 134),
        Call("rt_sigprocmask", 14, 135),
        Call("rt_sigreturn", 15, 139),
        Call("sigaltstack", 131, 132),
        Call("restart_syscall", 219, 128),
    ),
    "Each eager operation of MAX runs in an event loop of asyncio, which has a pair of sockets to wake it.": (
        Call("epoll_create1", 291, 20),
        Call("epoll_ctl", 233, 21),
        Call("epoll_wait", 232, None),
        Call("epoll_pwait", 281, 22),
        Call("poll", 7, None),
        Call("ppoll", 271, 73),
        Call("socketpair", 53, 199, (OneOf(0, (AF_UNIX,)), OneOf(1, STREAMS))),
        Call("getsockname", 51, 204),
        Call("sendto", 44, 206),
        Call("recvfrom", 45, 207),
    ),
    "The time, sleep, random numbers, who runs this (nobody), and which kernel.": (
        Call("clock_gettime", 228, 113),
        Call("clock_getres", 229, 114),
        Call("gettimeofday", 96, 169),
        Call("clock_nanosleep", 230, 115),
        Call("nanosleep", 35, 101),
        Call("select", 23, None),
        Call("pselect6", 270, 72),
        Call("getrandom", 318, 278),
        Call("getuid", 102, 174),
        Call("geteuid", 107, 175),
        Call("getgid", 104, 176),
        Call("getegid", 108, 177),
        Call("uname", 63, 160),
    ),
}

# What is answered as if the kernel were too old for it: the C library then does without.
UNKNOWN = (Call("clone3", 435, 435),)
