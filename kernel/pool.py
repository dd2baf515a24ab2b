"""Arithmetic of the risk compensation pool: the line, what is free, who bears a loss (P6).

Pure functions over fen, ppm and hundredths of the leverage; called by the rules of agreements,
guarantees and claims, by pages, by the package and by the simulator. Holds no state. Sources
R-081…R-090, P6, worked examples E1, E1b, E1c, E2.
"""

from collections.abc import Mapping, Sequence

import msgspec

from contracts.money import PPM, Fen, round_half_up, split, take_in_order

HUNDREDTHS = 100
"""A leverage is a whole number of hundredths: 500 is five times."""
V1, V2 = "v1", "v2"
STAKE, STAKE_AND_MATCH = "stake", "stake_and_match"
OWN_DEPOSIT, MATCH, BUNDLE = "own_deposit", "match", "bundle_deposits"
PRO_RATA = "pro_rata"
UNDER_WAY = ("applied", "endorsed", "approved", "noticed", "objected", "cleared")
"""States of an application for a bank loan that may still become a guarantee."""
LIVE = ("reserved", "sent", "conditioned", "accepted", "running")
"""States of a guarantee that uses the line."""


class Funds(msgspec.Struct, frozen=True, kw_only=True):
    """What answers for the guarantees of one cooperative: free balances of K(i), in fen.

    ``deposits``: member → pooled deposit (variant 1); ``stake`` and ``match`` are variant 2's.
    """

    stake: int = 0
    match: int = 0
    deposits: Mapping[str, int] = {}


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What of an agreement the arithmetic needs. ``leverage`` is in hundredths, parts in ppm."""

    variant: str
    leverage: int
    base: str
    loan_cap: int
    bank_part_ppm: int
    match_ppm: int
    layers: Sequence[str]
    match_order: str
    mutual: bool
    stop_ppm: int


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """How one claim is borne, in fen: bank part + deposits + stake + match + uncovered = called.

    ``uncovered`` is the rest the pool cannot pay; it is the bank's loss too (P6.5).
    """

    called: int
    bank_part: int
    own_deposit: int
    stake: int
    match: int
    others: Mapping[str, int]
    uncovered: int

    @property
    def pool(self) -> int:
        """Everything that leaves the pool account."""
        return self.own_deposit + self.stake + self.match + sum(self.others.values())


def base_of(terms: Terms, funds: Funds) -> int:
    """What the leverage multiplies (R-084): deposits of variant 1, else stake, or stake + match."""
    if terms.variant == V1:
        return sum(funds.deposits.values())
    return funds.stake + (funds.match if terms.base == STAKE_AND_MATCH else 0)


def line_of(terms: Terms, funds: Funds) -> int:
    """The guarantee line in fen, rounded down to the fen (R-083, P6.1, P6.2).

    Variant 1 is usable only up to members × the per-borrower cap (E2).
    """
    line = base_of(terms, funds) * terms.leverage // HUNDREDTHS
    if terms.variant == V1:
        members = sum(1 for amount in funds.deposits.values() if amount > 0)
        return min(line, members * terms.loan_cap)
    return line


def match_due(terms: Terms, stake: int) -> int:
    """County match for a stake (R-085), half up to the fen."""
    return round_half_up(stake * terms.match_ppm, PPM)


def releasable(terms: Terms, funds: Funds, *, guaranteed: int, claims: int) -> int:
    """How much stake may go back (R-090, E1b): what neither a guarantee nor an open claim needs.

    ``guaranteed`` is running and reserved principal, ``claims`` the pool part of open claims.
    """
    needed = -(-guaranteed * HUNDREDTHS // terms.leverage)
    if terms.base == STAKE_AND_MATCH:
        # Match goes back in proportion, so stake and match carry the need in proportion too.
        whole = funds.stake + funds.match
        needed = -(-needed * funds.stake // whole) if whole else needed
    return max(funds.stake - needed - claims, 0)


def match_back(terms: Terms, funds: Funds, released: int) -> int:
    """The match that goes back with a released stake, in the same proportion (R-090, E1b).

    Where the match carries the line too, it is rounded down, so that the line still suffices.
    """
    if not funds.stake:
        return 0
    if terms.base == STAKE_AND_MATCH:
        return funds.match * released // funds.stake
    return round_half_up(funds.match * released, funds.stake)


def pool_due(terms: Terms, called: int) -> int:
    """What the pool is asked for of ``called`` fen: all but the bank's part, half up (R-089)."""
    return called - round_half_up(called * terms.bank_part_ppm, PPM)


