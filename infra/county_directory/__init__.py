"""A county directory: plain files a person can edit, read into one typed, proven county.

``load`` and ``find`` are the doors; ``docs/county-directory.md`` is the format. Used by the
demonstration, the simulation, `lianhe county check` and every fixture. Never writes a file, never
decides what the system is to answer.
"""

from pathlib import Path

from infra.county_directory.build import build
from infra.county_directory.checks.days import check_days
from infra.county_directory.checks.dealings import check_dealings
from infra.county_directory.checks.expected import check_expected
from infra.county_directory.checks.guarantees import check_guarantees
from infra.county_directory.checks.loans import check_loans
from infra.county_directory.checks.posts import check_posts
from infra.county_directory.checks.references import check_references
from infra.county_directory.directory import CountyDirectory
from infra.county_directory.layout import SETTINGS
from infra.county_directory.limits import read_policy
from infra.county_directory.problems import CountyErrors, Place, Problem, Problems
from infra.county_directory.settings import read_expected, read_settings
from infra.county_directory.tables import read_tables

__all__ = ["COUNTIES", "CountyDirectory", "CountyErrors", "Problem", "find", "load"]
COUNTIES = Path(__file__).parent.parent / "counties"
"""The counties that come with Lianhe, one folder each."""


def load(path: Path) -> CountyDirectory:
    """Read a county directory; its warnings are in the result.

    Raises CountyErrors with every error and warning at once, sorted by file, row and column.
    Totals are compared with expected.toml only when nothing else is wrong: a row that could not
    be read would make every sum look false.
    """
    if not path.is_dir():
        raise CountyErrors((_not_found(str(path)),))
    problems = Problems()
    settings = read_settings(path, problems)
    tables = read_tables(path, problems)
    figures = read_expected(path, problems)
    policy = read_policy(settings, problems)
    check_references(tables, (township.id for township in settings.townships), problems)
    check_days(tables, settings.calendar, problems)
    check_posts(tables, policy, problems)
    check_guarantees(tables, policy, problems)
    check_loans(tables, policy, problems)
    check_dealings(tables, problems)
    if problems.any_error():
        raise CountyErrors(problems.sorted())
    county = build(tables, settings, figures, problems.sorted())
    check_expected(county, problems)
    if problems.any_error():
        raise CountyErrors(problems.sorted())
    return county


def find(name_or_path: str | Path) -> Path:
    """The county directory at a path, or the built-in county of a name.

    A folder with a county.toml wins over a built-in name, so that a person's own copy is never
    passed over. Raises CountyErrors (COUNTY_NOT_FOUND) if there is neither.
    """
    path = Path(name_or_path)
    if (path / SETTINGS).exists():
        return path
    if str(name_or_path) in _names():
        return COUNTIES / name_or_path
    if path.is_dir():
        return path
    raise CountyErrors((_not_found(str(name_or_path)),))


def _names() -> list[str]:
    return sorted(one.name for one in COUNTIES.iterdir() if (one / SETTINGS).exists())


def _not_found(name: str) -> Problem:
    facts = {"name": name, "known": ", ".join(_names())}
    return Problem(Place(name), "COUNTY_NOT_FOUND", facts)
