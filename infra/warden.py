"""The warden: one small process that starts, watches and ends what a supervisor asks for.

Started only by infra/supervisor.py, as a script (`python -I -S warden.py FD`), standard library
only. It is the real parent of every program, so they end with it whatever happens to the
supervisor: a Ctrl-C, a crash or kill -9 closes the control socket, and the warden stops all in
reverse order of start. Should the warden itself be killed, the kernel ends its children
(PR_SET_PDEATHSIG). It never restarts anything by itself and never ends a process by name.

Wire: one JSON object a line. In: start, stop, signal, end. Out: started, failed, exited.
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"
# How often a warden whose control socket was inherited by a stray fork looks for its parent.
_LOOK_SECONDS = 1.0
_LAST_WAIT_SECONDS = 5.0


class Child:
    """One running program: its process, and how it wants to be stopped."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], order: dict[str, Any]) -> None:
        self.name = name
        self.process = process
        self.stop_signal = int(order["stop_signal"])
        self.grace = float(order["grace"])
        self.kill_at: float | None = None

    def ask_to_stop(self) -> None:
        """Send the stop signal once and set the time of the kill."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + self.grace
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)
            # A stopped process hears nothing until it is continued.
            signal_group(self.process.pid, signal.SIGCONT)

    def kill_when_due(self) -> None:
        """Kill the whole group when the grace is over."""
        if self.kill_at is not None and time.monotonic() >= self.kill_at:
            signal_group(self.process.pid, signal.SIGKILL)


class Warden:
    """The loop over the control socket and the children's deaths."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.parent = os.getppid()
        self.children: dict[str, Child] = {}
        self.libc = ctypes.CDLL(None) if _LINUX else None
        self.wake_read, wake_write = socket.socketpair()
        self.wake_read.setblocking(False)
        wake_write.setblocking(False)
        self._wake_write = wake_write
        signal.set_wakeup_fd(wake_write.fileno(), warn_on_full_buffer=False)
        self.ended = False
        # Terminal signals go to the supervisor, which then says what is to happen here.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "ended", True))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if self.libc is not None:
            # Orphans of a killed program come to us instead of to init.
            self.libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.pending = b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ)
        self.selector.register(self.wake_read, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until told to end or left alone, then stop everything."""
        while not self.ended and os.getppid() == self.parent:
            self.wait(_LOOK_SECONDS, listen=True)
        self.leave()
        for child in reversed(list(self.children.values())):
            child.ask_to_stop()
            while child.name in self.children:
                self.wait(0.2)
        self.end_strays()

    def wait(self, longest: float, *, listen: bool = False) -> None:
        """Sleep until something happens, at most ``longest`` seconds, and deal with it."""
        due = [c.kill_at for c in self.children.values() if c.kill_at is not None]
        timeout = max(0.01, min([longest, *(at - time.monotonic() for at in due)]))
        for key, _ in self.selector.select(timeout):
            if key.fileobj is self.wake_read:
                with contextlib.suppress(BlockingIOError):
                    while self.wake_read.recv(4096):
                        pass
            elif listen:
                self.listen()
        self.reap()
        for child in list(self.children.values()):
            child.kill_when_due()

    def listen(self) -> None:
        """Read the orders that have come; the end of the socket is the order to end."""
        try:
            received = self.control.recv(1 << 16)
        except OSError:
            received = b""
        if not received:
            self.leave()
            return
        *lines, self.pending = (self.pending + received).split(b"\n")
        for line in lines:
            self.obey(json.loads(line))

    def obey(self, order: dict[str, Any]) -> None:
        """Carry out one order."""
        verb, child = order["op"], self.children.get(order.get("name", ""))
        if verb == "start":
            self.start(order)
        elif verb == "end":
            self.leave()
        elif child is not None and verb == "stop":
            child.ask_to_stop()
        elif child is not None and verb == "signal":
            signal_group(child.process.pid, order["signal"])

    def leave(self) -> None:
        """Hear no more orders; run() then stops everything."""
        self.ended = True
        with contextlib.suppress(KeyError):
            self.selector.unregister(self.control)

    def start(self, order: dict[str, Any]) -> None:
        """Start one program in a session of its own, its output appended to its log."""
        name = order["name"]
        try:
            with Path(order["log"]).open("ab") as log:
                process = subprocess.Popen(
                    order["argv"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=order["cwd"],
                    env=order["env"],
                    start_new_session=True,
                    # Safe here: this process has one thread.
                    preexec_fn=lambda: self.die_with_warden(order["orphan_signal"]),  # noqa: PLW1509
                )
        except (OSError, subprocess.SubprocessError) as error:
            self.tell(event="failed", name=name, error=str(error))
            return
        self.children[name] = Child(name, process, order)
        self.tell(event="started", name=name, pid=process.pid)

    def die_with_warden(self, orphan_signal: int) -> None:
        """In the child, before exec: ask the kernel for a signal when the warden is gone."""
        if self.libc is not None:
            self.libc.prctl(_PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0)

    def reap(self) -> None:
        """Collect the dead: our own are reported, adopted orphans only buried."""
        by_pid = {child.process.pid: child for child in self.children.values()}
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            child = by_pid.get(found.si_pid)
            if child is None:
                os.waitpid(found.si_pid, 0)
                continue
            # While the leader is unburied its group number cannot belong to anyone else.
            signal_group(found.si_pid, signal.SIGKILL)
            code = child.process.wait()
            del self.children[child.name]
            self.tell(event="exited", name=child.name, pid=found.si_pid, code=code)

    def end_strays(self) -> None:
        """Kill what our programs left behind in other sessions, and wait for it."""
        until = time.monotonic() + _LAST_WAIT_SECONDS
        while (strays := own_children()) and time.monotonic() < until:
            for pid in strays:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.wait(0.1)

    def tell(self, **event: object) -> None:
        """Report to the supervisor, if it still listens."""
        with contextlib.suppress(OSError):
            self.control.sendall(json.dumps(event).encode() + b"\n")


def signal_group(leader: int, number: int) -> None:
    """Signal the process group led by ``leader``; a group already gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def own_children() -> list[int]:
    """The living or unburied children of this process; empty where the system cannot say."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(pid) for pid in listed.split()]


if __name__ == "__main__":
    Warden(socket.socket(fileno=int(sys.argv[1]))).run()
