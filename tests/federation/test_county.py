"""Setting a county up, telling policy and grade, its keys, its settings, its figures."""

import stat
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from contracts.facts.books import PolicyFacts
from contracts.ids import custody_book
from contracts.ledger import Actor
from contracts.rejections import RejectionCode as Code
from journal import post
from kernel.errors import InvariantViolation, Rejected
from kernel.policy import PolicyRefused
from kernel.rules_custody import consent_digest
from services.federation import queries
from services.federation.cases import consents, findings, opening, policies, references, registers
from services.federation.county import load_county
from services.federation.identity import load_keys, make_keys, save_keys
from services.federation.ports import Ports
from services.federation.settings import Settings, SettingsRefused, read_settings
from services.federation.setup import set_up
from tests.federation.life import CPO, STAFF, Life, a_plan
from tests.support.steady import a_moment, seeded

OTHER = Actor(role="staff@federation", operator="p-other", persons=("p-other",))
PORTS = Ports(now=a_moment, random=seeded("ports"))


def test_a_county_is_set_up_once_and_found_again_with_its_own_keys(
    county_engine: sa.Engine,
) -> None:
    keys, others = make_keys(seeded("county")), make_keys(seeded("other"))
    with county_engine.begin() as conn:
        set_up(conn, keys, PORTS, a_plan("baiguo"))
    with county_engine.connect() as conn:
        assert load_county(conn, keys, PORTS).name == "试验县联合社"
        with pytest.raises(InvariantViolation, match="keys_are_this_county's"):
            load_county(conn, others, PORTS)
    with (
        pytest.raises(InvariantViolation, match="a_county_is_set_up_once"),
        county_engine.begin() as conn,
    ):
        set_up(conn, keys, PORTS, a_plan("baiguo"))


def test_parameters_no_document_allows_stop_the_whole_set_up(county_engine: sa.Engine) -> None:
    plan = a_plan("baiguo", county={"loan.cap": "999999999", "no.such": 1})
    with pytest.raises(PolicyRefused) as refused, county_engine.begin() as conn:
        set_up(conn, make_keys(seeded("county")), PORTS, plan)
    assert len(refused.value.problems) == 2
    with county_engine.connect() as conn:
        assert queries.county_row(conn) is None
        assert conn.execute(sa.text("SELECT count(*) FROM head")).scalar_one() == 0


def test_each_book_is_opened_and_told_its_policy_and_grade(life: Life) -> None:
    with life.engine.connect() as conn:
        told = [
            msgspec.json.decode(body)["act"]
            for body in conn.scalars(
                sa.text("SELECT body FROM act WHERE book = 'K-baiguo' ORDER BY seq")
            )
        ]
        assert told == ["open", "policy", "grade"]
        assert registers.find_cooperative(conn, "baiguo").grade == "A"


def test_a_village_is_judged_by_the_policy_it_had_applied(life: Life) -> None:
    stricter = PolicyFacts(profile="DEFAULT", village={"loan.cap": "3000"})
    with life.engine.begin() as conn:
        before = policies.policy_at(conn, "baiguo", 10**9)
        performed = opening.tell_policy(conn, life.county, "baiguo", stricter)
        seq = performed.acts[0].seq
        assert policies.policy_at(conn, "baiguo", seq - 1).fen("loan.cap") == before.fen("loan.cap")
        assert policies.policy_at(conn, "baiguo", seq).fen("loan.cap") == 300_000
        assert policies.policy_for(conn, "baiguo").fen("loan.cap") == 300_000
        assert policies.policy_for(conn, "houba").fen("loan.cap") == before.fen("loan.cap")
        assert post.find(conn, custody_book("baiguo"), performed.acts[0].id) is not None


def test_a_change_under_which_a_village_would_be_looser_is_told_to_nobody(life: Life) -> None:
    with life.engine.begin() as conn:
        own = msgspec.structs.replace(policies.told_to(conn, "houba"), village={"loan.cap": "3000"})
        opening.tell_policy(conn, life.county, "houba", own)
    with pytest.raises(PolicyRefused) as refused, life.engine.begin() as conn:
        opening.change_parameters(conn, life.county, {"loan.cap": "2000"})
    assert [(one.place, one.key) for one in refused.value.problems] == [("village", "loan.cap")]
    with life.engine.connect() as conn:
        for one, cap in (("", 2_000_000), ("baiguo", 2_000_000), ("houba", 300_000)):
            assert policies.policy_for(conn, one).fen("loan.cap") == cap, one


def test_a_village_that_loosens_its_countys_rule_is_told_nothing(life: Life) -> None:
    looser = PolicyFacts(profile="DEFAULT", village={"loan.cap": "90000"})
    with life.engine.begin() as conn, pytest.raises(PolicyRefused):
        opening.tell_policy(conn, life.county, "baiguo", looser)
    with life.engine.connect() as conn:
        assert policies.policy_for(conn, "baiguo").fen("loan.cap") == 2_000_000


def test_key_files_are_private_and_never_overwritten(tmp_path: Path) -> None:
    keys = make_keys(seeded("county"))
    save_keys(keys, tmp_path / "keys")
    for file in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_keys(tmp_path / "keys").key == keys.key
    with pytest.raises(FileExistsError):
        save_keys(make_keys(seeded("x")), tmp_path / "keys")
    (tmp_path / "keys" / "index.key").chmod(0o644)
    with pytest.raises(InvariantViolation, match="key_file_is_private"):
        load_keys(tmp_path / "keys")


