"""The borrower list of a package: each line's person, papers, notice and reasons, from the books.

Called by assemble.py. A borrower whose name, ID number or card the county cannot read is named
with every other one of the list, and nothing is made.
"""

from collections.abc import Mapping, Sequence

from contracts import package as said
from contracts.ledger import Act
from contracts.package_values import mask_card, mask_id
from contracts.rejections import RejectionCode
from journal import store
from kernel.cases import Case
from kernel.errors import Rejected, ensure
from kernel.loans import ACTIVE, WRITTEN_OFF, loan_of
from services.federation.packages.sources import Sources, own_digest, place

_PAPERS = {"apply": "借款申请书", "sign": "联保承诺书", "vote": "管委会/理事会决议"}
"""Act of the village's procedure → the paper it is kept by."""
_REASONS = {
    "grade": ("R-082", "互助社评级 {seen}，协议允许 {allowed}",
              "the cooperative's grade is {seen}, the agreement allows {allowed}"),
    "amount": ("R-083", "借款 {seen} 元，单户上限 {allowed}", "{seen} yuan, the cap is {allowed}"),
    "term": ("R-043", "期限 {seen} 个月，最长 {allowed}",
             "{seen} months, the longest is {allowed}"),
    "group": ("R-038", "联保小组 {seen}，联保人签字 {allowed} 人",
              "joint guarantee of {seen}, signed by {allowed}"),
    "council": ("R-017", "管委会/理事会 {seen} 表决，同意 {allowed} 人",
                "council of {seen}, {allowed} yes"),
    "notice": ("R-048", "公示至 {seen}，无未答复异议",
               "public notice until {seen}, no objection open"),
    "headroom.coop": ("R-086", "本社可用额度 {seen} 元，需 {allowed}",
                      "the cooperative's free line {seen} yuan, needed {allowed}"),
    "headroom.bank": ("R-086", "本行可用额度 {seen} 元，需 {allowed}",
                      "the bank's free line {seen} yuan, needed {allowed}"),
    "headroom.county": ("R-086", "全县可用额度 {seen} 元，需 {allowed}",
                        "the county's free line {seen} yuan, needed {allowed}"),
}  # fmt: skip
"""Check of a line (kernel.rules_guarantee) → its rule and its words."""
_COUNTED = ("group", "council")
_ID_LENGTH, _CARD_LENGTHS = 18, range(12, 20)


def borrower_lines(sources: Sources) -> tuple[said.BorrowerLine, ...]:
    """Every line in its order. Raises BORROWER_UNKNOWN naming every line that lacks something."""
    known(sources)
    applications = [str(line.terms["application"]) for line in sources.lines]
    asked = sources.village.some(applications)
    acts = sources.acts(sources.node, *applications)
    members = sources.village.some([str(line.terms["member"]) for line in sources.lines])
    debts = _debts(sources)
    return tuple(
        _line(sources, line, asked[name], acts[name], members[line.terms["member"]], debts)
        for line, name in zip(sources.lines, applications, strict=True)
    )


def known(sources: Sources) -> None:
    """Whether the bank can be told who every borrower is; raises BORROWER_UNKNOWN."""
    lacking = []
    for line in sources.lines:
        person = sources.person(str(line.terms["person"]))
        card = "".join(person.card.split()) if person else ""
        missing = [
            what
            for what, there in (
                ("name", person is not None and bool(person.name)),
                ("id_number", person is not None and len(person.id_number) == _ID_LENGTH),
                ("card", card.isdigit() and len(card) in _CARD_LENGTHS),
            )
            if not there
        ]
        if missing:
            lacking.append(f"{line.id} {line.terms['person']}: {', '.join(missing)}")
    if lacking:
        raise Rejected(RejectionCode.BORROWER_UNKNOWN, lines="; ".join(lacking))


def _line(
    sources: Sources,
    line: Case,
    application: Case,
    acts: Sequence[Act],
    member: Case,
    debts: Mapping[str, Sequence[Case]],
) -> said.BorrowerLine:
    terms = line.terms
    person = sources.person(str(terms["person"]))
    if person is None:  # ``known`` has looked at every one of them.
        raise Rejected(RejectionCode.BORROWER_UNKNOWN, lines=line.id)
    return said.BorrowerLine(
        line=int(terms["line"]),
        guarantee=line.id,
        person=str(terms["person"]),
        name=person.name,
        id_masked=mask_id(person.id_number.upper()),
        card_masked=mask_card("".join(person.card.split())),
        principal_fen=int(terms["amount"]),
        term_months=int(terms["term_months"]),
        purpose=str(terms["purpose"]),
        group=str(terms["group"]),
        credit_level=str(member.terms.get("level", "-")),
        other_loans=tuple(
            _other(sources, one) for one in debts.get(str(terms["person"]), ()) if _owes(one)
        ),
        reasons=tuple(_reason(sources, *one) for one in terms["reasons"]),
        papers=tuple(
            said.Paper(
                kind=sources.organs.said(_PAPERS[act.act]),
                number=place(act),
                digest=own_digest(act),
            )
            for act in acts
            if act.act in _PAPERS
        ),
        notice=_notice(application, acts),
    )


def _debts(sources: Sources) -> dict[str, list[Case]]:
    """Person → his loans of the cooperative that are out, read once for the whole list."""
    found: dict[str, list[Case]] = {}
    for loan in store.in_states(sources.conn, sources.node, "loan", (ACTIVE, WRITTEN_OFF)):
        found.setdefault(str(loan.terms["person"]), []).append(loan)
    return found


def _owes(case: Case) -> bool:
    loan = loan_of(case)
    return loan.outstanding > 0 and loan.due_on is not None


def _other(sources: Sources, case: Case) -> said.OtherLoan:
    loan = loan_of(case)
    return said.OtherLoan(
        lender=sources.registered.name,
        balance_fen=loan.outstanding,
        due_on=loan.due_on or sources.today,
    )


def _reason(sources: Sources, check: str, seen: str, allowed: str) -> said.Reason:
    """One recorded check in words; what the books count ends in an English word."""
    rule, zh, en = _REASONS[check]
    told = {"seen": seen or "-", "allowed": allowed}
    if check in _COUNTED:
        told["allowed"] = allowed.partition(" ")[0]
    return said.Reason(rule=rule, zh=sources.organs.said(zh).format(**told), en=en.format(**told))


def _notice(application: Case, acts: Sequence[Act]) -> said.Notice:
    """The notice that ran to its end: the last one posted, cleared on the day of the state."""
    posted = [act for act in acts if act.act == "notice"]
    ensure(bool(posted) and application.since is not None, "cleared_had_a_notice",
           application=application.id)  # fmt: skip
    last = posted[-1]
    return said.Notice(
        id=place(last),
        posted_on=last.business_date,
        until=application.since or last.business_date,
        objections=int(application.state == "objected"),
        digest=own_digest(last),
    )
