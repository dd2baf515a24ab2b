"""A guarantee's life told by messages, on a real database: answered, demanded, refused, taken.

What stands between bytes and acts is translation.py; the rules that decide are the kernel's.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from contracts.rejections import RejectionCode
from kernel.calendar import months_after
from kernel.claims import PAPERS as CLAIM_PAPERS
from kernel.errors import Rejected
from services.federation.guarantee_messages.exchange import (
    read_guarantee_message,
    write_guarantee_message,
)
from services.federation.guarantee_messages.layouts import GuaranteeKind
from services.federation.guarantee_messages.messages import (
    About,
    Answer,
    Demand,
    DemandRefusal,
    Enclosure,
    Format,
    Party,
    Reason,
    Status,
)
from services.federation.guarantee_messages.translation import (
    PAPERS,
    acceptance_of,
    guarantees_of,
    line_answer,
    notice_facts,
    refusal_of,
)
from tests.federation.guarantee_builders import an_answer_to_an_amendment
from tests.packages import samples
from tests.support.pool import BANK, MANIFEST, PoolVillage
from tests.support.village import fen

UNION = Party(id="union", name="联合社")
TWENTY = fen("20_000.00")


@pytest.fixture
def village(county_engine: sa.Engine) -> Iterator[PoolVillage]:
    with county_engine.connect() as conn, conn.begin():
        village = PoolVillage(conn).founded()
        village.fund("300_000.00")
        yield village.e1()


def status(guarantee: str, answer: Answer, *reasons: Reason) -> bytes:
    return write_guarantee_message(
        Status(
            sender=Party(id=BANK, name="农商行"),
            guarantee_id=guarantee,
            issuer=UNION,
            about=About.ISSUE,
            answer=answer,
            reasons=reasons,
        )
    )


def demand(guarantee: str, on: date, **changes: Any) -> Demand:
    """What the bank demands, through bytes and back."""
    papers = [
        Enclosure(kind=kind, file_id=f"{kind}.pdf", format=Format.PDF, content=kind.encode())
        for kind in PAPERS
    ]
    facts: dict[str, Any] = {
        "demand_id": "DC-1", "guarantee_id": guarantee, "issuer": UNION, "presented_on": on,
        "amount_fen": TWENTY, "interest_fen": 12_345, "package_digest": MANIFEST,
        "narrative": "逾期九十日。", "enclosures": tuple(papers),
    }  # fmt: skip
    message = read_guarantee_message(write_guarantee_message(Demand(**{**facts, **changes})))
    assert isinstance(message, Demand)
    return message


def answered(village: PoolVillage, body: bytes) -> str:
    """The bank's status performed on its line; the line's state after it."""
    message = read_guarantee_message(body)
    assert isinstance(message, Status)
    answer = line_answer(message)
    facts = {"bank": BANK} | ({"reason": answer.reason} if answer.reason else {})
    done = village.act(f"guarantee.{answer.act}", answer.guarantee, "checker@bank", facts)
    return done.case.state


def sent(village: PoolVillage, number: int = 1) -> str:
    guarantee = village.reserve(number, "20_000.00")
    village.act("guarantee.send", guarantee, "system:package", {"manifest": MANIFEST})
    return guarantee


def test_a_bank_answers_its_lines_by_status_messages(village: PoolVillage) -> None:
    taken, refused, later = sent(village, 1), sent(village, 2), sent(village, 3)
    condition = Reason(code="CONDITION", text="补交身份证明。 An ID proof is wanted.")
    assert answered(village, status(later, Answer.ACCEPTED, condition)) == "conditioned"
    heard = read_guarantee_message(status(later, Answer.ACCEPTED, condition))
    assert isinstance(heard, Status)
    assert line_answer(heard).reason == "CONDITION 补交身份证明。 An ID proof is wanted."
    assert answered(village, status(taken, Answer.ACCEPTED)) == "accepted"
    assert answered(village, status(refused, Answer.REJECTED, Reason(code="OTHER"))) == "refused"
    assert village.held("9041") == 2 * TWENTY


def test_a_status_about_something_else_answers_no_line() -> None:
    for message in (
        an_answer_to_an_amendment(),
        msgspec.structs.replace(an_answer_to_an_amendment(), about=About.ISSUE,
                                answer=Answer.WITHDRAWN),
    ):  # fmt: skip
        with pytest.raises(Rejected) as refused:
            line_answer(message)
        assert refused.value.code is RejectionCode.FACTS_INVALID


def test_a_demand_is_a_notice_and_a_second_one_a_refusal_message(village: PoolVillage) -> None:
    guarantee = village.running(1, "20_000.00")
    since = village.today
    early = demand(guarantee, village.today)
    assert refused_by(village, early) == [RejectionCode.CLAIM_WITHOUT_ARREARS]
    village.forward(since + timedelta(days=1))
    since = village.today
    village.act("guarantee.arrears", guarantee, "maker@bank",
                {"bank": BANK, "since": since.isoformat(), "principal": TWENTY})  # fmt: skip
    village.forward(since + timedelta(days=90))

    changed = demand(guarantee, village.today, package_digest="b" * 64)
    assert refused_by(village, changed) == [RejectionCode.DOCUMENT_CHANGED]
    without = demand(guarantee, village.today, enclosures=early.enclosures[:2])
    assert refused_by(village, without) == [RejectionCode.CLAIM_PAPERS_MISSING]

    told = demand(guarantee, village.today)
    facts = notice_facts(told, BANK)
    claim = village.act("claim.notice", "claim-1", "checker@bank", facts).case
    assert (claim.state, claim.terms["noticed"]) == ("noticed", TWENTY)
    assert facts["papers"]["payout"] == hashlib.sha256(b"payout").hexdigest()
    assert refused_by(village, told) == [RejectionCode.CLAIM_TWICE]

    assert village.accept("claim-1", "15_000.00").state == "accepted"
    assert village.held("904") == TWENTY - fen("15_000.00")
    answer = acceptance_of(told, sender=UNION, principal_fen=fen("15_000.00"))
    heard = read_guarantee_message(write_guarantee_message(answer))
    assert isinstance(heard, Status)
    assert (heard.about, heard.demand_id, heard.amount_fen) == (
        About.DEMAND, "DC-1", fen("15_000.00"),
    )  # fmt: skip


def refused_by(village: PoolVillage, told: Demand) -> list[RejectionCode]:
    """The codes of the refusal message a demand is answered with."""
    with pytest.raises(Rejected) as refusal, village.conn.begin_nested():
        village.act("claim.notice", "claim-x", "checker@bank", notice_facts(told, BANK))
    rejection = refusal.value.as_struct()
    body = write_guarantee_message(refusal_of(told, [rejection]))
    message = read_guarantee_message(body, [GuaranteeKind.DEMAND_REFUSAL])
    assert isinstance(message, DemandRefusal)
    assert (message.demand_id, message.amount_fen) == (told.demand_id, told.amount_fen)
    for reason in message.discrepancies:
        assert reason.text == f"{rejection.text('zh')}\n{rejection.text('en')}"
    return [RejectionCode(reason.code) for reason in message.discrepancies]


def test_the_papers_asked_for_are_those_the_rule_wants() -> None:
    assert tuple(PAPERS) == CLAIM_PAPERS


def test_a_packages_lines_become_guarantees_with_its_figures() -> None:
    package = samples.a_package(40)
    made = guarantees_of(package, manifest="e" * 64, issuer=UNION, late_days=365)
    assert sum(one.amount_fen for one in made) == package.letter.amount_fen
    for line, one in zip(package.lines, made, strict=True):
        assert one.guarantee_id == line.guarantee
        assert one.borrower.masked_id == line.id_masked
        assert one.cover_ppm == 800_000
        due = months_after(package.letter.valid_until, line.term_months)
        assert one.expires_on == due + timedelta(days=90 + 365)
        body = write_guarantee_message(one)
        assert read_guarantee_message(body, [GuaranteeKind.ISSUE]) == one
        assert package.letter.number in body.decode()