def borne(terms: Terms, funds: Funds, called: int, member: str) -> Loss:
    """Who bears ``called`` fen of principal (P6.5): bank part first, then layer by layer.

    ``member`` is the defaulter, whose own deposit of variant 1 pays before the others'. Liability
    ends at the cooperative's own pool: what is left is the bank's loss.
    """
    due = pool_due(terms, called)
    own = funds.deposits.get(member, 0) if terms.variant == V1 else 0
    others = {name: amount for name, amount in funds.deposits.items() if name != member}
    sizes = {
        OWN_DEPOSIT: own,
        STAKE: funds.stake,
        MATCH: funds.match,
        BUNDLE: sum(others.values()) if terms.mutual and terms.variant == V1 else 0,
    }
    order = [name for name in terms.layers if name in sizes]
    if terms.match_order == PRO_RATA and STAKE in order and MATCH in order:
        taken, left = _pro_rata(due, order, sizes)
    else:
        taken, left = take_in_order(due, [(name, sizes[name]) for name in order])
    shares = split(taken.get(BUNDLE, 0), others) if taken.get(BUNDLE, 0) else {}
    return Loss(
        called=called,
        bank_part=called - due,
        own_deposit=taken.get(OWN_DEPOSIT, 0),
        stake=taken.get(STAKE, 0),
        match=taken.get(MATCH, 0),
        others={name: part for name, part in shares.items() if part},
        uncovered=left,
    )


def _pro_rata(
    due: int, order: Sequence[str], sizes: Mapping[str, int]
) -> tuple[dict[str, Fen], Fen]:
    """Stake and match stand as one layer where the stake stood, and share it by size."""
    both = sizes[STAKE] + sizes[MATCH]
    merged = [(name, both if name == STAKE else sizes[name]) for name in order if name != MATCH]
    taken, left = take_in_order(due, merged)
    if both:
        parts = split(taken[STAKE], {STAKE: sizes[STAKE], MATCH: sizes[MATCH]})
        taken |= {STAKE: parts[STAKE], MATCH: parts[MATCH]}
    return taken, left


def pool_share(loss: Loss, recovered: int) -> int:
    """The pool's share of a net recovery: by loss borne, without the defaulter's deposit (P6.6)."""
    pool = loss.pool - loss.own_deposit
    lost = pool + loss.bank_part + loss.uncovered
    return round_half_up(recovered * pool, lost) if lost else 0


def repaid_layers(
    terms: Terms, loss: Loss, before: Mapping[str, int], amount: int
) -> dict[str, int]:
    """Give the pool's share back in reverse layer order, each up to what it paid (P6.6).

    ``before`` holds what each layer got back already. Answers ``stake``, ``match`` and
    ``bundle_deposits``; the caller never takes more than the pool paid.
    """
    paid = {STAKE: loss.stake, MATCH: loss.match, BUNDLE: sum(loss.others.values())}
    sizes = {name: amount - before.get(name, 0) for name, amount in paid.items()}
    order = [name for name in reversed(terms.layers) if name in sizes]
    if terms.match_order == PRO_RATA and STAKE in order and MATCH in order:
        taken, _ = _pro_rata(amount, order, sizes)
    else:
        taken, _ = take_in_order(amount, [(name, sizes[name]) for name in order])
    return {name: int(taken.get(name, 0)) for name in sizes}


def claim_rate_ppm(paid: int, recovered: int, drawn: int) -> int:
    """Cumulative pool payments net of recoveries over guaranteed principal paid out (R-089)."""
    return max(paid - recovered, 0) * PPM // drawn if drawn else 0
