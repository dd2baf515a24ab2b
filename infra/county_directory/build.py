"""Rows that passed every check, into the records of model.py. Called by ``load`` alone."""

from typing import TypeVar

import msgspec

from infra.county_directory.directory import CountyDirectory
from infra.county_directory.kinds import FaultKind
from infra.county_directory.model import (
    Cooperative,
    Deposit,
    Facility,
    Fault,
    Grant,
    Group,
    GuaranteeGroup,
    GuaranteeLine,
    IntercoopLoan,
    Loan,
    Member,
    Officer,
    Post,
    Repayment,
    Stake,
)
from infra.county_directory.problems import Problem
from infra.county_directory.settings import Figures, Settings
from infra.county_directory.table import Row
from infra.county_directory.tables import Tables

_Record = TypeVar("_Record", bound=msgspec.Struct)


def build(
    tables: Tables, settings: Settings, figures: Figures, warnings: tuple[Problem, ...]
) -> CountyDirectory:
    """The county; raises msgspec.ValidationError only if a check has let something through."""
    calendar, bank = settings.calendar, settings.bank
    if calendar is None or bank is None:
        raise msgspec.ValidationError("county.toml was not checked")
    faults, loans = _all(tables, "faults.csv", Fault), _all(tables, "loans.csv", Loan)
    wrong_cards = {fault.what for fault in faults if fault.kind is FaultKind.WRONG_CARD}
    bounced = [loan.id for loan in loans if loan.bounce]
    loans = tuple(
        msgspec.structs.replace(loan, bounce=loan.bounce or loan.id in wrong_cards)
        for loan in loans
    )
    return CountyDirectory(
        **settings.top,
        calendar=calendar,
        bank=bank,
        pool=settings.pool,
        federation=settings.federation,
        townships=settings.townships,
        parameters=settings.parameters,
        cooperatives=_all(tables, "cooperatives.csv", Cooperative),
        groups=_all(tables, "groups.csv", Group),
        members=_all(tables, "members.csv", Member),
        posts=_all(tables, "posts.csv", Post),
        guarantee_groups=_all(tables, "guarantee_groups.csv", GuaranteeGroup),
        grants=_all(tables, "grants.csv", Grant),
        loans=loans,
        repayments=_all(tables, "repayments.csv", Repayment),
        intercoop=_all(tables, "intercoop.csv", IntercoopLoan),
        officers=_all(tables, "officers.csv", Officer),
        facilities=_all(tables, "facilities.csv", Facility),
        stakes=_all(tables, "stakes.csv", Stake),
        deposits=_all(tables, "deposits.csv", Deposit),
        packages=_all(tables, "packages.csv", GuaranteeLine),
        faults=faults + tuple(Fault(kind=FaultKind.WRONG_CARD, what=loan) for loan in bounced),
        expected=figures.expected,
        as_of=figures.as_of or calendar.last_day,
        warnings=warnings,
    )


def _all(tables: Tables, file: str, record: type[_Record]) -> tuple[_Record, ...]:
    return tuple(_record(row, record) for row in tables[file])


def _record(row: Row, record: type[_Record]) -> _Record:
    # `all` is a None that means something; every other None is an empty cell: the default holds.
    values = {
        column.target: row.values[column.name]
        for column in row.file.columns
        if row.values[column.name] is not None or column.kind == "yuan_or_all"
    }
    if record is IntercoopLoan:
        values.setdefault("asked_on", values["offered_on"])
    return msgspec.convert(values, record, from_attributes=True)
