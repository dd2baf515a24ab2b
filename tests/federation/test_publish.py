"""An approved package leaves the county: said from the books, signed, kept, sent once (P6.4)."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from contracts.codec import decode
from contracts.package import GuaranteePackage
from contracts.persons import Person
from contracts.rejections import RejectionCode
from journal import store
from kernel.cases import Case
from services.cooperative_node import people
from services.federation.cases import findings, packages, papers
from services.federation.cases.actors import PACKAGES
from services.federation.packages import publish
from services.federation.packages.keys import SigningKeys, make_signing_keys, save_signing_keys
from services.federation.tables import paper
from tests.federation.life import STAFF
from tests.federation.pool_life import BANK, PoolLife
from tests.federation.villager import card_number, id_number
from tests.support.steady import seeded
from tests.support.village import fen
from verifier import package as proof
from verifier.container import unpack
from verifier.falsehood import Falsehood

NAME = "package-baiguo-1"


@pytest.fixture(scope="module")
def keys() -> SigningKeys:
    return make_signing_keys(
        "试验县联合社", seeded("papers"), datetime(2017, 1, 2, tzinfo=UTC)
    ).signing


@pytest.fixture
def life(county_engine: sa.Engine, tmp_path: Path) -> PoolLife:
    found = PoolLife(county_engine, tmp_path, "baiguo")
    village = found.villages["baiguo"].elected().joined(share="100000.00")
    found.agreement(village)
    found.staked(village, "200000.00")
    found.matched(village)
    return found


def approved(life: PoolLife) -> Case:
    village = life.villages["baiguo"]
    applications = [life.cleared(village, 1, "20000.00"), life.cleared(village, 2, "30000.00")]
    return life.approved(village, *applications)


def sent_file(life: PoolLife) -> bytes:
    digest = str(life.case(NAME).terms["file"])
    with life.engine.connect() as conn:
        found = papers.find(conn, digest, BANK)
    assert found is not None
    assert hashlib.sha256(found.body).hexdigest() == digest
    return found.body


def said_in(body: bytes) -> GuaranteePackage:
    return decode(unpack(body, "zip")[proof.PACKAGE], GuaranteePackage)


def test_a_published_package_verifies_and_says_what_the_books_say(
    life: PoolLife, keys: SigningKeys
) -> None:
    assert approved(life).state == "approved"
    assert publish.publish(life.engine, life.county, keys, NAME)
    case = life.case(NAME)
    assert case.state == "sent"
    body = sent_file(life)
    files = unpack(body, "zip")
    assert proof.check(files, keys.fingerprint).trusted
    assert hashlib.sha256(files[proof.MANIFEST]).hexdigest() == case.terms["manifest"]
    said = said_in(body)
    assert [(line.name, line.principal_fen) for line in said.lines] == [
        ("社员11", fen("20000.00")), ("社员12", fen("30000.00")),
    ]  # fmt: skip
    assert said.letter.amount_fen == fen("50000.00")
    assert [one.amount_fen for one in said.stake_receipts] == [fen("200000.00")]
    assert [(one.payer, one.amount_fen) for one in said.match_receipts] == [
        ("县财政局", fen("60000.00"))
    ]
    own, custody = said.headroom.cooperative, life.totals("K-baiguo", "909", "9041", "904", "903")
    assert own.line_fen == custody["909"] == fen("1000000.00")
    assert (own.reserved_fen, own.guaranteed_fen) == (0, custody["904"])
    assert own.free_after_fen == custody["903"] == fen("950000.00")
    for scope in (said.headroom.bank, said.headroom.county):
        assert scope == own
    assert (said.member_vote.present, said.member_vote.agreed) == (3, 2)
    assert said.council_vote.agreed == 2
    with life.engine.connect() as conn:
        lines = packages.lines_of(conn, NAME)
        sent = [one for one in store.history(conn, case) if b'"act":"render"' in one[2]]
    assert {line.terms["draw_until"] for line in lines} == {said.letter.valid_until.isoformat()}
    assert {line.terms["count_until"] for line in lines} == {said.letter.report_until.isoformat()}
    assert {line.state for line in lines} == {"sent"}
    assert len(sent) == 2  # in the cooperative's custody book and in the county's own


def test_what_was_sent_hides_numbers_is_one_file_and_no_byte_of_it_can_change(
    life: PoolLife, keys: SigningKeys
) -> None:
    approved(life)
    assert publish.publish(life.engine, life.county, keys, NAME)
    first, body = life.case(NAME), sent_file(life)
    # Twice is once.
    assert publish.publish(life.engine, life.county, keys, NAME)
    assert publish.render(life.engine, life.county, keys, NAME)
    assert publish.send(life.engine, life.county, NAME)
    assert life.case(NAME) == first
    assert _papers(life) == 1
    # Whole numbers stand neither in the package nor in any book.
    whole = (id_number(1, 1), card_number(1, 1), id_number(1, 2), card_number(1, 2))
    assert [line.id_masked for line in said_in(body).lines] == [
        f"{number[:6]}********{number[-4:]}" for number in (whole[0], whole[2])
    ]
    text = b"".join(unpack(body, "zip").values())
    with life.engine.connect() as conn:
        text += b"".join(bytes(one) for one in conn.scalars(sa.text("select body from act")))
    assert not [number for number in whole if number.encode() in text]
    for place in range(100, len(body), len(body) // 20):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises(Falsehood):
            proof.check(unpack(bytes(changed), "zip"), keys.fingerprint)


def test_a_worker_killed_between_keeping_and_sending_loses_nothing(
    life: PoolLife, keys: SigningKeys, tmp_path: Path
) -> None:
    approved(life)
    made_keys = make_signing_keys("试验县联合社", seeded("late"), datetime(2017, 1, 2, tzinfo=UTC))
    save_signing_keys(made_keys, tmp_path / "keys")
    assert publish.render(life.engine, life.county, tmp_path / "keys", NAME)
    with life.engine.connect() as conn:
        assert packages.effect(conn, life.case(NAME)) == packages.SEND
        made = packages.rendering(conn, life.case(NAME))
    assert publish.publish(life.engine, life.county, keys, NAME)
    assert made is not None
    assert life.case(NAME).terms["file"] == made.file
    assert _papers(life) == 1


def test_a_set_made_yesterday_is_not_sent_today_but_made_anew(
    life: PoolLife, keys: SigningKeys
) -> None:
    approved(life)
    publish.render(life.engine, life.county, keys, NAME)
    life.everyone_closes()
    assert not publish.send(life.engine, life.county, NAME)
    assert publish.publish(life.engine, life.county, keys, NAME)
    assert said_in(sent_file(life)).letter.issued_on == life.today
    assert _papers(life) == 2


def test_a_borrower_without_card_is_refused_by_name_and_nothing_leaves(
    life: PoolLife, keys: SigningKeys
) -> None:
    village = life.villages["baiguo"]
    approved(life)
    _tell(life, Person(name="社员12"))
    assert not publish.publish(life.engine, life.county, keys, NAME)
    assert life.case(NAME).state == "approved"
    assert _papers(life) == 0
    assert f"{publish.FINDING}:{NAME}" in life.findings()
    finding = life.case(f"finding-{publish.FINDING}-{NAME}")
    assert finding.terms["code"] == RejectionCode.BORROWER_UNKNOWN
    told = finding.terms["refusal"]["lines"]
    assert village.person["m2"] in told
    assert "id_number, card" in told
    assert village.person["m1"] not in told
    # What was lacking is delivered: the package leaves, and the finding is settled by itself.
    _tell(life, Person(name="社员12", card=card_number(1, 2), id_number=id_number(1, 2)))
    assert publish.publish(life.engine, life.county, keys, NAME)
    assert f"{publish.FINDING}:{NAME}" not in life.findings()


def test_what_the_books_cannot_say_truly_is_a_finding_by_name_and_nothing_leaves(
    life: PoolLife, keys: SigningKeys, tmp_path: Path
) -> None:
    """One reason after the other; a reason that is gone is settled, the next is told."""
    approved(life)
    assert not publish.render(life.engine, life.county, tmp_path / "keys", NAME)
    assert reason(life) == RejectionCode.DOCUMENT_KEYS_MISSING
    _minutes(life, "实到3人", "未清点")
    assert not publish.publish(life.engine, life.county, keys, NAME)
    assert reason(life) == RejectionCode.VOTE_NOT_COUNTED
    _minutes(life, "未清点 同意2人", "实到3人 同意1人")
    assert not publish.publish(life.engine, life.county, keys, NAME)
    assert reason(life) == RejectionCode.PACKAGE_NOT_TRUE
    with life.engine.begin() as conn:
        line = packages.line_of(conn, NAME, "2")
        facts = {"reason": "改期"}
        packages.line_act(conn, life.county.world, line, "release", PACKAGES, facts)
    assert not publish.publish(life.engine, life.county, keys, NAME)
    assert reason(life) == RejectionCode.SIGNED_OTHER_TERMS
    assert [one for one in life.findings() if one.startswith(publish.FINDING)] == [
        f"{publish.FINDING}:{NAME}"
    ]
    with life.engine.begin() as conn:
        packages.drop(conn, life.county.world, life.case(NAME), "withdraw", STAFF, "改期")
    assert not publish.publish(life.engine, life.county, keys, NAME)
    assert life.case(NAME).state == "withdrawn"
    assert _papers(life) == 0


def reason(life: PoolLife) -> RejectionCode:
    """Why the package was not sent, as the live finding says."""
    with life.engine.connect() as conn:
        found = findings.live(conn, publish.FINDING, NAME)
    assert found is not None
    return RejectionCode(found.terms["code"])


def _minutes(life: PoolLife, old: str, new: str) -> None:
    """What the meetings' minutes would be, had the village written them so."""
    told = sa.text("update cases set body = replace(body, :old, :new) where process = 'voice'")
    with life.engine.begin() as conn:
        conn.execute(told, {"old": old, "new": new})


def _papers(life: PoolLife) -> int:
    with life.engine.connect() as conn:
        return int(conn.scalar(sa.select(sa.func.count()).select_from(paper)) or 0)


def _tell(life: PoolLife, known: Person) -> None:
    """The village enters what it knows of its second member now, and delivers."""
    village = life.villages["baiguo"]
    with village.node.engine.begin() as conn:
        people.keep(conn, village.node, known, village.person["m2"])
    life.everyone_closes()
