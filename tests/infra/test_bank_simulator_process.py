"""The bank as a process: it knows only folders, may be killed at any moment, and ends cleanly."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.bank_simulator.bank import Bank
from infra.bank_simulator.orders import CloseDay, Fail, FaultKind, Order, Repay, encode_order
from infra.bank_simulator.queries import Books
from infra.bank_simulator.spool import BOOKS, LOCK, ORDERS, READY, REFUSED
from infra.bank_simulator.tables import open_books
from services.federation.bank_files.exchange import FROM_BANK, TAKEN, TO_BANK, put, waiting
from services.federation.bank_files.payment_file import write_pain001
from tests.infra.bank_world import (
    BAIGUO,
    DAY,
    ZHANG,
    a_file,
    a_line,
    day,
    founding,
    messages,
    statements,
)
from tests.infra.waiting import until

COMMAND = [sys.executable, "-u", "-m", "infra.bank_simulator"]


@contextmanager
def running(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A bank process; killed at the end if the test did not end it."""
    command = [*COMMAND, "--dir", str(folder), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def is_ready(folder: Path, process: subprocess.Popen[str]) -> bool:
    """A killed bank leaves its note behind, so the note must name this process."""
    try:
        return bool(json.loads((folder / READY).read_bytes()) == {"pid": process.pid})
    except FileNotFoundError:
        return False


def once(folder: Path) -> str:
    """Let a bank do what lies there; what it said."""
    done = subprocess.run(
        [*COMMAND, "--dir", str(folder), "--once"], capture_output=True, text=True, check=True
    )
    return done.stdout


def drop(folder: Path, number: int, order: Order) -> None:
    put(folder / ORDERS, f"{number:06d}.json", encode_order(order))


def books(folder: Path) -> Books:
    bank = Bank(open_books(str(folder / BOOKS)))
    try:
        return bank.books()
    finally:
        bank.close()


def a_busy_week(folder: Path) -> None:
    """Everything a bank meets, lying in its folders before it opens."""
    orders: list[Order] = [
        *founding(),
        Fail(id="f1", fault=FaultKind.DELAY, reference="pay_1_1"),
        Fail(id="f2", fault=FaultKind.RETURN, reference="pay_2_0", days=2),
        Fail(id="f3", fault=FaultKind.LATE_LINE, reference="pay_3_0"),
        Fail(id="f4", fault=FaultKind.DOUBLE_FILE, file="camt.053"),
        Repay(id="r1", card=ZHANG, sub_account=BAIGUO, amount_fen=123, notify=True),
        *(CloseDay(id=f"close-{n}", on=day(n)) for n in range(5)),
    ]
    for number, order in enumerate(orders):
        drop(folder, number, order)
    for n in range(6):
        lines = [a_line(f"pay_{n}_{k}", 1_000 + k) for k in range(3)]
        body = write_pain001(a_file(*lines, file_id=f"F{n}", created_on=DAY))
        put(folder / TO_BANK, f"F{n}.xml", body)
    put(folder / TO_BANK, "F2-again.xml", (folder / TO_BANK / "F2.xml").read_bytes())


def outcome(folder: Path) -> tuple[Books, list[tuple[str, bytes]]]:
    """The bank's books and every byte it gave the county."""
    return books(folder), [(p.name, p.read_bytes()) for p in waiting(folder / FROM_BANK)]


def test_a_bank_serves_its_folders_and_leaves_nothing_running(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        until(lambda: is_ready(tmp_path, process))
        for number, order in enumerate(founding()):
            drop(tmp_path, number, order)
        until(lambda: not waiting(tmp_path / ORDERS))
        put(tmp_path / TO_BANK, "F1.xml", write_pain001(a_file()))
        until(lambda: len(waiting(tmp_path / FROM_BANK)) == 1)
        drop(tmp_path, 90, CloseDay(id="c", on=DAY))
        until(lambda: len(waiting(tmp_path / FROM_BANK)) == 2)
        until(lambda: not waiting(tmp_path / ORDERS))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    bodies = [path.read_bytes() for path in waiting(tmp_path / FROM_BANK)]
    assert statements(*bodies)[0].lines[-1].reference == "pay_1"
    assert not (tmp_path / READY).exists()
    assert not (tmp_path / LOCK).exists()
    assert [path.name for path in waiting(tmp_path / TO_BANK / TAKEN)] == ["F1.xml"]


def test_a_bank_killed_after_every_step_ends_with_the_same_books(tmp_path: Path) -> None:
    """Kill -9 after its 1st, 2nd, … reported step; the next start goes on where it was."""
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    a_busy_week(undisturbed)
    steps = once(undisturbed).splitlines()
    a_busy_week(killed)
    kills = 0
    while waiting(killed / ORDERS) or waiting(killed / TO_BANK):
        with running(killed, "--once") as process:
            assert process.stdout is not None
            # A longer life each time: from death at the first word to five steps.
            for _ in range(1 + kills % 5):
                process.stdout.readline()
            process.kill()
        kills += 1
        assert kills < 60
    once(killed)
    assert kills >= 5
    assert len(steps) > 30
    assert outcome(killed) == outcome(undisturbed)


def test_answers_committed_but_not_put_out_are_put_out_at_the_next_start(tmp_path: Path) -> None:
    """The moment between the commit and the rename, made by hand."""
    bank = Bank(open_books(str(tmp_path / BOOKS)))
    for order in founding():
        bank.order(order)
    (out,) = bank.receive(write_pain001(a_file()))
    bank.close()
    assert "sent" in once(tmp_path)
    (path,) = waiting(tmp_path / FROM_BANK)
    assert (path.name, path.read_bytes()) == (out.name, out.body)
    assert once(tmp_path) == ""


def test_the_lock_of_a_killed_bank_holds_nobody_up(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        until(lambda: is_ready(tmp_path, process))
        process.kill()
    assert (tmp_path / LOCK).exists()
    with running(tmp_path) as process:
        until(lambda: is_ready(tmp_path, process))


def test_a_folder_has_one_bank(tmp_path: Path) -> None:
    command = [*COMMAND, "--dir", str(tmp_path), "--once"]
    with running(tmp_path) as process:
        until(lambda: is_ready(tmp_path, process))
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "another bank" in second.stderr
        assert is_ready(tmp_path, process)
        assert (tmp_path / LOCK).exists()


def test_files_lying_there_are_paid_before_the_day_is_closed(tmp_path: Path) -> None:
    for number, order in enumerate([*founding(), CloseDay(id="c", on=DAY)]):
        drop(tmp_path, number, order)
    put(tmp_path / TO_BANK, "F1.xml", write_pain001(a_file()))
    once(tmp_path)
    (statement,) = statements(*[p.read_bytes() for p in waiting(tmp_path / FROM_BANK)])
    assert statement.lines[-1].reference == "pay_1"


def test_an_order_that_cannot_happen_is_put_aside_with_the_reason(tmp_path: Path) -> None:
    put(tmp_path / ORDERS, "1.json", b"{")
    drop(tmp_path, 2, CloseDay(id="c", on=DAY))
    assert "refused 1.json" in once(tmp_path)
    assert sorted(path.name for path in (tmp_path / ORDERS / REFUSED).iterdir()) == [
        "1.json",
        "1.json.txt",
    ]
    assert books(tmp_path).closed == DAY


def test_orders_are_given_by_hand(tmp_path: Path) -> None:
    def order(*words: str, id: str) -> subprocess.CompletedProcess[str]:  # noqa: A002
        command = [*COMMAND, "order", "--dir", str(tmp_path), "--id", id, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    subs = json.dumps([{"number": BAIGUO, "name": "白果村"}], ensure_ascii=False)
    given = [
        order(
            "open_account",
            *("account=62001", "name=专户", "unallocated=62001-00", f"sub_accounts={subs}"),
            "on=2010-01-04",
            id="1",
        ),
        order(
            "credit",
            *(f"sub_account={BAIGUO}", "amount=750000.00", "payer_name=县财政局"),
            *("payer_account=010001", "text=拨款", "notify=true"),
            id="2",
        ),
        order("close_day", "on=2010-01-04", id="3"),
    ]
    assert [done.returncode for done in given] == [0, 0, 0]
    wrong = order("credit", "amount=1.005", id="4")
    assert wrong.returncode == 1
    assert not list(tmp_path.glob("orders/4*"))
    once(tmp_path)
    told = messages(*[path.read_bytes() for path in waiting(tmp_path / FROM_BANK)])
    assert [type(message).__name__ for message in told] == ["Notification", "Statement"]
    assert books(tmp_path).sub_accounts[BAIGUO] == 75_000_000


@pytest.mark.parametrize("words", [[], ["--once"]])
def test_a_bank_without_a_folder_says_so(words: list[str]) -> None:
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--dir" in done.stderr
