"""Another county than the demonstration's: other profile, odd fen, and what goes wrong in a life.

The normal run plays Liushu through its spring (late node, bounced card, loan between villages is
asked for); the long run plays all of it. A county that a test writes itself shows that no name,
amount or profile is wired in.
"""

import tomllib
from pathlib import Path

import pytest

from infra.county_directory import CountyDirectory, find, load
from infra.demonstration.proof import Proof
from tests.e2e.running import NO_POOL, PROVEN, Running, running
from tests.support.county_files import copy_of, read_rows, write_rows

FINDINGS = """
SELECT id, state, body::jsonb -> 'terms' ->> 'owner', body::jsonb ->> 'due'
  FROM cases WHERE scope = 'K' AND process = 'finding'"""
UNTIL_BOUNCE = 18
"""Nights of Liushu until the bounced loan is paid out again and the late node has caught up."""
OWN_NAMES = {
    "dongcun": "gaoping", "xicun": "hejia", "东村": "高坪村", "西村": "何家村",
    "dc-": "gp-", "xc-": "hj-",
}  # fmt: skip


def everything_holds(proofs: dict[str, Proof]) -> None:
    assert proofs.keys() == PROVEN
    assert [row for row in proofs.values() if row.failed] == []


def findings_have_owner_and_clock(own: Running) -> list[str]:
    """Every finding is resolved, or stands with an owner and a date; gives their names."""
    rows = own.rows(FINDINGS)
    assert [row for row in rows if row[1] != "resolved" and not (row[2] and row[3])] == []
    return [str(row[0]) for row in rows]


def payouts(own: Running, loan: str) -> list[str]:
    """States of the payments of one loan."""
    query = (
        "SELECT state FROM cases WHERE scope = 'K' AND process = 'payment'"
        " AND body::jsonb -> 'terms' ->> 'for' = :loan ORDER BY state"
    )
    return [str(row[0]) for row in own.rows(query, loan=loan)]


def refused(own: Running) -> set[str]:
    return {told.code for night in own.nights for _, told in night.refusals}


def figures_equal(directory: CountyDirectory, figures: dict[str, object]) -> None:
    for one in directory.expected:
        name, _, tag = one.key.partition(".")
        ours = figures[name]
        assert (ours.get(tag, 0) if isinstance(ours, dict) else ours) == one.value, one.key


def test_liushu_in_spring_survives_a_late_node_and_a_bounced_card() -> None:
    directory = load(find("liushu"))
    with running(directory) as own:
        own.player.open()
        for _ in own.player.play(UNTIL_BOUNCE):
            pass
        _, proofs = own.taken()
        everything_holds(proofs)
        findings_have_owner_and_clock(own)
        late = own.rows("SELECT business_date, cooperative FROM missing"
                        " WHERE business_date >= '2016-04-18'")  # fmt: skip
        assert sorted(late) == [(f"2016-04-{day}", "shajing") for day in (19, 20, 21)]
        assert payouts(own, "loan-shajing-sj-l2") == ["paid", "returned"]
        assert payouts(own, "loan-liuwan-lw-l3") == ["paid"]
        state = own.rows("SELECT state FROM cases WHERE id = 'loan-shajing-sj-l2'")
        assert state == [("active",)]


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_liushu_plays_to_its_end_with_every_figure_and_proof() -> None:
    directory = load(find("liushu"))
    with running(directory) as own:
        own.whole()
        figures, proofs = own.taken()
        everything_holds(proofs)
        assert {name for name, row in proofs.items() if not row.checked} == NO_POOL
        figures_equal(directory, dict(figures))
        findings_have_owner_and_clock(own)
        assert figures["overdue_fen"], "the failing loan is overdue"
        assert refused(own) == set()


def own_county(folder: Path) -> Path:
    """A directory as somebody else would write it: own names, odd fen, profile Ningxia's groups."""
    county = copy_of("two_villages", folder).rename(folder / "zijide")
    for file in county.iterdir():
        text = file.read_text(encoding="utf-8")
        for theirs, ours in OWN_NAMES.items():
            text = text.replace(theirs, ours)
        file.write_text(text, encoding="utf-8")
    settings = county / "county.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace("两村县", "自己的县").replace('"two-villages"', '"zijide"')
    text = text.replace('"WENXIAN"', '"NINGXIA"')
    text += '\n[parameters]\n"fee.monthly_permille" = "7.3"\n"guarantee.mode" = "g3"\n'
    settings.write_text(text, encoding="utf-8")
    (county / "expected.toml").unlink()
    for name, cells in (
        ("members.csv", {"share": ["333.33", "501.07", "499.99", "612.35", "700.01", "350.10"]}),
        ("grants.csv", {"amount": ["43210.98", "39999.99"]}),
        ("loans.csv", {"amount": ["2345.67", "1234.56"]}),
        ("repayments.csv", {"amount": ["777.77", "all", "all"]}),
        # This profile wants another person than the deputy.
        (
            "posts.csv",
            {
                "person": [
                    "高正",
                    "高副",
                    "高出纳",
                    "高会计",
                    "高福海",
                    "高守信",
                    "何正",
                    "何副",
                    "何出纳",
                    "何会计",
                    "何福田",
                    "何守义",
                ]
            },
        ),
    ):
        rows = read_rows(county, name)
        for column, values in cells.items():
            place = rows[0].index(column)
            for row, value in zip(rows[1:], values, strict=True):
                row[place] = value
        write_rows(county, name, rows)
    return county


def test_a_county_written_by_somebody_else_plays_through(tmp_path: Path) -> None:
    path = own_county(tmp_path)
    assert tomllib.loads((path / "county.toml").read_text(encoding="utf-8"))["profile"] == "NINGXIA"
    with running(load(path)) as own:
        own.whole()
        figures, proofs = own.taken()
    everything_holds(proofs)
    assert refused(own) == set()
    assert figures["fund_by_source_fen"] == {"fiscal": 83_210_97, "shares": 2_996_85}
    assert (figures["loans_count"], figures["loans_fen"]) == (2, 3_580_23)
    assert (figures["repaid_fen"], figures["outstanding_fen"]) == (3_580_23, 0)
