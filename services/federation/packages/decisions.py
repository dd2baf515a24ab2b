"""Who decided on a package and how its pool has done: votes, signers, recovery statistics.

Called by assemble.py. A member meeting is known by its minutes (R-006): the heads counted stand
in their reference as the village's page writes them, and are read from there.
"""

from collections.abc import Sequence
from datetime import date

from contracts import package as said
from contracts.ledger import Act
from contracts.money import PPM, round_half_up, show
from contracts.rejections import RejectionCode
from journal import heads
from kernel import pool
from kernel.cases import Case, Hand
from kernel.claims import loss_of
from kernel.errors import Rejected
from kernel.loans import instalments
from kernel.recovery import due_recovery
from kernel.signatures import ABSTAIN, NO, YES
from services.federation.cases.voices import COUNTED
from services.federation.packages import queries
from services.federation.packages.sources import Sources, hands, own_digest, place

COUNCIL, MEETING = "council@coop", "meeting@node"


def agreement_act(sources: Sources) -> Act:
    """The act by which the pinned version came into force: its last signature."""
    agreement = sources.agreement
    version = int(agreement.terms["version"])
    for act in sources.acts(sources.custody, agreement.id)[agreement.id]:
        opened = version == 1 and act.act == "sign" and act.state == "open"
        if opened or (act.act == "amend" and act.terms.get("version") == version):
            return act
    raise Rejected(RejectionCode.AGREEMENT_NOT_OPEN, agreement=agreement.id, state=agreement.state)


def member_vote(sources: Sources) -> said.Vote:
    """The meeting's newest counted vote on the agreement: its stake, else its signature.

    Raises VOTE_NOT_COUNTED when no minutes tell how many came and agreed.
    """
    agreement = sources.agreement
    voices = [
        one
        for one in sources.village.linked("voice", "for", agreement.id)
        if one.hands and one.hands[0].role == MEETING and one.terms["act"] in ("stake", "sign")
    ]
    acts = sources.acts(sources.node, *(one.id for one in voices))
    spoken = sorted(
        ((acts[one.id][0], one) for one in voices),
        key=lambda told: (told[1].terms["act"] == "stake", told[0].seq),
    )
    for act, voice in reversed(spoken):
        if counted := COUNTED.search(str(voice.terms.get("minutes", ""))):
            present, agreed = int(counted[1]), int(counted[2])
            return said.Vote(
                number=str(voice.terms["minutes"])[: counted.start()].strip() or place(act),
                held_on=act.business_date,
                entitled=_members(sources, act.business_date),
                present=present,
                agreed=agreed,
                against=max(present - agreed, 0),
                abstained=0,
                text=_resolved(voice),
                act=place(act),
                digest=own_digest(act),
            )
    raise Rejected(RejectionCode.VOTE_NOT_COUNTED, agreement=agreement.id)


def _members(sources: Sources, day: date) -> int:
    """Who was a member on the day of the meeting: some may have joined or left since."""
    return sum(
        1
        for case in sources.village.all("member", sources.cooperative)
        if case.opened and case.since
        and (case.since <= day if case.state == "active" else case.opened <= day < case.since)
    )  # fmt: skip


def _resolved(voice: Case) -> str:
    if voice.terms["act"] == "stake":
        amount = show(int(voice.terms["amount"]))
        return f"同意从互助资金中缴存 {amount} 元作为村级风险补偿金。"
    return f"同意签订合作协议 {voice.terms['for']}。"


def council_vote(sources: Sources, acts: Sequence[Act]) -> said.Vote:
    """The council's vote on this package; entitled are those who hold a seat now, and who voted.

    Raises VOTE_NOT_COUNTED when the council is not among the signers.
    """
    told = [(act, hand) for act in acts for hand in hands(act) if hand.role == COUNCIL]
    if not told:
        raise Rejected(RejectionCode.VOTE_NOT_COUNTED, agreement=sources.package.id)
    last = told[-1][0]
    votes = [hand.vote for _, hand in told]
    roster = sources.county.world.registry.roster(
        COUNCIL, sources.package, sources.package.parties, sources.cases
    )
    voters = {hand.person for _, hand in told}
    return said.Vote(
        number=str(last.facts.get("said", place(last))),
        held_on=last.business_date,
        entitled=len(voters | set(roster or ())),
        present=len(votes),
        agreed=votes.count(YES),
        against=votes.count(NO),
        abstained=votes.count(ABSTAIN),
        text=f"同意本批 {len(sources.lines)} 户借款人、合计 {show(sources.amount)} 元"
        "由村级风险补偿金担保，并报县联合社。",
        act=place(last),
        digest=own_digest(last),
    )


def signers(sources: Sources, acts: Sequence[Act]) -> tuple[said.Signer, ...]:
    """Everyone who said yes, in the order of the acts."""
    told = [(act, hand) for act in acts for hand in hands(act) if hand.vote == YES]
    names = queries.officers(sources.conn, [hand.person for _, hand in told])
    return tuple(
        said.Signer(
            role=_role(sources, hand),
            name=_name(sources, hand, names),
            signed_on=act.business_date,
            act=place(act),
            digest=own_digest(act),
        )
        for act, hand in told
    )


def _role(sources: Sources, hand: Hand) -> str:
    roles = sources.county.world.registry.roles
    role = roles.get(hand.role) or roles.get(f"{hand.role.partition('@')[0]}@node")
    return sources.organs.said(role.zh) if role else hand.role


def _name(sources: Sources, hand: Hand, officers: dict[str, str]) -> str:
    """A name as county or village keeps it; the person's id where neither does."""
    if hand.role == COUNCIL:
        person = sources.person(hand.person)
        return person.name if person else hand.person
    return officers.get(hand.person, hand.person)


def recovery(sources: Sources) -> said.Recovery:
    """How the cooperative's own loans and its pool's guarantees have done (R-052, R-089)."""
    closed = heads.read(sources.conn, sources.node).closed_date
    as_of = min(date.fromisoformat(closed), sources.today) if closed else sources.today
    loans = [
        loan for loan in sources.village.all("loan", sources.cooperative) if _paid(loan, as_of)
    ]
    own = due_recovery(instalments(loans, as_of), as_of)
    agreement = sources.agreement.id
    lines = sources.cases.linked("guarantee", "agreement", agreement)
    claims = [
        claim
        for claim in sources.cases.linked("claim", "agreement", agreement)
        if claim.terms.get("paid_on")
    ]
    drawn = sum(int(line.terms["drawn"]) for line in lines)
    paid = sum(loss_of(claim).pool for claim in claims)
    back = sum(int(claim.terms["share_in"]) for claim in claims)
    return said.Recovery(
        as_of=as_of,
        own_due_fen=own.due_fen,
        own_repaid_fen=own.repaid_fen,
        recovery_ppm=round_half_up(own.repaid_fen * PPM, own.due_fen) if own.due_fen else PPM,
        guaranteed_paid_out_fen=drawn,
        guaranteed_repaid_fen=sum(int(part) for line in lines for part, _ in line.terms["repaid"]),
        claims_paid_fen=paid,
        claims_recovered_fen=back,
        claim_ppm=pool.claim_rate_ppm(paid=paid, recovered=back, drawn=drawn),
    )


def _paid(loan: Case, on: date) -> bool:
    return str(loan.terms.get("paid_on") or "9") <= on.isoformat()
