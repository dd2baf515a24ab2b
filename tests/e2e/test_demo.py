"""`lianhe demo` as a person runs it: exit codes, the summary's keys, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.demonstration.console_door import Clerk
from infra.demonstration.officers import Login
from infra.supervisor import Supervisor
from tests.e2e.running import NO_POOL, PROVEN
from tests.infra.waiting import until
from tests.support.county_files import copy_of, set_cell

KEYS = {
    "county", "profile", "cooperatives", "groups", "managers", "households", "fund_fen",
    "fund_by_source_fen", "loans_count", "loans_fen", "poor_loans_count", "poor_loans_fen",
    "repaid_fen", "due_fen", "due_recovery_percent", "intercoop_loans",
    "intercoop_lent_fen", "intercoop_borrowed_fen", "intercoop_consolidated_fen", "packages",
    "nights",
    "entries", "proofs", "published", "seconds", "seconds_by_phase",
}  # fmt: skip
"""What design.md section 6 promises to scripts."""
NO_LENDING = {"I10", "I12"}
"""Proofs about loans between villages: there are none in two_villages."""
SECONDS = 240
SERVING = "Ctrl-C"
"""Said last, once everything is shown."""
TO_THE_FIRST_PACKAGES = "27"
"""Played dates of the pool's county by which its first two packages have left."""


