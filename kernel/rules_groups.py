"""Rules of guarantee groups and posts: sizes by mode, one live group, who may hold what.

R-010, R-011, R-038…R-041. Registered in kernel.rules; called by journal.perform. Pure.
"""

from collections.abc import Mapping, Sequence

from contracts.facts.membership import GroupForm, PostElect
from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.facts import read
from kernel.loans import OPEN
from kernel.policy import Policy
from kernel.rules import Asked, Outcome, rule

LEADER = "leader"
CHAIR, DEPUTY, CASHIER, ACCOUNTANT = "chair", "deputy", "cashier", "accountant"
SUPERVISORS = ("supervisor_head", "supervisor")
SEATS = (CHAIR, CASHIER, ACCOUNTANT, "supervisor_head")
"""Posts with one holder at a time."""
POSTS = (CHAIR, DEPUTY, ACCOUNTANT, CASHIER, "council", *SUPERVISORS, "group_head", "centre_head")
LIVE, HELD = "live", "held"


@rule()
def group_size(asked: Asked) -> Outcome:
    """A joint-liability group in the county's mode (R-038…R-041).

    Members are active, of different households, and in no other live group. Raises
    FACTS_INVALID, NOT_A_MEMBER, HOUSEHOLD_HAS_MEMBER, MEMBER_IN_GROUP, GROUP_SIZE.
    """
    facts = read(asked.facts, GroupForm)
    mode = asked.policy.text("guarantee.mode")
    if facts.kind != mode:
        raise Rejected(RejectionCode.FACTS_INVALID, where="kind", problem=f"{facts.kind} ≠ {mode}")
    wrong = [name for name in facts.leaders if name not in facts.group_member]
    if wrong or (facts.leaders and mode != LEADER):
        raise Rejected(
            RejectionCode.FACTS_INVALID, where="leaders", problem=", ".join(facts.leaders)
        )
    members = asked.lookup.some(facts.group_member)
    households: dict[str, str] = {}
    for name in facts.group_member:
        member = members.get(name)
        if member is None or member.process != "member" or member.state != "active":
            raise Rejected(RejectionCode.NOT_A_MEMBER, member=name)
        household = str(member.terms["household"])
        if household in households:
            raise Rejected(
                RejectionCode.HOUSEHOLD_HAS_MEMBER,
                household=household,
                member=households[household],
            )
        households[household] = name
        _in_no_group(asked, name)
    fault = size_fault(asked.policy, facts.group_member, facts.leaders, members)
    if fault:
        have, needed = fault
        raise Rejected(RejectionCode.GROUP_SIZE, group=asked.case.id, have=have, needed=needed)
    return Outcome()


@rule(claims="907.*")
def group_idle(asked: Asked) -> Outcome:
    """A group changes only when no loan is open (R-041); raises GROUP_HAS_LOAN."""
    for loan in asked.lookup.linked("loan", "group", asked.case.id):
        if loan.state in OPEN or asked.rows["claims"].get(loan.id):
            raise Rejected(RejectionCode.GROUP_HAS_LOAN, group=asked.case.id, loan=loan.id)
    return Outcome()


@rule()
def post_free(asked: Asked) -> Outcome:
    """A post may be taken (R-010, R-011): the seat is vacant, the posts may go together.

    Accountant and cashier are two persons; a supervisor holds no other post; the deputy is
    cashier only where the profile allows it. Raises FACTS_INVALID, POST_TAKEN, POST_CONFLICT.
    """
    facts = read(asked.facts, PostElect)
    if facts.post not in POSTS:
        raise Rejected(RejectionCode.FACTS_INVALID, where="post", problem=facts.post)
    if facts.until < facts.elected_on:
        raise Rejected(RejectionCode.FACTS_INVALID, where="until", problem=f"{facts.until}")
    held = [
        post for post in asked.lookup.all("post", asked.case.parties["coop"]) if post.state == HELD
    ]
    for post in held:
        if facts.post in SEATS and post.terms["post"] == facts.post:
            holder = post.terms["person"]
            raise Rejected(RejectionCode.POST_TAKEN, post=facts.post, person=holder, case=post.id)
    own = [str(post.terms["post"]) for post in held if post.terms["person"] == facts.person]
    for other in own:
        if _apart(asked.policy, facts.post, other):
            raise Rejected(
                RejectionCode.POST_CONFLICT, person=facts.person, held=other, asked=facts.post
            )
    return Outcome()


def size_fault(
    policy: Policy,
    group_member: Sequence[str],
    leaders: Sequence[str],
    members: Mapping[str, Case],
) -> tuple[str, str] | None:
    """(have, needed) when a group of active members does not fit ``guarantee.mode``, else None.

    Also asked at each application: a member who left since makes the group too small.
    """
    mode = policy.text("guarantee.mode")
    active = [name for name in group_member if name in members and members[name].state == "active"]
    if mode != LEADER:
        need = policy.count(f"guarantee.{mode}_households")
        return (f"{len(active)}", f"{need}") if len(active) != need else None
    heads = [name for name in active if name in leaders]
    led = [name for name in active if name not in leaders]
    poor = [name for name in led if members[name].terms.get("poor")]
    fewest, most = policy.count("guarantee.leaders_min"), policy.count("guarantee.leaders_max")
    led_fewest, led_most = policy.count("guarantee.led_min"), policy.count("guarantee.led_max")
    fits = fewest <= len(heads) <= most and led_fewest <= len(led) <= led_most
    if fits and len(poor) == len(led):
        return None
    have = f"{len(heads)} + {len(led)} (贫困户 poor {len(poor)})"
    return have, f"{fewest}-{most} + {led_fewest}-{led_most}"


def _in_no_group(asked: Asked, member: str) -> None:
    for other in asked.lookup.linked("group", "group_member", member):
        if other.state == LIVE and other.id != asked.case.id:
            raise Rejected(RejectionCode.MEMBER_IN_GROUP, member=member, group=other.id)


def _apart(policy: Policy, one: str, other: str) -> bool:
    """Whether R-011 keeps these two posts in different hands."""
    pair = {one, other}
    if pair == {ACCOUNTANT, CASHIER}:
        return True
    if pair == {DEPUTY, CASHIER}:
        return not policy.flag("posts.deputy_is_cashier")
    supervises = [post in SUPERVISORS for post in (one, other)]
    return any(supervises) and not all(supervises)
