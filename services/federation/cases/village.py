"""One village's cases while a delivery is taken in: as stored, with the batch's own changes over.

Called by intake, which folds the batch act by act: rosters are asked as they stood at each act,
though nothing is written before the whole batch is known to be good. Reads only.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
import sqlalchemy as sa

from contracts.ids import cooperative_of
from contracts.ledger import Act
from contracts.rejections import RejectionCode
from journal import replica, store
from journal.registry import Registry
from kernel.cases import Case, fold
from kernel.errors import Rejected
from kernel.loans import Loan
from kernel.processes import START, Process
from services.federation.cases.judge import WRONG, Step
from services.federation.cases.reading import NAME_MAX


class _Anything(msgspec.Struct, kw_only=True):
    """Terms that rules and rosters of any process iterate over."""

    relatives: tuple[str, ...] = ()


class _Post(_Anything, kw_only=True):
    person: str
    post: str


class _Member(_Anything, kw_only=True):
    person: str


class _Group(_Anything, kw_only=True):
    group_member: tuple[str, ...]


_SHAPES: dict[str, type] = {"post": _Post, "member": _Member, "group": _Group, "loan": Loan}
"""Terms the county itself computes with: rosters, due rates, matching. Others it only keeps."""


class _Watch(msgspec.Struct, frozen=True):
    """What is looked at when an act changes terms: their shape, its names, and the links.

    ``change`` is the shape of some of the terms: the rest was looked at when it came.
    """

    shape: type
    change: type
    names: frozenset[str]
    links: frozenset[str]


@cache
def _watch(process: str, links: tuple[str, ...]) -> _Watch:
    shape = _SHAPES.get(process, _Anything)
    fields = msgspec.structs.fields(shape)
    change = msgspec.defstruct(
        "Change", [(one.name, one.type | msgspec.UnsetType, msgspec.UNSET) for one in fields]
    )
    # Learned before another thread can see it (decision 0063).
    msgspec.json.Decoder(change)
    return _Watch(shape, change, frozenset(one.name for one in fields), frozenset(links))


class Village(store.DatabaseLookup):
    """A lookup of one village's scope that also sees what the batch has changed so far."""

    def __init__(self, conn: sa.Connection, book: str, acts: Sequence[Act]) -> None:
        super().__init__(conn, book)
        self.before = replica.load_all(conn, book, [act.case for act in acts])
        self.after: dict[str, Case] = {}
        self._fresh: dict[str, dict[str, Case]] = {}
        self._stored: dict[str, dict[str, Case]] = {}
        self._all: dict[str, tuple[Case, ...]] = {}

    def steps(self, acts: Sequence[Act], registry: Registry) -> Iterator[Step]:
        """Fold act after act; each counts once the next is asked for.

        Raises Rejected BATCH_MALFORMED where an act fits no case.
        """
        for act in acts:
            known = self.after.get(act.case) or self.before.get(act.case)
            process = registry.table[act.process]
            watch, terms = _watch(act.process, process.links), act.terms
            try:
                after = fold(known, act, process)
                if known is None:
                    msgspec.convert(after.terms, watch.shape)
                elif not watch.names.isdisjoint(terms):
                    msgspec.convert(terms, watch.change)
                if known is None or not watch.links.isdisjoint(terms):
                    _links_fit(after, process)
            except WRONG as error:
                raise _unfit(act, str(error)) from error
            if known and known.process != act.process:
                raise _unfit(act, f"is a case of {known.process}")
            # Judged before it counts: who acts holds his post until the act is done.
            yield Step(act, known, after, process.places.get(_place(known, act)))
            self.after[act.case] = after
            self._fresh.setdefault(act.process, {})[act.case] = after
            self._all.pop(act.process, None)

    def case(self, case: str) -> Case | None:
        """One case as it stands at this point of the batch."""
        return self.after.get(case) or self.before.get(case) or super().case(case)

    def some(self, ids: Sequence[str]) -> dict[str, Case]:
        """Those of these cases that exist, as they stand at this point of the batch."""
        return {name: found for name in ids if (found := self.case(name)) is not None}

    def all(self, process: str, cooperative: str) -> tuple[Case, ...]:
        """Every case of a process, as it stands at this point of the batch."""
        if process not in self._all:
            if process not in self._stored:
                found = super().all(process, cooperative)
                self._stored[process] = {case.id: case for case in found}
            mine = {**self._stored[process], **self._fresh.get(process, {})}
            self._all[process] = tuple(mine[name] for name in sorted(mine))
        return self._all[process]

    def village(self, cooperative: str) -> store.DatabaseLookup:
        """This village itself; another's cases as they are stored."""
        own = cooperative == cooperative_of(self.scope)
        return self if own else super().village(cooperative)

    def roster(self, registry: Registry, role: str, case: Case) -> Sequence[str] | None:
        """Who holds a role for a case, at this point of the batch."""
        return registry.roster(role, case, case.parties, self)


def _place(known: Case | None, act: Act) -> tuple[str, str]:
    return (known.state if known else START, act.act)


def _links_fit(case: Case, process: Process) -> None:
    """What a case is found by is short text; raises ValueError."""
    if any(len(value) > NAME_MAX for _, value in store.links(case, process)):
        raise ValueError(NAME_MAX)


def _unfit(act: Act, problem: str) -> Rejected:
    return Rejected(
        RejectionCode.BATCH_MALFORMED, problem=f"act {act.seq} {act.case}: {problem[:200]}"
    )
