"""Says a guarantee package from the books (P6.4, R-088): every figure with the act it rests on.

Called by publish.py with one moment of the county's database. What the books cannot say truly is
refused by name, so that nothing half true is signed. It writes nothing.
"""

from datetime import date, timedelta

import sqlalchemy as sa

from contracts import package as said
from contracts.money import PPM, round_half_up
from contracts.rejections import RejectionCode
from journal import store
from kernel import pool
from kernel.cases import Case
from kernel.errors import Rejected
from services.federation.cases import registers
from services.federation.county import County
from services.federation.packages import queries
from services.federation.packages.borrowers import borrower_lines
from services.federation.packages.capital import Capital
from services.federation.packages.decisions import (
    agreement_act,
    council_vote,
    member_vote,
    recovery,
    signers,
)
from services.federation.packages.sources import Sources, own_digest

_VARIANTS = {pool.V1: 1, pool.V2: 2}


def assemble(conn: sa.Connection, county: County, package: Case) -> said.GuaranteePackage:
    """Everything an approved package says, as of the county's open date.

    Raises Rejected AGREEMENT_NOT_OPEN, SIGNED_OTHER_TERMS, GRADE_NOT_ALLOWED, BORROWER_UNKNOWN
    (every line that lacks name, ID number or card), VOTE_NOT_COUNTED, LINE_USED_UP.
    """
    sources = Sources(conn, county, package)
    village = _village(sources)
    lines = borrower_lines(sources)
    capital = Capital(sources)
    signed = [one for one in sources.acts(sources.custody, package.id)[package.id]
              if one.act == "sign"]  # fmt: skip
    return said.GuaranteePackage(
        id=package.id,
        county=county.name,
        made_on=sources.today,
        village=village,
        bank=_bank(sources),
        agreement=_agreement(sources),
        letter=_letter(sources),
        lines=lines,
        headroom=capital.headroom(),
        stake_receipts=capital.stake.receipts,
        match_receipts=capital.match.receipts,
        member_vote=member_vote(sources),
        council_vote=council_vote(sources, signed),
        recovery=recovery(sources),
        signers=signers(sources, signed),
        contact=said.Contact(name=county.name, phone="", address=""),
        heads=tuple(
            said.BookHead(book=book, seq=seq, digest=digest)
            for book, seq, digest in sources.heads()
        ),
    )


def opened_count(package: said.GuaranteePackage) -> int:
    """How many persons' records were opened for it: borrowers, and council members who signed."""
    return len(package.lines) + package.council_vote.agreed


def _village(sources: Sources) -> said.Village:
    """The cooperative as registered. Raises GRADE_NOT_ALLOWED when it lost the grade since."""
    entered, allowed = sources.registered, sources.agreement.terms["grades"]
    if entered.grade not in allowed:
        raise Rejected(
            RejectionCode.GRADE_NOT_ALLOWED,
            cooperative=entered.id,
            grade=entered.grade or "-",
            needed="/".join(allowed),
        )
    members = store.in_states(sources.conn, sources.node, "member", ("active",))
    return said.Village(
        id=entered.id,
        name=entered.name,
        township=queries.township_name(sources.conn, entered.township),
        registration=f"{sources.county.name} {entered.id} · {entered.sub_account}",
        registered_on=date.fromisoformat(entered.opened_on),
        grade=entered.grade,
        grade_source=entered.grade_source or "-",
        members=len(members),
    )


def _bank(sources: Sources) -> said.Bank:
    name = str(sources.package.terms["bank"])
    partner = registers.find_partner(sources.conn, name)
    return said.Bank(id=name, name=partner.name if partner else name)


def _agreement(sources: Sources) -> said.Agreement:
    agreement, terms = sources.agreement, sources.agreement.terms
    came, policy = agreement_act(sources), sources.policy
    variant = _VARIANTS[terms["variant"]]
    return said.Agreement(
        id=agreement.id,
        version=int(terms["version"]),
        digest=own_digest(came),
        signed_on=came.business_date,
        variant=variant,
        leverage_ppm=int(terms["leverage"]) * PPM // pool.HUNDREDTHS,
        base="deposits" if variant == 1 else str(terms["base"]),
        match_ppm=int(terms["match_ppm"]),
        bank_part_ppm=int(terms["bank_part_ppm"]),
        wait_days=int(terms["wait_days"]),
        check_days=int(terms["check_days"]),
        pay_days=int(terms["pay_days"]),
        late_days=policy.days("claim.late_days"),
        order=tuple(terms["layers"]),
        match_order=str(terms["match_order"]),
        mutual=bool(terms["mutual"]),
        # After a stop, bank and county agreed that lending goes on up to the rate they saw.
        stop_rate_ppm=max(int(terms["stop_ppm"]), int(terms.get("resumed_at_ppm", 0))),
        loan_cap_fen=int(terms["loan_cap"]),
        term_months_max=int(terms["term_max"]),
        grades=tuple(terms["grades"]),
        notice_days=policy.days("notice.days"),
    )


def _letter(sources: Sources) -> said.Letter:
    policy, issued = sources.policy, sources.today
    bank_part = round_half_up(sources.amount * int(sources.agreement.terms["bank_part_ppm"]), PPM)
    until = issued + timedelta(days=policy.days("letter.draw_days"))
    grace = policy.days("letter.grace_days")
    return said.Letter(
        number=f"{sources.county.name}担保函〔{issued.year}〕{sources.package.id}",
        amount_fen=sources.amount,
        bank_part_fen=bank_part,
        pool_part_fen=sources.amount - bank_part,
        term_months_max=max(int(line.terms["term_months"]) for line in sources.lines),
        issued_on=issued,
        valid_until=until,
        grace_days=grace,
        report_until=until + timedelta(days=grace),
    )