def test_a_card_is_found_by_a_keyed_digest_only() -> None:
    keys, others = make_keys(seeded("county")), make_keys(seeded("other"))
    assert keys.card_index("6228 48") == keys.card_index("622848")
    assert keys.card_index("622848") != others.card_index("622848")
    assert keys.card_index(" ") == b""


def test_settings_come_from_the_environment_and_are_refused_by_name(tmp_path: Path) -> None:
    given = {"LIANHE_DATADIR": str(tmp_path), "LIANHE_PORT": "9000", "LIANHE_ORIGINS": "a, b"}
    read = read_settings(given)
    assert (read.datadir, read.port, read.origins) == (tmp_path, 9000, ("a", "b"))
    assert read_settings(given, port=9001).port == 9001
    assert read.keys == tmp_path / "keys"
    assert read.close_at is None
    assert read_settings({**given, "LIANHE_CLOSE_AT": "20:30"}).close_at == time(20, 30)
    assert isinstance(read, Settings)
    with pytest.raises(SettingsRefused, match="port"):
        read_settings({**given, "LIANHE_PORT": "many"})
    with pytest.raises(SettingsRefused, match="close_at"):
        read_settings({**given, "LIANHE_CLOSE_AT": "25:00"})
    with pytest.raises(SettingsRefused, match="datadir"):
        read_settings({})


@pytest.mark.parametrize("name", ["pay-N-baiguo-12", "pay-N-" + "a" * 40 + "-123456"])
def test_a_bank_carries_every_reference_and_it_leads_back(name: str) -> None:
    reference = references.reference_of(name)
    assert len(reference) <= 35
    assert (reference == name) == (len(name) <= 35)
    assert reference != references.reference_of(name + "7")
    again = references.reference_of(name, 2)
    assert len(again) <= 35
    assert again not in (reference, references.reference_of(name, 3))


def test_a_finding_is_opened_once_owned_and_resolved_by_name(life: Life) -> None:
    with life.engine.begin() as conn:
        first = findings.open_once(conn, life.county, "test", "x", cooperative="baiguo")
        again = findings.open_once(conn, life.county, "test", "x", cooperative="baiguo")
        assert again.id == first.id
        owned = findings.own(conn, life.county, first.id, STAFF).case
        assert [hand.person for hand in owned.hands] == ["p-staff"]
        done = findings.resolve(conn, life.county, first.id, STAFF, reason="对过").case
        assert done.state == "resolved"
        with pytest.raises(Rejected) as late:
            findings.own(conn, life.county, first.id, OTHER)
        assert late.value.code is Code.ACT_NOT_ALLOWED_NOW
        # What comes back is a new finding with the next number.
        second = findings.open_once(conn, life.county, "test", "x", cooperative="baiguo")
        assert second.id == f"{first.id}-2"


def test_findings_about_things_whose_ids_end_alike_are_two(life: Life) -> None:
    """A guarantee claimed again has the claim ``claim-1-2``: no second finding on the first."""
    with life.engine.begin() as conn:
        names = []
        for subject in ("claim-1", "claim-1", "claim-1-2", "claim-1-2"):
            opened = findings.open_once(conn, life.county, "test", subject, cooperative="baiguo")
            findings.resolve(conn, life.county, opened.id, STAFF, reason="对过")
            names.append((opened.id, opened.terms["about"]))
    assert names == [
        ("finding-test-claim-1", "test:claim-1"), ("finding-test-claim-1-2", "test:claim-1"),
        ("finding-test-claim-1-2-2", "test:claim-1-2"),
        ("finding-test-claim-1-2-3", "test:claim-1-2"),
    ]  # fmt: skip


def test_a_village_whose_loans_end_alike_gets_a_consent_for_each(life: Life) -> None:
    with life.engine.begin() as conn:
        for about, amount in (("loan-1", 1), ("loan-1", 2), ("loan-1-2", 1)):
            asked = consents.ask(conn, life.county, "baiguo", about, {"amount": amount})
            assert (asked.terms["for"], asked.terms["amount"]) == (about, amount)
            terms = consent_digest(asked.terms)
            consents.answer(conn, life.county, asked.id, "refuse", CPO, terms=terms, reason="高")


def test_a_finding_nobody_owns_escalates_on_its_date(life: Life) -> None:
    with life.engine.begin() as conn:
        opened = findings.open_once(conn, life.county, "test", "x", cooperative="baiguo")
    assert opened.due is not None
    while life.today < opened.due:
        life.night()
    assert (life.case(opened.id).step, life.case(opened.id).state) == (2, "opened")


def test_the_report_tells_figures_with_date_and_heads(new_life: Callable[..., Life]) -> None:
    life = new_life("baiguo", "houba")
    life.villages["baiguo"].elected().joined()
    life.everyone_closes()
    with life.engine.connect() as conn:
        told = queries.report(conn)
    assert told.as_of == date.fromordinal(life.today.toordinal()) or told.as_of < life.today
    assert told.fund_fen == 6_000_000
    assert told.fund_by_source_fen["shares"] == 6_000_000
    assert told.due_recovery_percent is None
    assert [one.cooperative for one in told.villages] == ["baiguo", "houba"]
    assert told.late == ()
    assert told.heads["N-baiguo"][0] == told.villages[0].seq
