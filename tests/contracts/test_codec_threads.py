"""Threads that decode at once: what msgspec learns lazily is learned before the first of them."""

import signal
import subprocess
import sys

_PROGRAM = """
import sys, threading
sys.setswitchinterval(1e-6)
import msgspec
from contracts.codec import decode, learn_types

WIDE = 40
def family(name):
    below = None
    for number in range(8):
        fields = [(f"f{n}", int, 0) for n in range(WIDE)]
        if below is not None:
            fields.append(("below", below | None, None))
        below = msgspec.defstruct(f"{name}{number}", fields)
    return below

families = [family(f"Kind{n}x") for n in range(60)]
if sys.argv[1] == "learned":
    assert learn_types() >= 480
for kind in families:
    gate = threading.Barrier(6)
    def asks():
        gate.wait()
        decode(b'{"f1":1,"below":{"f2":2,"below":{"f3":3}}}', kind)
    threads = [threading.Thread(target=asks) for _ in range(6)]
    [one.start() for one in threads]
    [one.join() for one in threads]
"""


def _status(how: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM, how], check=False, timeout=60, capture_output=True
    )
    return told.returncode


def test_six_threads_that_ask_first_at_once_are_all_answered() -> None:
    assert [_status("learned") for _ in range(3)] == [0, 0, 0]


def test_without_it_the_process_ends() -> None:
    """The day this fails msgspec has mended it, and ``learn_types`` can go."""
    assert _status("not learned") == -signal.SIGSEGV
