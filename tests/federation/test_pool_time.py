"""What days and grades do to a package and a pool by themselves (P6.4, R-087)."""

from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.rules_escalation import called, late_days
from services.federation.cases import agreements, findings, packages
from tests.federation.life import CPO, STAFF
from tests.federation.pool_life import BANK, CHECKER, PoolLife
from tests.support.village import fen

PACKAGE_DAYS = {"package.sign_days": 2, "package.send_days": 2, "package.answer_days": 2}
LOAN = fen("10000.00")


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> PoolLife:
    """E1's agreement with 20,000 staked: a line of 100,000, and two applications of 10,000."""
    found = PoolLife(county_engine, tmp_path, "baiguo", **PACKAGE_DAYS)
    village = found.villages["baiguo"].elected().joined(share="100000.00")
    found.agreement(village)
    found.staked(village, "20000.00")
    for number in (1, 2):
        found.cleared(village, number, "10000.00")
    return found


def line(life: PoolLife) -> tuple[int, int]:
    """What of the village's line is free, and what is reserved (fen)."""
    found = life.totals("K-baiguo", "903", "9041")
    return found["903"], found["9041"]


def until(life: PoolLife, state: str, package: str = "package-baiguo-1") -> None:
    """Close days until the package's own deadline has passed; it must end in ``state``."""
    due = life.case(package).due
    assert due is not None
    while life.today <= due:
        life.everyone_closes()
    assert life.case(package).state == state


def test_p64_a_package_nobody_signs_lapses_and_its_lines_may_stand_in_another(
    life: PoolLife,
) -> None:
    village, names = life.villages["baiguo"], ("bank_loan-baiguo-001", "bank_loan-baiguo-002")
    life.drafted(village, *names)
    assert line(life) == (fen("80000.00"), 2 * LOAN)
    with pytest.raises(packages.LinesRefused) as refused:
        life.drafted(village, *names, number=2)
    assert {one.code for one in refused.value.refusals.values()} == {"BORROWER_TWICE"}
    assert line(life) == (fen("80000.00"), 2 * LOAN)
    until(life, "lapsed")
    assert line(life) == (fen("100000.00"), 0)
    assert life.drafted(village, *names, number=2).state == "drafting"
    assert line(life) == (fen("80000.00"), 2 * LOAN)
    life.prove_lines()


def test_p64_council_or_county_declines_a_package_and_its_lines_are_free_again(
    life: PoolLife,
) -> None:
    village, names = life.villages["baiguo"], ("bank_loan-baiguo-001", "bank_loan-baiguo-002")
    first = life.drafted(village, names[0])
    village.synchronise()
    life.voice(village, first.id, "package", "decline", "council", by=("chair", "accountant"))
    village.synchronise()
    assert (life.case(first.id).state, line(life)) == ("declined", (fen("100000.00"), 0))
    second = life.drafted(village, *names, number=2)
    with life.engine.begin() as conn:
        packages.drop(conn, life.county.world, second, "decline", CPO, "名单须重议")
    assert (life.case(second.id).state, line(life)) == ("declined", (fen("100000.00"), 0))


def test_p64_a_package_not_sent_in_its_days_is_called_for_and_may_be_withdrawn(
    life: PoolLife,
) -> None:
    approved = life.approved(life.villages["baiguo"], "bank_loan-baiguo-001")
    until(life, "approved")
    called = life.case(approved.id)
    assert called.step == approved.step + 1
    assert called.due is not None
    assert approved.due is not None
    assert called.due > approved.due
    with life.engine.begin() as conn:
        packages.drop(conn, life.county.world, called, "withdraw", STAFF, "不再办理")
    assert (life.case(approved.id).state, line(life)) == ("withdrawn", (fen("100000.00"), 0))


