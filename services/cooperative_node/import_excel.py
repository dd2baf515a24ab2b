"""Import a workbook (.xlsx, .xls, .ods): members, groups, loan applications, running books.

Called by `lianhe node import`. Every bad cell and every refusal is named by sheet, row and column,
and then nothing at all is written; a good file becomes ordinary acts of the open day, typed by the
operator, in one transaction. Sheets 期初… bring in running books, and are kept only if their sums
are those of the opening statement the county told (decision 0036).
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa

from contracts.facts import facts_of
from contracts.facts.credit import LoanApply
from contracts.facts.membership import GroupForm, MemberApply
from contracts.facts.opening import FundBroughtIn, LoanBroughtIn, MemberBroughtIn
from contracts.ledger import Actor
from contracts.money import yuan
from contracts.persons import Person
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, perform
from kernel.cases import Case
from kernel.errors import Rejected
from services.cooperative_node import people
from services.cooperative_node.import_rows import (
    OPENING,
    SHEETS,
    Bad,
    Row,
    bad_cell,
    day,
    flag,
    fund,
    permille,
    read,
)
from services.cooperative_node.world import Node, policy_of, world_of


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did: rows by sheet, or everything that is wrong with the file."""

    rows: dict[str, int] = {}
    bad: tuple[Bad, ...] = ()


def import_file(node: Node, path: Path, operator: str) -> Imported:
    """Import a workbook; either all of it or, with ``bad`` filled, nothing."""
    sheets, bad = read(path)
    if bad:
        return Imported(bad=tuple(bad))
    with node.engine.connect() as conn:
        bad = list(_perform(conn, node, sheets, operator))
        if not bad and sheets.keys() & set(OPENING):
            bad = list(_begin(conn, node, operator))
        if bad:
            conn.rollback()
            return Imported(bad=tuple(bad))
        conn.commit()
    return Imported(rows={name: len(rows) for name, rows in sheets.items()})


def _perform(
    conn: sa.Connection, node: Node, sheets: dict[str, list[Row]], operator: str
) -> Iterator[Bad]:
    """Perform every row in order; yields each refusal, and goes on to find the others."""
    makers = {
        "opening_members": _old_member,
        "members": _member,
        "groups": _group,
        "opening_loans": _old_loan,
        "opening_fund": _fund,
        "loans": _loan,
    }
    for name in SHEETS:
        for row in sheets.get(name, ()):
            savepoint = conn.begin_nested()
            try:
                perform(conn, world_of(conn), makers[name](conn, node, row, operator))
            except Rejected as refused:
                savepoint.rollback()
                told = refused.as_struct()
                yield bad_cell(SHEETS[name], row.number, "", told.text("zh"), told.text("en"))
            else:
                savepoint.commit()


def _begin(conn: sa.Connection, node: Node, operator: str) -> Iterator[Bad]:
    """The books begin if what was brought in is what the county's statement says."""
    command = Command(
        id=f"import-begin-{node.cooperative}",
        process="village_book",
        case=node.life,
        act="begin",
        actor=Actor(role="bookkeeper@node", operator=operator),
    )
    try:
        perform(conn, world_of(conn), command)
    except Rejected as refused:
        told = refused.as_struct()
        yield bad_cell("期初", 0, "", told.text("zh"), told.text("en"))


