"""Give up root, then become the program named: PostgreSQL refuses to run as root.

Run as a script by infra/postgres.py (`python -I -S unroot.py WAY PROGRAM ARG…`); standard
library only, so that it starts in milliseconds. The process id stays the same, so signals
and waiting work as if the program had been started directly. Never used for anything that
needs root: after this nothing gets it back.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

NAMESPACE = "namespace"
NOBODY = "nobody"

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PR_GET_PDEATHSIG = 2
# Any id but 0 does; inside the namespace root's own files appear as owned by it.
_INNER_ID = 1000


def main(arguments: list[str]) -> None:
    """Drop root the way ``arguments[0]`` says and exec the rest.

    ``namespace``: a user namespace in which root's files belong to an ordinary user; nothing
    needs to be copied or chowned. ``nobody``: the operating system's user of that name.
    Raises OSError when the system does not allow it.
    """
    way, program, *_ = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    death_signal = ctypes.c_int(0)
    libc.prctl(_PR_GET_PDEATHSIG, ctypes.byref(death_signal), 0, 0, 0)
    if way == NAMESPACE:
        _enter_namespace(libc)
    elif way == NOBODY:
        _become_nobody()
    else:
        message = f"unknown way to give up root: {way}"
        raise SystemExit(message)
    # The kernel forgets this wish when credentials change; the warden relies on it.
    libc.prctl(_PR_SET_PDEATHSIG, death_signal.value, 0, 0, 0)
    os.execv(program, arguments[1:])


def _enter_namespace(libc: ctypes.CDLL) -> None:
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    # The kernel asks for this before a group may be mapped without privilege outside.
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{_INNER_ID} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{_INNER_ID} {group} 1", encoding="ascii")


def _become_nobody() -> None:
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


if __name__ == "__main__":
    main(sys.argv[1:])