def test_an_escalation_names_the_next_office_in_a_finding_until_the_case_moves_on(
    life: PoolLife,
) -> None:
    approved = life.approved(life.villages["baiguo"], "bank_loan-baiguo-001")
    assert not [one for one in life.findings() if one.startswith("escalated")]
    first_due = approved.due
    assert first_due is not None
    offices = []
    for _ in range(4):
        until(life, "approved")
        assert life.findings() == ["escalated:package-baiguo-1"], "one at a time"
        found = escalated(life)
        assert found.due is not None, "with a clock of its own"
        assert found.terms["in_state"] == "approved"
        assert "staff@federation" in found.terms["waits_for"]
        offices.append(found.terms["owner"])
    ladder = ["staff@federation", "cpo@federation", "leading_group@federation"]
    assert offices == [*ladder, "leading_group@federation"]
    told = life.case("package-baiguo-1").terms["escalation"]
    assert (told["times"], told["since"]) == (4, first_due.isoformat())
    late = late_days(life.case("package-baiguo-1"), life.today)
    assert late == (life.today - first_due).days > 0
    with life.engine.begin() as conn:
        packages.drop(
            conn, life.county.world, life.case("package-baiguo-1"), "withdraw", STAFF, "不再办理"
        )
    life.everyone_closes()
    assert life.findings() == []


def test_a_finding_nobody_takes_on_names_the_next_office_too(life: PoolLife) -> None:
    with life.engine.begin() as conn:
        opened = findings.open_once(conn, life.county, "book_waits", "N-baiguo")
    assert opened.terms["owner"] == "staff@federation"
    with pytest.raises(Rejected) as early, life.engine.begin() as conn:
        findings.own(conn, life.county, opened.id, CPO)
    assert early.value.code is RejectionCode.ROLE_NOT_ALLOWED, "nobody has called the office yet"
    until(life, "opened", opened.id)
    assert called(life.case(opened.id))["office"] == "cpo@federation"
    with life.engine.begin() as conn:
        findings.own(conn, life.county, opened.id, CPO)
    assert life.case(opened.id).state == "owned"


def test_a_call_begins_anew_when_the_case_enters_another_state(life: PoolLife) -> None:
    approved = life.approved(life.villages["baiguo"], "bank_loan-baiguo-001")
    until(life, "approved")
    once = life.case(approved.id)
    assert called(once)["times"] == 1
    assert called(msgspec.structs.replace(once, state="sent")) == {}
    assert late_days(msgspec.structs.replace(once, state="sent", due=None), life.today) == 0


def escalated(life: PoolLife) -> Case:
    """The one live finding of an escalation."""
    with life.engine.connect() as conn:
        found = findings.live(conn, "escalated", "package-baiguo-1")
    assert found is not None
    return found


def test_p64_what_the_bank_leaves_unanswered_expires_and_what_it_accepted_stands(
    life: PoolLife,
) -> None:
    names = ("bank_loan-baiguo-001", "bank_loan-baiguo-002")
    sent = life.package(life.villages["baiguo"], *names)
    with life.engine.begin() as conn:
        packages.answer(conn, life.county.world, sent, "1", "accept", BANK, CHECKER)
    until(life, "expired")
    with life.engine.connect() as conn:
        states = [one.state for one in packages.lines_of(conn, sent.id)]
    assert states == ["accepted", "released"]
    assert line(life) == (fen("90000.00"), LOAN)
    life.prove_lines()


def test_r087_a_downgrade_takes_the_line_at_once_and_what_runs_runs_off(life: PoolLife) -> None:
    village = life.villages["baiguo"]
    sent = life.package(village, "bank_loan-baiguo-001")
    life.paid_out(sent, "1")

    def told(grade: str) -> str:
        with life.engine.begin() as conn:
            agreements.tell_grade(conn, life.county, "baiguo", grade, "县扶贫办 2017 年度评级")
        return life.case("agreement-baiguo-1").state

    assert told("B") == "open"
    assert line(life) == (fen("90000.00"), 0)
    assert told("C") == "suspended"
    # No night has passed: the free line is gone, the running loan is over-use that runs off.
    assert life.totals("K-baiguo", "903", "904", "9039") == {"903": 0, "904": LOAN, "9039": LOAN}
    life.prove_lines()
    with pytest.raises(packages.LinesRefused) as refused:
        life.drafted(village, "bank_loan-baiguo-002", number=2)
    assert {one.code for one in refused.value.refusals.values()} == {"AGREEMENT_NOT_OPEN"}
    assert told("A") == "suspended", "lending goes on by a case of its own"
    with pytest.raises(Rejected, match="COOPERATIVE_UNKNOWN"), life.engine.begin() as conn:
        agreements.tell_grade(conn, life.county, "nowhere", "A", "-")
