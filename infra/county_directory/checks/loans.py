"""Loans and repayments: who borrows with whom, who votes, and that nobody pays twice over.

What the system itself must refuse (a loan over the cap, a vote that is not allowed) is a warning:
a directory may contain it on purpose.
"""

from collections import defaultdict
from datetime import date

from contracts.money import PPM, show
from infra.county_directory.checks.posts import holder_of
from infra.county_directory.kinds import COUNCIL_POSTS, SUPERVISOR_POSTS, Funding, PostKind
from infra.county_directory.limits import cap_fen, fee_ppm, level_limit_fen, term_most
from infra.county_directory.model import Vote
from infra.county_directory.problems import Problems
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables
from kernel.policy import Policy

_FUNDED_BY = {Funding.INTERCOOP: "intercoop.csv", Funding.WHOLESALE: "facilities.csv"}
ABSTAIN = "abstain"


def check_loans(tables: Tables, policy: Policy | None, problems: Problems) -> None:
    """Note what is wrong with each application, and warn of what the system will refuse."""
    posts: dict[str, list[Row]] = defaultdict(list)
    for row in tables["posts.csv"]:
        posts[row.text("cooperative")].append(row)
    for row in tables["loans.csv"]:
        _guarantee(row, tables, problems)
        _funding(row, tables, problems)
        _votes(row, tables, posts[row.text("cooperative")], problems)
        _release(row, tables, posts[row.text("cooperative")], problems)
        if policy is not None:
            _limits(row, tables, policy, problems)
    for row in tables["packages.csv"]:
        _guarantee(row, tables, problems)
    if policy is not None:
        _repayments(tables, policy, problems)


def _guarantee(row: Row, tables: Tables, problems: Problems) -> None:
    group, household = row.text("guarantee_group"), row.text("household")
    known = household in tables.by_id["members.csv"]
    if group and known and not tables.in_group(group, household):
        place = row.place("guarantee_group")
        problems.note(place, "BORROWER_NOT_IN_GUARANTEE", value=group, household=household)
    other = tables.find("guarantee_groups.csv", row, "guarantee_group")
    day, ended = row.day("applied_on"), other.day("dissolved_on") if other else None
    if day and ended and ended < day:
        problems.note(row.place("guarantee_group"), "GUARANTEE_NOT_LIVE", value=group, on=ended)


def _funding(row: Row, tables: Tables, problems: Problems) -> None:
    funding, line = row.text("funding"), row.text("funding_id")
    if not funding or not row.was_read("funding_id"):
        return
    file = _FUNDED_BY.get(Funding(funding))
    place = row.place("funding_id")
    if file is None:
        if line:
            problems.note(place, "FUNDING_ID_UNWANTED", funding=funding)
        return
    if not line:
        problems.note(place, "FUNDING_NEEDS_ID", funding=funding)
        return
    source = tables.by_id[file].get(line)
    if source is None:
        problems.note(place, "REFERENCE_UNKNOWN", value=line, to=file, nearest="-")
        return
    theirs = source.text("borrower" if file == "intercoop.csv" else "cooperative")
    ours = row.text("cooperative")
    if theirs and ours and theirs != ours:
        problems.note(place, "REFERENCE_ELSEWHERE", value=line, theirs=theirs, ours=ours)


def _votes(row: Row, tables: Tables, posts: list[Row], problems: Problems) -> None:
    votes = row.values.get("votes")
    if not isinstance(votes, tuple):
        return
    by_name: dict[str, set[str]] = defaultdict(set)
    kinds: dict[tuple[str, str], set[str]] = defaultdict(set)
    for post in posts:
        kinds[holder_of(post)].add(post.text("post"))
    for post in posts:
        by_name[post.text("person")] |= kinds[holder_of(post)]
    borrower = tables.find("members.csv", row, "household")
    for vote in votes:
        if not isinstance(vote, Vote):
            continue
        held = by_name.get(vote.person, set())
        barred = held & {PostKind.CASHIER, *SUPERVISOR_POSTS} or not held & set(COUNCIL_POSTS)
        own = borrower is not None and borrower.text("person") == vote.person
        if not held:
            facts = {"value": vote.person, "cooperative": row.text("cooperative")}
            problems.note(row.place("votes"), "VOTER_UNKNOWN", **facts)
        elif vote.answer != ABSTAIN and (barred or own):
            problems.note(row.place("votes"), "VOTER_MAY_NOT_VOTE", value=vote.person)


