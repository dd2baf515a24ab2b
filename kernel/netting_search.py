"""The smallest set of obligations to leave out of a cycle so that every net payer can pay.

Called by netting.settle alone. Exact for any night a county has; beyond a fixed number of steps it
says so and uses a plain rule. Knows parties, amounts and dates, nothing of books or disputes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

_STEPS = 20_000
"""Sets looked at for one group of parties before the search gives way to the plain rule: a count,
not a time, so that every machine finds the same plan. An ordinary night needs a few dozen."""
_SIZE = 200
"""Largest set searched for: beyond it a night is not ordinary, and the search recurses by size."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One obligation: ``payer`` owes ``payee`` ``amount`` (fen) since ``due``."""

    id: str
    payer: str
    payee: str
    amount: int
    due: date


class Slack:
    """What each party has left after the cycle: free balance + net position (fen).

    It follows items being taken out and put back; below zero is short.
    """

    def __init__(self, items: Iterable[Item], free_fen: Mapping[str, int]) -> None:
        self.of: dict[str, int] = {}
        self.owed_by: dict[str, list[Item]] = {}
        for item in sorted(items, key=lambda item: item.id):
            self.owed_by.setdefault(item.payer, []).append(item)
            for name in (item.payer, item.payee):
                self.of.setdefault(name, free_fen.get(name, 0))
            self.put_back(item)

    def take_out(self, item: Item) -> None:
        """The item is deferred: its payer keeps the money, its payee does not get it."""
        self.of[item.payer] += item.amount
        self.of[item.payee] -= item.amount

    def put_back(self, item: Item) -> None:
        """The item is settled in this cycle."""
        self.of[item.payer] -= item.amount
        self.of[item.payee] += item.amount

    def short(self, names: Iterable[str]) -> list[str]:
        """Those of ``names`` who cannot pay their net position, in the order given."""
        return [name for name in names if self.of[name] < 0]


def smallest_to_defer(slack: Slack) -> tuple[list[Item], bool]:
    """The items to defer, and whether a smaller set is proven impossible.

    Fewest items; then those due latest; then the least money; then by id. Groups of parties that
    cannot make each other short are searched apart; the best of each is the best of all.
    """
    chosen: list[Item] = []
    proven = True
    for group in _groups(slack):
        found = _Search(slack, group).run()
        if found is None:
            found, proven = _plain(slack, group), False
        chosen.extend(found)
    return sorted(chosen, key=lambda item: item.id), proven


def _groups(slack: Slack) -> list[list[str]]:
    """Parties that are short, or could be made so by deferring, with those who could do it."""
    waiting = slack.short(sorted(slack.of))
    members = dict.fromkeys(waiting, "")
    could_miss: dict[str, int] = {}
    while waiting:
        for item in slack.owed_by.get(waiting.pop(), ()):
            could_miss[item.payee] = could_miss.get(item.payee, 0) + item.amount
            if item.payee not in members and could_miss[item.payee] > slack.of[item.payee]:
                members[item.payee] = ""
                waiting.append(item.payee)
    leader = {name: name for name in members}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for name in members:
        for item in slack.owed_by.get(name, ()):
            if item.payee in members:
                first, second = sorted((find(name), find(item.payee)))
                leader[second] = first
    together: dict[str, list[str]] = {}
    for name in sorted(members):
        together.setdefault(find(name), []).append(name)
    return list(together.values())


class _Search:
    """Exact search over one group.

    A short payer is only helped by deferring what he owes himself, so each step branches over his
    own items: nothing that could be smaller is passed over.
    """

    def __init__(self, slack: Slack, group: Sequence[str]) -> None:
        self.slack = slack
        self.group = group
        self.out: list[Item] = []
        self.decided: set[str] = set()
        self.best: list[Item] | None = None
        self.steps = 0

    def run(self) -> list[Item] | None:
        """The best set of the smallest size; None when the steps do not suffice."""
        short = self.slack.short(self.group)
        size = self._at_least(short) if short else 0
        while size is not None and size <= _SIZE and self.steps < _STEPS:
            self._within(size)
            if self.steps < _STEPS and self.best is not None:
                return self.best
            size += 1
        return None

    def _within(self, room: int) -> None:
        """Try every set of at most ``room`` more items than are out already."""
        self.steps += 1
        if self.steps >= _STEPS:
            return
        short = self.slack.short(self.group)
        if not short:
            if self.best is None or _cost(self.out) < _cost(self.best):
                self.best = list(self.out)
            return
        needed = self._at_least(short)
        if needed is None or needed > room:
            return
        tried = []
        for item in self._open(short[0]):
            self.slack.take_out(item)
            self.out.append(item)
            self.decided.add(item.id)
            self._within(room - 1)
            self.out.pop()
            self.slack.put_back(item)
            # Every set with this item has been tried: the branches after it do without.
            tried.append(item.id)
        self.decided.difference_update(tried)

    def _open(self, name: str) -> list[Item]:
        """Items of a payer that are neither out nor decided to stay."""
        return [i for i in self.slack.owed_by.get(name, ()) if i.id not in self.decided]

    def _at_least(self, short: Iterable[str]) -> int | None:
        """No fewer items can help: each short payer's own, largest first; None: none can."""
        count = 0
        for name in short:
            amounts = sorted((item.amount for item in self._open(name)), reverse=True)
            left = self.slack.of[name]
            while left < 0:
                if not amounts:
                    return None
                left += amounts.pop(0)
                count += 1
        return count


def _cost(out: Sequence[Item]) -> tuple[int, list[int], int, list[str]]:
    """What makes one set better than another: fewer, then due later, then less, then by id."""
    lateness = sorted(-item.due.toordinal() for item in out)
    return len(out), lateness, sum(i.amount for i in out), sorted(i.id for i in out)


def _plain(slack: Slack, group: Sequence[str]) -> list[Item]:
    """The first short payer defers his largest item until nobody is short (the plain rule).

    Largest first never defers too much: no item left out could come back alone.
    """
    out: list[Item] = []
    while short := slack.short(group):
        own = [item for item in slack.owed_by[short[0]] if item not in out]
        largest = max(own, key=lambda item: (item.amount, item.id))
        slack.take_out(largest)
        out.append(largest)
    for item in out:
        slack.put_back(item)
    return out
