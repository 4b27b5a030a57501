"""The filter of system calls, by an interpreter of its program: so Arm's, too, is tried where there is no Arm."""

import errno
import re
import struct
from pathlib import Path

import pytest

from course.grading.inside.calls import A_THREAD, ALLOWED, AUDIT_ARCH, MACHINES, UNKNOWN, OneOf, Without
from course.grading.inside.seccomp import program

CALLS = [call for group in ALLOWED.values() for call in group]
NUMBERS = {
    machine: {call.number(machine): call for call in CALLS if call.number(machine) is not None} for machine in MACHINES
}
HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+)\s+(\d+)"),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}
ALLOW, REFUSE, NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS


def run(program: bytes, number: int, arguments: list[int], architecture: int) -> int:
    """What the kernel would answer a call."""
    data = struct.pack("<iIQ6Q", number, architecture, 0, *arguments)
    instructions = list(struct.iter_unpack("HBBI", program))
    at = value = 0
    while True:
        code, if_true, if_false, operand = instructions[at]
        at += 1
        match code:
            case 0x20:
                (value,) = struct.unpack_from("<I", data, operand)
            case 0x15:
                at += if_true if value == operand else if_false
            case 0x45:
                at += if_true if value & operand else if_false
            case 0x06:
                return operand
            case _:
                raise ValueError(f"{code:#x} is not in the filter")


@pytest.fixture(params=MACHINES)
def ask(request):
    """A function that asks the filter of a machine about a call, by number or name, with some of its arguments."""
    machine = request.param
    numbers = {call.name: number for number, call in NUMBERS[machine].items()}

    def ask(call: int | str, arguments: dict[int, int] | None = None, architecture: int = AUDIT_ARCH[machine]) -> int:
        values = [(arguments or {}).get(place, 0) for place in range(6)]
        return run(program(machine), numbers[call] if isinstance(call, str) else call, values, architecture)

    ask.machine = machine
    return ask


def fitting(call) -> dict[int, int]:
    """Arguments that a call is allowed with."""
    return {each.argument: each.values[0] for each in call.conditions if isinstance(each, OneOf)}


def test_just_what_is_listed_is_allowed(ask):
    known = NUMBERS[ask.machine]
    unknown = {call.number(ask.machine) for call in UNKNOWN}
    for number in [*range(700), 0x40000000 + 57, 2**31 - 1]:
        answer = ask(number, fitting(known[number]) if number in known else {})
        assert answer == (ALLOW if number in known else NO_SUCH_CALL if number in unknown else REFUSE), number


def test_conditions_hold(ask):
    for call in NUMBERS[ask.machine].values():
        for condition in call.conditions:
            match condition:
                case OneOf(argument, values):
                    others = {values[0] ^ 1 << bit for bit in range(32)} - set(values)
                    wanted = dict.fromkeys(values, ALLOW) | dict.fromkeys(others, REFUSE)
                case Without(argument, bits):
                    wanted = {1 << bit: REFUSE if bits >> bit & 1 else ALLOW for bit in range(32)}
            for value, answer in wanted.items():
                assert ask(call.name, fitting(call) | {argument: value}) == answer, (call.name, value)


def test_no_number_of_another_machine_is_allowed(ask):
    assert all(ask(number, architecture=0x40000003) == REFUSE for number in range(700))  # 32-bit x86


def test_a_thread_is_no_process_and_has_no_namespace_of_its_own():
    thread, new = 0x00010000, 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
    assert A_THREAD & thread and not A_THREAD & new


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_those_of_the_kernels_headers(machine):
    path, pattern = HEADERS[machine]
    if not path.is_file():
        pytest.skip(f"{path} is not there (Debian and Ubuntu: apt install linux-libc-dev)")
    numbers = {name: int(number) for name, number in re.findall(pattern, path.read_text())}
    numbers.setdefault("newfstatat", numbers.get("fstatat", -1))
    for call in [*CALLS, *UNKNOWN]:
        assert numbers.get(call.name) == call.number(machine), call.name
