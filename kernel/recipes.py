"""Posting recipes: one recipe holds the county's half and the node's half of the same money.

Parses the bytes of ``recipes.toml``; loading proves, per party, that custody and the node's
mirror move by the same amount, so no recipe can part them. Called by journal.perform and follow.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping

import msgspec

from contracts.ids import kind_of
from contracts.ledger import Line, Movement
from kernel.chart import OWN, Account, Chart
from kernel.errors import InvariantViolation, ensure

COUNTY, NODE, FEDERATION = "county", "node", "federation"
_KIND = {COUNTY: "K", NODE: "N", FEDERATION: "F"}
_PLACE = {kind: place for place, kind in _KIND.items()}
_MIRRORS = {"801": "10201", "802": "10901"}
"""Custody group → the node account that mirrors it (domain.md section 4)."""
_K_SUMS = ({"701", "709"}, {"702"}, {"703"})
_K_PARTS = (
    {"80101", "80102", "80108", "80109"},
    {"802", "8021", "803", "8031", "805", "8051"},
    {"804"},
)

Row = tuple[Account, Account, str]
Form = Counter[str]
"""A linear form: amount name → coefficient."""


def place_of(book: str) -> str:
    """Which half of a recipe a book posts: its kind says it (K county, N node, F federation)."""
    return _PLACE[kind_of(book)]


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by (place, party), and which amounts are the sum of others.

    ``filled`` are the numbers of a half's rows by the amount that fills them: of a dozen rows an
    act fills two or three.
    """

    name: str
    halves: Mapping[tuple[str, str], tuple[Row, ...]]
    filled: Mapping[tuple[str, str], Mapping[str, tuple[int, ...]]]
    parts: Mapping[str, tuple[str, ...]]

    def half(self, place: str, party: str, line: Line) -> tuple[Movement, ...]:
        """The movements of one party's book at one place, zero amounts left out."""
        rows = self.halves.get((place, party), ())
        filled = self.filled.get((place, party), {})
        numbers: list[int] = []
        for name, amount in line.amounts.items():
            if amount:
                numbers += filled.get(name, ())
        numbers.sort()
        return tuple([_movement(*rows[number], line, party) for number in numbers])

    def parties(self, place: str) -> tuple[str, ...]:
        """Parties that have a half at ``place``."""
        return tuple(party for at, party in self.halves if at == place)

    def amount_names(self, place: str) -> set[str]:
        """The amounts the rows of one place are filled with."""
        return {name for (at, _), rows in self.halves.items() if at == place for *_, name in rows}


def load(body: bytes, chart: Chart) -> dict[str, Recipe]:
    """Read ``recipes.toml`` and prove it; raises InvariantViolation naming the recipe."""
    recipes = {
        f"{family}.{name}": _recipe(f"{family}.{name}", cells, chart)
        for family, group in tomllib.loads(body.decode()).items()
        for name, cells in group.items()
    }
    for recipe in recipes.values():
        _prove(recipe)
    return recipes


def _recipe(name: str, cells: dict[str, dict[str, list[list[str]]]], chart: Chart) -> Recipe:
    halves = {
        (place, party): tuple(
            (chart[_KIND[place]][debit], chart[_KIND[place]][credit], amount)
            for debit, credit, amount in rows
        )
        for place, parties in cells.items()
        if place != "parts"
        for party, rows in parties.items()
    }
    parts = {whole: tuple(map(str, names)) for whole, names in cells.get("parts", {}).items()}
    filled = {at: _filled(rows) for at, rows in halves.items()}
    return Recipe(name=name, halves=halves, filled=filled, parts=parts)


def _filled(rows: tuple[Row, ...]) -> dict[str, tuple[int, ...]]:
    names = [name for *_, name in rows]
    return {
        name: tuple(number for number, other in enumerate(names) if other == name)
        for name in dict.fromkeys(names)
    }


def _movement(debit: Account, credit: Account, amount: str, line: Line, party: str) -> Movement:
    # In the order of its fields: a batch makes thousands of them.
    return Movement(
        debit.code,
        _key(debit, line, party) if debit.key else "",
        credit.code,
        _key(credit, line, party) if credit.key else "",
        OWN if debit.own or credit.own else line.funding,
        line.amounts[amount],
    )


def _key(account: Account, line: Line, party: str) -> str:
    """The key of one side: a party's own (``line@bank``) before the one all parties share."""
    keys = line.keys
    key = keys.get(f"{account.key}@{party}")
    if key is None:
        key = keys.get(account.key)
    if key is None:
        raise InvariantViolation("movement_has_its_key", account=account.code, need=account.key)
    return key


def _prove(recipe: Recipe) -> None:
    for (place, party), rows in recipe.halves.items():
        for debit, credit, amount in rows:
            ensure(
                debit.memo == credit.memo,
                "memo_pairs_with_memo",
                recipe=recipe.name,
                row=(debit.code, credit.code, amount),
            )
        if place == COUNTY:
            for sums, parts in zip(_K_SUMS, _K_PARTS, strict=True):
                ensure(
                    _moved(recipe, rows, sums) == _moved(recipe, rows, parts, -1),
                    "custody_total_is_its_parts",
                    recipe=recipe.name,
                    party=party,
                )
    for party in sorted({party for place, party in recipe.halves if place in (COUNTY, NODE)}):
        custody = recipe.halves.get((COUNTY, party), ())
        node = recipe.halves.get((NODE, party), ())
        for group, mirror in _MIRRORS.items():
            held = {a.code for row in custody for a in row[:2] if a.mirror == group}
            ensure(
                _moved(recipe, custody, held, -1) == _moved(recipe, node, {mirror}),
                "mirror_moves_with_custody",
                recipe=recipe.name,
                party=party,
                mirror=mirror,
            )


def _moved(recipe: Recipe, rows: tuple[Row, ...], codes: set[str], sign: int = 1) -> Form:
    """Net change of a set of accounts as a linear form over amount names, wholes split up."""
    form: Form = Counter()
    for debit, credit, amount in rows:
        for name in recipe.parts.get(amount, (amount,)):
            form[name] += sign * ((debit.code in codes) - (credit.code in codes))
    return Counter({name: count for name, count in form.items() if count})