def _release(row: Row, tables: Tables, posts: list[Row], problems: Problems) -> None:
    """Somebody else than the borrower releases the payout: use and pay are two powers (R-020)."""
    cashiers = [post for post in posts if post.text("post") == PostKind.CASHIER]
    borrower = tables.find("members.csv", row, "household")
    if borrower is None or not cashiers:
        return
    mine = (row.text("household"), borrower.text("person"))
    if all(holder_of(post)[1] in mine for post in cashiers):
        facts = {"value": borrower.text("person"), "cooperative": row.text("cooperative")}
        problems.note(row.place("household"), "CASHIER_IS_BORROWER", **facts)


def _limits(row: Row, tables: Tables, policy: Policy, problems: Problems) -> None:
    amount, term, purpose = (
        row.number_of("amount"),
        row.number_of("term_months"),
        row.text("purpose"),
    )
    borrower = tables.find("members.csv", row, "household")
    level = borrower.number_of("credit_level") if borrower else None
    cap = cap_fen(policy, row.text("funding"))
    if amount is not None:
        limit = level_limit_fen(policy, level or 1)
        place = row.place("amount")
        if amount > cap:
            problems.note(place, "LOAN_OVER_CAP", value=show(amount), cap=show(cap))
        elif level is not None and amount > limit and row.text("funding") != Funding.SHUANGDAO:
            facts = {"value": show(amount), "level": level, "limit": show(limit)}
            problems.note(place, "LOAN_OVER_LEVEL", **facts)
    if term is not None and term > term_most(policy):
        facts = {"value": term, "most": term_most(policy)}
        problems.note(row.place("term_months"), "LOAN_TERM_TOO_LONG", **facts)
    purposes = policy.list("purpose.list")
    if purpose and purpose not in purposes:
        facts = {"value": purpose, "allowed": "、".join(purposes)}
        problems.note(row.place("purpose"), "LOAN_PURPOSE_UNLISTED", **facts)
    excluded = policy.flag("borrower.exclude_wealthy")
    if excluded and borrower is not None and borrower.flag("wealthy"):
        value = row.text("household")
        problems.note(row.place("household"), "BORROWER_WEALTHY", value=value)


def _repayments(tables: Tables, policy: Policy, problems: Problems) -> None:
    of_loan: dict[str, list[tuple[date, Row]]] = defaultdict(list)
    for row in tables["repayments.csv"]:
        loan, day = tables.find("loans.csv", row, "loan"), row.day("date")
        if loan is None:
            continue
        group, payer = loan.text("guarantee_group"), row.text("payer")
        known = payer in tables.by_id["members.csv"]
        if known and group and not tables.in_group(group, payer):
            facts = {"value": payer, "loan": row.text("loan")}
            problems.note(row.place("payer"), "PAYER_NOT_GUARANTOR", **facts)
        if day is not None and row.was_read("amount"):
            of_loan[row.text("loan")].append((day, row))
    for loan_id, paid in of_loan.items():
        paid.sort(key=lambda one: (one[0], one[1].number))
        _paid_at_most_owed(tables.by_id["loans.csv"][loan_id], paid, policy, problems)


def _paid_at_most_owed(
    loan: Row, paid: list[tuple[date, Row]], policy: Policy, problems: Problems
) -> None:
    """The sum of payments stays below principal and the fee of whole months since applying."""
    principal, applied = loan.number_of("amount"), loan.day("applied_on")
    total, all_by = 0, None
    for day, row in paid:
        amount = row.number_of("amount")
        if all_by is not None:
            facts = {"loan": loan.text("id"), "other_row": all_by.number}
            problems.note(row.place("amount"), "REPAYMENT_AFTER_ALL", **facts)
        elif amount is None:
            all_by = row
        elif principal is not None and applied is not None:
            total += amount
            months = (day.year - applied.year) * 12 + day.month - applied.month + 1
            monthly_ppm = fee_ppm(policy, loan.text("purpose"))
            most = principal + (principal * monthly_ppm * max(months, 0) + PPM - 1) // PPM
            if total > most:
                facts = {"loan": loan.text("id"), "paid": show(total), "most": show(most)}
                problems.note(row.place("amount"), "REPAYMENTS_EXCEED_LOAN", **facts)
