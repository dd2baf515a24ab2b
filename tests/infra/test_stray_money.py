"""A county directory's money from nobody known is played on its day, and once."""

from datetime import date
from pathlib import Path

from infra.county_directory import load
from infra.demonstration import outside
from tests.support.county_files import add_row, copy_of


def test_money_from_nobody_known_reaches_the_village_on_its_day(tmp_path: Path) -> None:
    folder = copy_of("two_villages", tmp_path)
    stray = {"kind": "unknown_bank_line", "what": "xicun", "from": "2012-04-10", "amount": "8.88"}
    add_row(folder, "faults.csv", **stray)
    directory = load(folder)
    on = date(2012, 4, 10)
    assert on in directory.event_days()
    assert list(outside.strays(directory, date(2012, 4, 9))) == []
    [order] = outside.strays(directory, on)
    assert order.amount_fen == 888
    assert order.sub_account == next(
        one.sub_account for one in directory.cooperatives if one.id == "xicun"
    )
    # Asked again on a later day it is the same order, which the bank carries out once.
    assert list(outside.strays(directory, date(2012, 5, 1))) == [order]
