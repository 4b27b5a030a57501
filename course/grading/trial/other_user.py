"""A grader that is root is another user where a submission runs, one that owns nothing: for each sandbox another one.

Root's own user could change the host's devices, would know no limit of threads, and might own what it sees. Another
user may not reach the course and its Python, as where they are below /root. So root binds them to a place that all may
reach, in a mount namespace that nobody else sees, and the sandbox is made by the other user, from there.
"""

import os
import re
import shutil
import stat
import sys
from pathlib import Path

FIRST, COUNT = 61184, 4336  # what systemd sets aside for users that are there as long as a process is
PLACE = "/sys"  # every Linux has it, neither a Python nor the course is below it, and the sandbox does not show it

_PROGRAMS = ("unshare", "mount", "setpriv")  # of util-linux
_CAP_SYS_ADMIN = 21

# sh -c SCRIPT sh PLACE USER SOURCE... -- COMMAND...
_SCRIPT = """
set -e
place=$1 user=$2 number=0
shift 2
mount -t tmpfs -o mode=755 sandbox "$place"
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mkdir "$place/$number"; else : >"$place/$number"; fi
    mount --rbind "$1" "$place/$number"
    number=$((number + 1))
    shift
done
shift
exec setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all --no-new-privs "$@"
"""


def user() -> int:
    """The user that this process's sandboxes have."""
    return FIRST + os.getpid() % COUNT


def can_be() -> bool:
    """Whether this process can start another user's sandbox, and has to since it is root."""
    if os.geteuid() != 0 or not all(map(shutil.which, _PROGRAMS)):
        return False
    capabilities = re.search(r"^CapEff:\s*(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    if not capabilities or not int(capabilities[1], 16) >> _CAP_SYS_ADMIN & 1:
        return False
    for name, forbids in (("apparmor_restrict_unprivileged_userns", "1"), ("unprivileged_userns_clone", "0")):
        setting = Path("/proc/sys/kernel", name)  # some distributions' own
        if setting.exists() and setting.read_text().strip() == forbids:
            return False
    # Where root's files are root's alone, as with a umask of 077, another user could not even start Python.
    return all(os.stat(path).st_mode & stat.S_IROTH for path in (sys.executable, os.__file__, __file__))


def staged(sources: list[str]) -> tuple[list[str], dict[str, str]]:
    """What starts a command as the other user, and where that one finds each of these paths."""
    prefix = ["unshare", "--mount", "sh", "-c", _SCRIPT, "sh", PLACE, str(user()), *sources, "--"]
    return prefix, {source: f"{PLACE}/{number}" for number, source in enumerate(sources)}
