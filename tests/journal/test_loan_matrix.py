"""Every state × act × role of a loan: what is listed here passes, all else is a named refusal.

The list is written by hand, not read from processes.toml: a row that lets somebody new act must
be added here too. One database is enough, the check of who may act knows none.
"""

import pytest
import sqlalchemy as sa

from contracts.rejections import RejectionCode
from journal.registry import registry
from tests.journal.loan_stories import APPLY, CONTRACTED, PAID, VOTED
from tests.support.village import Village, policy_of

APPLIED = f"{APPLY} amount=10_000.00 applied"
ENDORSED = f"""
  {APPLIED}
  sign L1 guarantor:p2,p3 endorsed
"""
LOST = f"{ENDORSED}\nvote L1 council:c1,c2,c3,d1 vote=no endorsed"
REPAID = f"{PAID}\nrepay L1 follow amount=10_840.00 on=2018-01-10 active"
NOTICED = f"""
  {VOTED}
  notice L1 bookkeeper:c2 noticed
"""
WRITTEN_OFF = f"""
  {PAID}
  until 2018-01-11
  write_off L1 council:c2,c3,d1  active
  write_off L1 township:t1     active
  write_off L1 reviewer:o2     active
  write_off L1 leading_group:o3 written_off
"""
PLACES = {
    "start": "",
    "applied": APPLIED,
    "endorsed": ENDORSED,
    "vote lost": LOST,
    "approved": VOTED,
    "noticed": NOTICED,
    "objected": f"{NOTICED}\nobject L1 supervisor:s1 objected",
    "cleared": CONTRACTED.replace("contract L1  bookkeeper:c2        contracted", ""),
    "contracted": CONTRACTED,
    "instructed": f"{CONTRACTED}\ninstruct L1 cashier:k1 instructed",
    "active": PAID,
    "overdue": f"{PAID}\nuntil 2018-02-28",
    "paid": REPAID,
    "closed": f"{REPAID}\nfinish L1 close closed",
    "written_off": WRITTEN_OFF,
    "refused": f"{LOST}\nrefuse L1 chair:c1 refused",
    "withdrawn": f"{APPLIED}\nwithdraw L1 member:p1 withdrawn",
}
LISTED = """
  start       apply     member        applied
  applied     sign      guarantor     applied
  applied     withdraw  member        withdrawn
  endorsed    vote      council       endorsed
  endorsed    withdraw  member        withdrawn
  vote_lost   refuse    chair         refused
  vote_lost   refuse    deputy        refused
  vote_lost   withdraw  member        withdrawn
  approved    notice    bookkeeper    noticed
  approved    withdraw  member        withdrawn
  noticed     object    supervisor    objected
  noticed     withdraw  member        withdrawn
  objected    dismiss   chair         approved
  objected    dismiss   deputy        approved
  objected    sustain   chair         refused
  objected    sustain   deputy        refused
  objected    withdraw  member        withdrawn
  cleared     contract  bookkeeper    contracted
  cleared     withdraw  member        withdrawn
  contracted  instruct  cashier       instructed
  contracted  cancel    member        withdrawn
  instructed  paid      follow        active
  instructed  returned  follow        contracted
  active      repay     follow        active
  active      returned_late follow    contracted
  active      revisit   council       active
  active      revisit   township      active
  active      extend    guarantor     active
  active      extend    council       active
  active      extend_long guarantor   active
  active      extend_long council     active
  active      extend_long cpo         active
  active      write_off council       active
  active      write_off township      active
  active      write_off reviewer      active
  active      write_off leading_group active
  overdue     repay     follow        active
  overdue     revisit   council       active
  overdue     revisit   township      active
  overdue     dun       bookkeeper    active
  overdue     dun       council       active
  overdue     dun       township      active
  overdue     call      bookkeeper    active
  overdue     extend    guarantor     active
  overdue     extend    council       active
  overdue     extend_long guarantor   active
  overdue     extend_long council     active
  overdue     extend_long cpo         active
  overdue     write_off council       active
  overdue     write_off township      active
  overdue     write_off reviewer      active
  overdue     write_off leading_group active
  paid        repay     follow        active
  paid        revisit   council       active
  paid        revisit   township      active
  paid        finish    close         closed
  paid        write_off council       active
  paid        write_off township      active
  paid        write_off reviewer      active
  paid        write_off leading_group active
  written_off repay     follow        written_off
  written_off dun       bookkeeper    written_off
  written_off dun       council       written_off
  written_off dun       township      written_off
"""
PERSONS = {
    "member": "p1", "guarantor": "p2", "council": "c1", "chair": "c1", "deputy": "d1",
    "cashier": "k1", "bookkeeper": "c2", "supervisor": "s1", "township": "t1",
    "township_review": "t2", "cpo": "o1", "reviewer": "o2", "leading_group": "o3", "cfb": "o4",
    "staff": "o5", "meeting": "x1", "group": "x2", "maker": "b1", "checker": "b2",
}  # fmt: skip
WHO = [f"{role}:{person}" for role, person in PERSONS.items()] + [
    "follow", "close", "deadline", "intake", "bank_line", "settlement",
]  # fmt: skip
FACTS: dict[str, dict[str, object]] = {
    "apply": {"member": "m1", "person": "p1", "group": "g1", "purpose": "养殖", "term_months": 12,
              "amount": 10_000_00},
    "paid": {"amount": 10_000_00},
    "returned_late": {"amount": 10_000_00},
    "repay": {"amount": 100_00},
    "revisit": {"finding": "养牛两头"},
    "assign": {"item": "none", "amount": 100_00},
    "guarantor_repaid": {"payer": "m2", "amount": 100_00},
    "extend": {"due_on": "2018-12-10"},
    "extend_long": {"due_on": "2018-12-10"},
}  # fmt: skip


@pytest.fixture
def council_of_four(node_engine: sa.Engine) -> Village:
    """With a deputy, and not yet anybody's loan."""
    conn = node_engine.connect()
    conn.begin()
    village = Village(conn, policy_of()).founded()
    village.grant("200_000.00")
    village.do("post", "elect", "o-deputy", "meeting:x1",
               {"post": "deputy", "person": "d1", "elected_on": "2016-12-01",
                "until": "2019-12-31"})  # fmt: skip
    return village


def test_what_is_listed_passes_and_all_else_is_refused_by_name(council_of_four: Village) -> None:
    village = council_of_four
    listed = {tuple(row.split()[:3]): row.split()[3] for row in LISTED.strip().splitlines()}
    acts = list(dict.fromkeys(row.act for row in registry().table["loan"].rows))
    codes = {code.value for code in RejectionCode}
    found: dict[tuple[str, ...], str] = {}
    for place, story in PLACES.items():
        savepoint = village.conn.begin_nested()
        village.play(story.replace("council:c1,c2 ", "council:c2,c3,d1 "))
        for act in acts:
            for who in WHO:
                outcome = village.try_out("loan", act, "L1", who, FACTS.get(act, {}))
                if outcome not in codes:
                    found[place.replace(" ", "_"), act, who.partition(":")[0]] = outcome
        savepoint.rollback()
    assert found == listed


def test_every_state_of_the_table_is_reached_by_a_place_here() -> None:
    reached = {"active" if place in ("overdue", "paid") else place for place in PLACES}
    reached = {"endorsed" if place == "vote lost" else place for place in reached} - {"start"}
    # What lapses is told in test_loan_states: a day of its own makes it, nobody's act.
    assert reached == set(registry().table["loan"].states()) - {"lapsed"}
