"""The figures of a county that its files alone decide, under the keys of ``lianhe demo --summary``.

Called by the check of expected.toml and by ``lianhe county check``. Figures that depend on what the
system does with an application (due, repaid, overdue) are left to the demonstration.
"""

from contracts.money import round_half_up
from infra.county_directory.directory import CountyDirectory
from infra.county_directory.kinds import FISCAL

SHARES, SHUANGDAO, FISCAL_TAG = "shares", "shuangdao", "fiscal"
_LOANS = "loans.csv"


def from_files(county: CountyDirectory) -> dict[str, int | str]:
    """Figure key → fen, count or percentage as text, as of ``county.as_of``.

    Figures of loans are absent where a warning says that the system will refuse one.
    """
    members = [m for m in county.members if m.joined_on <= county.as_of]
    sources = _fund_by_source(county)
    share_fen = sources.get(SHARES, 0)
    found: dict[str, int | str] = {
        "cooperatives": len(county.cooperatives),
        "groups": len(county.groups),
        "managers": len({post.holder for post in county.posts}),
        "households": len(members),
        "fund_fen": sum(sources.values()),
        "intercoop_loans": len(county.intercoop),
        "packages": len({line.package for line in county.packages}),
    }
    found |= {f"fund_by_source_fen.{tag}": fen for tag, fen in sources.items()}
    found |= _average("average_share_fen", share_fen, len(members))
    if not any(problem.place.file == _LOANS for problem in county.warnings):
        found |= _loan_figures(county)
    return found


def _fund_by_source(county: CountyDirectory) -> dict[str, int]:
    sources: dict[str, int] = {}
    for grant in county.grants:
        if grant.received_on <= county.as_of:
            tag = FISCAL_TAG if grant.source in FISCAL else grant.source.value
            sources[tag] = sources.get(tag, 0) + grant.amount_fen
    for member in county.members:
        if member.joined_on <= county.as_of:
            sources[SHARES] = sources.get(SHARES, 0) + member.share_fen
            if member.shuangdao_fen:
                sources[SHUANGDAO] = sources.get(SHUANGDAO, 0) + member.shuangdao_fen
    return sources


def _loan_figures(county: CountyDirectory) -> dict[str, int | str]:
    loans = [loan for loan in county.loans if loan.applied_on <= county.as_of]
    poor = [loan for loan in loans if county.member[loan.household].poor]
    loans_fen, poor_fen = (sum(loan.amount_fen for loan in some) for some in (loans, poor))
    found: dict[str, int | str] = {
        "loans_count": len(loans),
        "loans_fen": loans_fen,
        "poor_loans_count": len(poor),
        "poor_loans_fen": poor_fen,
    }
    if loans:
        found["poor_loans_count_percent"] = percent(len(poor), len(loans))
        found["poor_loans_percent"] = percent(poor_fen, loans_fen)
    found |= _average("average_loan_fen", loans_fen, len(loans))
    found |= _average("average_poor_loan_fen", poor_fen, len(poor))
    return found | _average("average_other_loan_fen", loans_fen - poor_fen, len(loans) - len(poor))


def _average(key: str, total: int, count: int) -> dict[str, int | str]:
    return {key: round_half_up(total, count)} if count else {}


def percent(part: int, whole: int) -> str:
    """``part`` in per cent of ``whole``, rounded half up to two decimals: ``"70.92"``."""
    hundredths = round_half_up(part * 10_000, whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
