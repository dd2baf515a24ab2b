"""Import members, guarantee groups and loan applications from a workbook (.xlsx, .xls, .ods).

Called by `lianhe node import`. Every bad cell and every refusal is named by sheet, row and column,
and then nothing at all is written; a good file becomes ordinary acts of the open day, typed by the
operator, in one transaction.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa

from contracts.facts import facts_of
from contracts.facts.credit import LoanApply
from contracts.facts.membership import GroupForm, MemberApply
from contracts.ledger import Actor
from contracts.money import yuan
from contracts.persons import Person
from contracts.rejections import RejectionCode
from journal import store
from journal.perform import Command, perform
from kernel.errors import Rejected
from services.cooperative_node import people
from services.cooperative_node.import_rows import SHEETS, Bad, Row, bad_cell, flag, read
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
        if bad:
            conn.rollback()
            return Imported(bad=tuple(bad))
        conn.commit()
    return Imported(rows={name: len(rows) for name, rows in sheets.items()})


def _perform(
    conn: sa.Connection, node: Node, sheets: dict[str, list[Row]], operator: str
) -> Iterator[Bad]:
    """Perform every row in order; yields each refusal, and goes on to find the others."""
    makers = {"members": _member, "groups": _group, "loans": _loan}
    for name, rows in sheets.items():
        for row in rows:
            savepoint = conn.begin_nested()
            try:
                perform(conn, world_of(conn, node), makers[name](conn, node, row, operator))
            except Rejected as refused:
                savepoint.rollback()
                told = refused.as_struct()
                yield bad_cell(SHEETS[name], row.number, "", told.text("zh"), told.text("en"))
            else:
                savepoint.commit()


def _member(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    cells = row.cells
    known = Person(
        name=cells["name"],
        card=cells.get("card", ""),
        id_number=cells.get("id_number", ""),
        phone=cells.get("phone", ""),
    )
    facts = MemberApply(
        person=people.keep(conn, node, known),
        household=cells["household"],
        poor=flag(cells.get("poor", "")),
        wealthy=flag(cells.get("wealthy", "")),
        share_group=cells.get("share_group", ""),
    )
    return _command(node, "member", cells["household"], "apply", "bookkeeper@node", operator, facts)


def _group(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    policy, _ = policy_of(conn, node)
    names = row.cells["households"].replace("、", " ").replace(",", " ").split()
    members = tuple(_case_id(node, "member", name) for name in names)
    facts = GroupForm(group_member=members, kind=policy.text("guarantee.mode"))
    name = row.cells["group"]
    return _command(node, "group", name, "form", "bookkeeper@node", operator, facts)


def _loan(conn: sa.Connection, node: Node, row: Row, operator: str) -> Command:
    cells = row.cells
    member = store.load(conn, node.book, _case_id(node, "member", cells["household"]))
    if member is None:
        raise Rejected(RejectionCode.NOT_A_MEMBER, member=cells["household"])
    groups = store.DatabaseLookup(conn, node.book).linked("group", "group_member", member.id)
    person = str(member.terms["person"])
    facts = LoanApply(
        member=member.id,
        person=person,
        group=next((group.id for group in groups if group.state == "live"), "-"),
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
    facts: MemberApply | GroupForm | LoanApply,
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
