"""The filter of system calls: what ``calls`` lists is allowed, and all else is refused with EPERM, for good."""

import ctypes
import errno
import os
import platform
import struct

from course.grading.inside.calls import ALLOWED, AUDIT_ARCH, UNKNOWN, Call, OneOf, Without

_SECCOMP = {"x86_64": 317, "aarch64": 277}  # the number of seccomp(2) itself
_SET_MODE_FILTER, _TO_ALL_THREADS = 1, 1
_PR_SET_NO_NEW_PRIVS = 38

_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS

# Classic BPF, as (code, jump if true, jump if false, operand); a jump is over so many instructions.
_Instruction = tuple[int, int, int, int]
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # where they are in struct seccomp_data


def program(machine: str) -> bytes:
    """The filter for a kind of machine, as the kernel reads it.

    Args:
        machine: as ``platform.machine`` calls it; of the numbers of another kind, such as those of 32-bit x86, none
            is allowed.
    """
    instructions: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for call in (call for group in ALLOWED.values() for call in group):
        instructions += _answer(call, machine, _ALLOW)
    for call in UNKNOWN:
        instructions += _answer(call, machine, _UNKNOWN)
    instructions.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)


def _answer(call: Call, machine: str, answer: int) -> list[_Instruction]:
    """What answers a call, with the number loaded, and goes on with it loaded where it is another call."""
    number = call.number(machine)
    if number is None:
        return []
    body: list[_Instruction] = []
    for condition in call.conditions:
        body.append((_LOAD, 0, 0, _ARGUMENTS + 8 * condition.argument))  # both machines are little-endian
        match condition:
            case OneOf(_, values):
                body += [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
                body.append((_RETURN, 0, 0, _REFUSE))
            case Without(_, bits):
                body += [(_ANY_BIT, 0, 1, bits), (_RETURN, 0, 0, _REFUSE)]
    body.append((_RETURN, 0, 0, answer))
    return [(_EQUAL, 0, len(body), number), *body]


def install() -> None:
    """Put all threads of this process under the filter, and those to come.

    Raises:
        OSError: the kernel does not do it.
    """
    machine = platform.machine()
    filter_ = program(machine)
    libc = ctypes.CDLL(None, use_errno=True)

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]

    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    described = Program(len(filter_) // struct.calcsize("HBBI"), filter_)
    # Not 0 is also the number of a thread that could not be reached.
    if libc.syscall(_SECCOMP[machine], _SET_MODE_FILTER, _TO_ALL_THREADS, ctypes.byref(described)):
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
