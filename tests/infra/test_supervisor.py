"""The supervisor with real processes: nothing outlives its owner."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.ports import free_port
from infra.program import DataDirectoryInUse, ProgramFailed, SupervisorError
from infra.supervisor import Supervisor
from tests.infra.waiting import gone, port_answers, until

# A server that leaves a grandchild in its own session behind, as a web server's workers may.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                         start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""

OWNER = """
import os, sys, time
from pathlib import Path
from infra.supervisor import Supervisor
with Supervisor(Path(sys.argv[1])) as supervisor:
    for name in ("first", "second"):
        program = [sys.executable, "-c", "import time; time.sleep(600)"]
        supervisor.start(name, program, grace=1.0)
    print(supervisor.pid("first"), supervisor.pid("second"), flush=True)
    {ending}
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


def listener(port: int) -> list[str]:
    return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]


def own(datadir: Path, ending: str) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a process that owns two programs; return it and their ids."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(ending=ending), str(datadir)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    with owner.stdout:
        return owner, [int(pid) for pid in owner.stdout.readline().split()]


def test_a_program_is_started_when_its_readiness_check_says_so(tmp_path: Path) -> None:
    port = free_port()
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start("web", listener(port), ready=lambda: port_answers(port))
        assert port_answers(port)
        assert supervisor.alive("web")
        assert supervisor.pid("web") == pid
        supervisor.check()
    assert gone(pid)
    assert not port_answers(port)


def test_output_goes_to_a_log_file_per_program(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("talker", python("print('你好', flush=True)"))
        until(lambda: not supervisor.alive("talker"))
        assert supervisor.log("talker") == tmp_path / "log" / "talker.log"
        assert supervisor.log("talker").read_text(encoding="utf-8") == "你好\n"


def test_a_program_that_ends_before_it_is_ready_is_named_with_its_last_words(
    tmp_path: Path,
) -> None:
    with (
        Supervisor(tmp_path) as supervisor,
        pytest.raises(ProgramFailed, match=r"(?s)broken ended before.*exit code 3.*no such book"),
    ):
        supervisor.start(
            "broken", python("print('no such book'); raise SystemExit(3)"), ready=lambda: False
        )


def test_a_program_that_never_becomes_ready_is_ended(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        with pytest.raises(ProgramFailed, match="did not become ready"):
            supervisor.start(
                "slow", python("import time; time.sleep(600)"), ready=lambda: False, patience=0.2
            )
        assert not supervisor.alive("slow")


def test_a_program_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor, pytest.raises(ProgramFailed, match="No such file"):
        supervisor.start("ghost", [tmp_path / "ghost"])


def test_a_program_that_ended_by_itself_is_noticed(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("brief", python("pass"))
        until(lambda: not supervisor.alive("brief"))
        with pytest.raises(ProgramFailed, match=r"brief ended by itself \(exit code 0\)"):
            supervisor.check()


def test_a_killed_program_starts_again_only_on_request(tmp_path: Path) -> None:
    port = free_port()
    with Supervisor(tmp_path) as supervisor:
        first = supervisor.start("web", listener(port), ready=lambda: port_answers(port))
        supervisor.kill("web")
        assert gone(first)
        assert not port_answers(port)
        second = supervisor.restart("web")
        assert second != first
        assert port_answers(port)


def test_a_stopped_program_can_be_frozen_and_still_ends(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start("frozen", python("import time; time.sleep(600)"))
        supervisor.kill("frozen", signal.SIGSTOP)
        assert supervisor.stop_one("frozen") == -signal.SIGTERM
    assert gone(pid)


def test_a_stubborn_program_and_what_it_started_end_with_the_supervisor(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start("stubborn", python(STUBBORN), grace=0.2)
        until(lambda: supervisor.log("stubborn").read_text(encoding="ascii").endswith("\n"))
        grandchild = int(supervisor.log("stubborn").read_text(encoding="ascii"))
    assert gone(pid)
    assert gone(grandchild)


def test_programs_stop_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    said = tmp_path / "said"
    code = """
    import signal, sys, time
    def end(*_):
        with open(sys.argv[1], "a") as said: said.write(sys.argv[2] + " ")
        sys.exit()
    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    while True: time.sleep(600)
    """
    with Supervisor(tmp_path / "data") as supervisor:
        for name in ("database", "worker", "console"):
            supervisor.start(
                name,
                [*python(code), str(said), name],
                ready=lambda name=name: supervisor.log(name).stat().st_size > 0,  # type: ignore[misc]
            )
    assert said.read_text(encoding="ascii").split() == ["console", "worker", "database"]


def test_one_data_directory_has_one_supervisor(tmp_path: Path) -> None:
    with Supervisor(tmp_path), pytest.raises(DataDirectoryInUse):
        Supervisor(tmp_path).__enter__()
    with Supervisor(tmp_path):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["log"]


def test_a_stopped_supervisor_takes_no_orders(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pass
    with pytest.raises(SupervisorError):
        supervisor.start("late", python("pass"))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGINT, -signal.SIGINT),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_no_program_outlives_a_signal_to_its_owner(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    owner, pids = own(tmp_path, "time.sleep(600)")
    owner.send_signal(number)
    assert owner.wait(30) == code
    until(lambda: all(map(gone, pids)))
    with Supervisor(tmp_path):
        pass  # the data directory is free again


def test_no_program_outlives_the_crash_of_its_owner(tmp_path: Path) -> None:
    owner, pids = own(tmp_path, "os._exit(7)")
    assert owner.wait(30) == 7
    until(lambda: all(map(gone, pids)))


def test_no_program_outlives_a_killed_warden(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        pid = supervisor.start("orphan", python("import time; time.sleep(600)"))
        assert supervisor._warden is not None
        os.kill(supervisor._warden.pid, signal.SIGKILL)
        until(lambda: gone(pid))
        until(lambda: not supervisor.alive("orphan"))


def test_a_restart_runs_the_preparation_again(tmp_path: Path) -> None:
    prepared: list[str] = []
    before: Callable[[], None] = lambda: prepared.append("once")  # noqa: E731
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("job", python("import time; time.sleep(600)"), before=before)
        supervisor.restart("job")
    assert prepared == ["once", "once"]