def _old_member(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    cells = row.cells
    facts = MemberBroughtIn(
        person=people.keep(conn, node, _person(cells)),
        household=cells["household"],
        joined_on=day(cells["joined_on"]),
        share=int(yuan(cells["share"])),
        shuangdao=int(yuan(cells.get("shuangdao") or "0")),
        poor=flag(cells.get("poor", "")),
        wealthy=flag(cells.get("wealthy", "")),
        share_group=cells.get("share_group", ""),
        level=int(cells.get("level") or 1),
    )
    role = "bookkeeper@node"
    return _command(node, "member", cells["household"], "bring_in", role, operator, facts)


def _old_loan(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    cells = row.cells
    member = _active(conn, node, cells["household"])
    facts = LoanBroughtIn(
        member=member.id,
        person=str(member.terms["person"]),
        group=_live_group(conn, node, member),
        amount=int(yuan(cells["amount"])),
        purpose=cells["purpose"],
        term_months=int(cells["term_months"]),
        rate_ppm=permille(cells["rate"]),
        paid_on=day(cells["paid_on"]),
        fee_paid_to=day(cells["fee_paid_to"]),
        repaid=int(yuan(cells.get("repaid") or "0")),
        due_on=day(cells["due_on"]) if cells.get("due_on") else None,
        number=cells.get("number", ""),
        project=cells.get("project", ""),
    )
    name = f"{cells['household']}-0-{row.number}"
    return _command(node, "loan", name, "bring_in", "bookkeeper@node", operator, facts)


def _fund(_conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    facts = FundBroughtIn(**{fund(row.cells["fund"]): int(yuan(row.cells["amount"]))})
    return Command(
        id=f"import-fund-{node.cooperative}-{row.number}",
        process="village_book",
        case=node.life,
        act="bring_in",
        actor=Actor(role="bookkeeper@node", operator=operator),
        facts=facts_of(facts),
    )


def _person(cells: dict[str, str]) -> Person:
    return Person(
        name=cells["name"],
        card=cells.get("card", ""),
        id_number=cells.get("id_number", ""),
        phone=cells.get("phone", ""),
    )


def _active(conn: sa.Connection, node: Node, household: str) -> Case:
    """The member of a household. Raises Rejected NOT_A_MEMBER."""
    member = store.load(conn, node.book, _case_id(node, "member", household))
    if member is None:
        raise Rejected(RejectionCode.NOT_A_MEMBER, member=household)
    return member


def _live_group(conn: sa.Connection, node: Node, member: Case) -> str:
    groups = store.DatabaseLookup(conn, node.book).linked("group", "group_member", member.id)
    return next((group.id for group in groups if group.state == "live"), "-")


def _member(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    cells = row.cells
    facts = MemberApply(
        person=people.keep(conn, node, _person(cells)),
        household=cells["household"],
        poor=flag(cells.get("poor", "")),
        wealthy=flag(cells.get("wealthy", "")),
        share_group=cells.get("share_group", ""),
    )
    return _command(node, "member", cells["household"], "apply", "bookkeeper@node", operator, facts)


def _group(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    policy, _ = policy_of(conn)
    names = row.cells["households"].replace("、", " ").replace(",", " ").split()
    members = tuple(_case_id(node, "member", name) for name in names)
    facts = GroupForm(group_member=members, kind=policy.text("guarantee.mode"))
    name = row.cells["group"]
    return _command(node, "group", name, "form", "bookkeeper@node", operator, facts)


def _loan(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    cells = row.cells
    member = _active(conn, node, cells["household"])
    person = str(member.terms["person"])
    facts = LoanApply(
        member=member.id,
        person=person,
        group=_live_group(conn, node, member),
        amount=int(yuan(cells["amount"])),
        purpose=cells["purpose"],
        term_months=int(cells["term_months"]),
        project=cells.get("project", ""),
    )
    name = f"{cells['household']}-{row.number}"
    command = _command(node, "loan", name, "apply", "member@node", operator, facts)
    actor = Actor(role="member@node", operator=operator, persons=(person,))
    return msgspec.structs.replace(command, actor=actor)


def _command(
    node: Node,
    process: str,
    name: str,
    act: str,
    role: str,
    operator: str,
    facts: MemberApply | GroupForm | LoanApply | MemberBroughtIn | LoanBroughtIn,
) -> Command:
    case = _case_id(node, process, name)
    return Command(
        id=f"import-{case}",
        process=process,
        case=case,
        act=act,
        actor=Actor(role=role, operator=operator),
        facts=facts_of(facts),
        parties={"coop": node.cooperative},
    )


def _case_id(node: Node, process: str, name: str) -> str:
    return f"{process}-{node.cooperative}-{name}"
