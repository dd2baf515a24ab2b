"""The figures of expected.toml against what the files alone come to."""

from contracts.money import show
from infra.county_directory.directory import CountyDirectory
from infra.county_directory.figures import from_files
from infra.county_directory.layout import BY_COOPERATIVE, EXPECTED, layout
from infra.county_directory.problems import Place, Problems, nearest

CONTEXT = "context"


def check_expected(county: CountyDirectory, problems: Problems) -> None:
    """Note unknown and doubled figures, and each that the files contradict."""
    ours = from_files(county)
    theirs = {f"{name}.{one.id}" for name in BY_COOPERATIVE for one in county.cooperatives}
    known = {*layout().figures, *theirs} - {*BY_COOPERATIVE}
    seen: set[str] = set()
    for number, figure in enumerate(county.expected, start=1):
        place = Place(EXPECTED, 0, f"figure {number}.key")
        if figure.key in seen:
            problems.note(place, "EXPECTED_DOUBLED", value=figure.key)
        seen.add(figure.key)
        if figure.kind == CONTEXT:
            continue
        if figure.key not in known:
            near = nearest(figure.key, sorted(known))
            problems.note(place, "EXPECTED_KEY_UNKNOWN", value=figure.key, nearest=near)
        elif figure.key in ours and ours[figure.key] != figure.value:
            facts = {
                "expected": shown(figure.key, figure.value),
                "ours": shown(figure.key, ours[figure.key]),
            }
            problems.note(place, "EXPECTED_DIFFERS", key=figure.key, **facts)


def shown(key: str, value: int | str) -> str:
    """A figure as a person reads it: fen as yuan, all else as it is."""
    is_money = isinstance(value, int) and key.partition(".")[0].endswith("_fen")
    return show(int(value)) if is_money else str(value)