def demo(folder: Path, *options: str) -> tuple[int, str]:
    """Run the command with its temporary files in ``folder``; exit code and what it printed."""
    own = {"TMPDIR": str(folder), "COLUMNS": "160", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "lianhe", "demo", *options],
        capture_output=True, text=True, check=False, timeout=SECONDS, env={**os.environ, **own},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def still_working_in(folder: Path) -> list[str]:
    """Command lines of processes that name the folder or work in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in told or str((entry / "cwd").readlink()).startswith(str(folder)):
                found.append(told)
        except OSError:
            continue
    return found


def read(summary: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return told


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def test_demo_of_a_county_exits_0_proves_everything_and_leaves_nothing(
    tmp_path: Path, temporary: Path
) -> None:
    summary = tmp_path / "summary.json"
    code, printed = demo(temporary, "--county", "two_villages", "--summary", str(summary))
    assert code == 0, printed
    told = read(summary)
    assert told.keys() >= KEYS
    proofs = {row["name"]: row for row in told["proofs"]}
    assert proofs.keys() == PROVEN
    assert {name: row["failed"] for name, row in proofs.items() if row["failed"]} == {}
    assert {name for name, row in proofs.items() if not row["checked"]} == NO_LENDING | NO_POOL
    assert all(row["equal"] for row in told["published"])
    assert told["published"]
    assert not told["partial"]
    assert told["fund_fen"] == sum(told["fund_by_source_fen"].values()) == 103_000_00
    assert "everything holds" in printed
    assert list(temporary.iterdir()) == []
    assert still_working_in(tmp_path) == []


def test_demo_of_some_days_is_partial_and_serves_whom_it_shows_until_ctrl_c(
    tmp_path: Path, temporary: Path
) -> None:
    summary, told = tmp_path / "summary.json", tmp_path / "told"
    own = {"TMPDIR": str(temporary), "COLUMNS": "160", "PYTHONPATH": os.pathsep.join(sys.path)}
    with told.open("wb") as printed:
        serving = subprocess.Popen(
            [sys.executable, "-m", "lianhe", "demo", "--county", "two_villages", "--days", "3",
             "--serve", "--summary", str(summary)],
            stdout=printed, stderr=printed, cwd=tmp_path, env={**os.environ, **own},
            start_new_session=True,
        )  # fmt: skip
    try:
        end = time.monotonic() + SECONDS
        while SERVING not in told.read_text("utf-8") and serving.poll() is None:
            assert time.monotonic() < end, told.read_text("utf-8")
            with suppress(subprocess.TimeoutExpired):
                serving.wait(0.2)
        said = told.read_text("utf-8")
        console = re.search(r"(http://\S+)/console", said)
        shown = re.search(r"(federation\.maker) *│ (\S+) ", said)
        village = re.search(r"village nodes: (http://\S+)/", said)
        assert console, said
        assert shown, said
        assert village, said
        login = Login(name="", user=shown[1], password=shown[2], roles=())
        clerk = Clerk(console[1], login)
        with clerk.http:
            assert clerk.open("/me").path == "/console/me"
        assert "东村互助社" in httpx.get(f"{village[1]}/").text
    finally:
        serving.send_signal(signal.SIGINT)
    assert serving.wait(SECONDS) == 0
    result = read(summary)
    assert (result["partial"], result["nights"]) == (True, 3)
    assert "partial" in said
    assert list(temporary.iterdir()) == []
    assert still_working_in(tmp_path) == []


def test_a_kept_package_is_proven_by_the_stand_alone_verifier_and_the_paper_fingerprint(
    tmp_path: Path, temporary: Path
) -> None:
    """What `lianhe demo --keep` leaves is what a bank gets; one byte changed is found."""
    kept, verifier = tmp_path / "kept", tmp_path / "lianhe-verify.pyz"
    code, printed = demo(
        temporary, "--county", "ningxia-pool", "--days", TO_THE_FIRST_PACKAGES, "--keep", str(kept)
    )
    assert code == 0, printed
    left = sorted((kept / "packages").glob("*.zip"))
    assert [path.name for path in left] == [
        "guarantee-package-package-hy-p1.zip", "guarantee-package-package-jj-p1.zip",
        "guarantee-package-package-sh-p1.zip",
    ]  # fmt: skip
    told = run("-m", "lianhe", "federation", "certificate", "--data", str(kept))[1]
    fingerprint = told.strip()
    assert run("-m", "lianhe", "verify", "--make-zipapp", str(verifier))[0] == 0
    alone = ("-I", "-S", str(verifier))
    for path in left:
        code, said = run(*alone, str(path), "--fingerprint", fingerprint)
        assert (code, "TRUE" in said) == (0, True), said
    body = bytearray(left[0].read_bytes())
    body[len(body) // 2] ^= 1
    left[0].write_bytes(bytes(body))
    code, said = run(*alone, str(left[0]), "--fingerprint", fingerprint)
    assert (code, "FALSE" in said) == (1, True), said


def test_ctrl_c_ends_both_counties_and_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    own = {"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    with (tmp_path / "told").open("wb") as told:
        playing = subprocess.Popen(
            [sys.executable, "-m", "lianhe", "demo"], stdout=told, stderr=told, cwd=tmp_path,
            env={**os.environ, **own}, start_new_session=True,
        )  # fmt: skip
        try:
            own_county, beside = (
                "lianhe-demo-*/postgres/data",
                "lianhe-demo-*/lianhe-demo-*/postgres",
            )
            until(lambda: any(temporary.glob(own_county)) and any(temporary.glob(beside)))
        finally:
            playing.send_signal(signal.SIGINT)
        assert playing.wait(SECONDS) != 0
    until(lambda: still_working_in(tmp_path) == [])
    assert list(temporary.iterdir()) == []


def run(*arguments: str) -> tuple[int, str]:
    """Run Python with these arguments; exit code and what it printed."""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, check=False, timeout=SECONDS, env={**os.environ, **path},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_demo_of_a_broken_directory_exits_2_with_every_error(
    tmp_path: Path, temporary: Path
) -> None:
    county = copy_of("two_villages", tmp_path)
    set_cell(county, "loans.csv", 2, "amount", "many")
    set_cell(county, "members.csv", 3, "share", "-1")
    set_cell(county, "posts.csv", 2, "cooperative", "nowhere")
    code, printed = demo(temporary, "--county", str(county))
    assert code == 2, printed
    for place in ("loans.csv", "members.csv", "posts.csv"):
        assert place in printed
    assert "Traceback" not in printed
    assert list(temporary.iterdir()) == []


def test_a_folder_in_use_is_seen_by_the_test_that_looks_for_processes(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        waits = [sys.executable, "-c", "import signal; signal.pause()", str(tmp_path)]
        supervisor.start("waits", waits, ready=lambda: bool(still_working_in(tmp_path)))
    assert still_working_in(tmp_path) == []
