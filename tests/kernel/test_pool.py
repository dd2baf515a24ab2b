"""The pool's arithmetic to the fen: the worked examples E1, E1b, E1c and E2 of the domain."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import pool
from kernel.pool import Funds, Terms
from kernel.rules_release import pool_part_open
from tests.kernel.asking import a_case, asked

V2 = Terms(
    variant="v2",
    leverage=500,
    base="stake",
    loan_cap=5_000_000,
    bank_part_ppm=200_000,
    match_ppm=300_000,
    layers=("guarantors", "own_deposit", "stake", "match", "bundle_deposits"),
    match_order="after_stake",
    mutual=False,
    stop_ppm=50_000,
)
V1 = msgspec.structs.replace(V2, variant="v1", match_ppm=0, mutual=True)
E1 = Funds(stake=20_000_000, match=6_000_000)
TEN = {f"member-x-{number:03d}": 1_000_000 for number in range(1, 11)}
yuan = st.integers(min_value=0, max_value=10**10)


@pytest.mark.parametrize(
    ("leverage", "base", "line"),
    [(500, "stake", 100_000_000), (1000, "stake", 200_000_000),
     (500, "stake_and_match", 130_000_000)],
)  # fmt: skip
def test_r083_r084_line_is_leverage_times_base(leverage: int, base: str, line: int) -> None:
    terms = msgspec.structs.replace(V2, leverage=leverage, base=base)
    assert pool.line_of(terms, E1) == line


def test_r085_match_is_a_part_of_the_stake() -> None:
    assert pool.match_due(V2, E1.stake) == 6_000_000
    half = msgspec.structs.replace(V2, match_ppm=500_000)
    assert pool.match_due(half, E1.stake) == 10_000_000


def test_r090_an_open_claim_holds_what_it_would_take_and_not_a_fen_more() -> None:
    """Three fen: the bank bears 0.6, half up 1, so the pool is asked for 2 of them."""
    pinned = msgspec.to_builtins(V2)
    claims = [
        a_case("claim", f"C{number}", state, agreement="A", amount=3, pinned=pinned)
        for number, state in enumerate(("noticed", "accepted", "rejected"))
    ]
    handed = asked("release_asked", cases=claims)
    held = pool_part_open(handed, a_case("agreement", "A", "open"))
    loss = pool.borne(V2, E1, 3, "")
    assert held == pool.pool_due(V2, 3) == loss.pool == 2


def test_e1_a_default_is_borne_by_bank_and_stake_and_lowers_the_line() -> None:
    loss = pool.borne(V2, E1, 2_000_000, "")
    assert (loss.bank_part, loss.stake, loss.match, loss.uncovered) == (400_000, 1_600_000, 0, 0)
    after = Funds(stake=E1.stake - loss.stake, match=E1.match)
    assert pool.line_of(V2, after) == 92_000_000


def test_e1_pro_rata_shares_between_stake_and_match() -> None:
    terms = msgspec.structs.replace(V2, match_order=pool.PRO_RATA)
    loss = pool.borne(terms, E1, 2_000_000, "")
    assert (loss.stake, loss.match) == (1_230_769, 369_231)


def test_e1b_release_leaves_what_the_guarantees_need() -> None:
    have = Funds(stake=18_400_000, match=6_000_000)
    free = pool.releasable(V2, have, guaranteed=60_000_000, claims=0)
    assert free == 6_400_000
    assert pool.match_back(V2, have, free) == 2_086_957


def test_e1c_a_short_pool_pays_what_it_has_and_the_rest_is_the_banks() -> None:
    have = Funds(stake=1_000_000, match=300_000)
    loss = pool.borne(V2, have, 2_000_000, "")
    assert (loss.bank_part, loss.pool, loss.uncovered) == (400_000, 1_300_000, 300_000)
    share = pool.pool_share(loss, 1_000_000)
    assert 1_000_000 - share == 350_000
    back = pool.repaid_layers(V2, loss, {}, share)
    assert (back["match"], back["stake"]) == (300_000, 350_000)


def test_e2_variant_one_is_usable_up_to_members_times_cap() -> None:
    assert pool.line_of(V1, Funds(deposits=TEN)) == 50_000_000
    ten_times = msgspec.structs.replace(V1, leverage=1000)
    assert pool.line_of(ten_times, Funds(deposits=TEN)) == 50_000_000


def test_e2_own_deposit_first_then_the_others_of_the_bundle() -> None:
    defaulter = "member-x-001"
    loss = pool.borne(V1, Funds(deposits=TEN), 5_000_000, defaulter)
    assert (loss.bank_part, loss.own_deposit) == (1_000_000, 1_000_000)
    assert sorted(loss.others.values()) == [333_333] * 6 + [333_334] * 3
    assert sum(TEN.values()) - loss.pool == 6_000_000
    share = pool.pool_share(loss, 2_000_000)
    assert (2_000_000 - share, share) == (500_000, 1_500_000)
    assert pool.repaid_layers(V1, loss, {}, share)[pool.BUNDLE] == 1_500_000


def test_without_the_form_saying_so_nobody_pays_for_another() -> None:
    alone = msgspec.structs.replace(V1, mutual=False)
    loss = pool.borne(alone, Funds(deposits=TEN), 5_000_000, "member-x-001")
    assert (loss.others, loss.uncovered) == ({}, 3_000_000)


@given(stake=yuan, match=yuan, called=st.integers(1, 10**9), order=st.sampled_from(
    ["after_stake", "pro_rata"]), part=st.integers(0, 1_000_000))  # fmt: skip
def test_i13_every_fen_of_a_claim_is_borne_by_somebody(
    stake: int, match: int, called: int, order: str, part: int
) -> None:
    terms = msgspec.structs.replace(V2, match_order=order, bank_part_ppm=part)
    loss = pool.borne(terms, Funds(stake=stake, match=match), called, "")
    assert loss.bank_part + loss.pool + loss.uncovered == called
    assert loss.stake <= stake
    assert loss.match <= match
    assert loss.uncovered == 0 or loss.pool == stake + match


@given(stake=st.integers(1, 10**9), match=yuan, called=st.integers(1, 10**9),
       told=st.lists(st.integers(1, 10**8), max_size=6),
       order=st.sampled_from(["after_stake", "pro_rata"]))  # fmt: skip
def test_p66_recoveries_in_pieces_give_back_no_more_than_each_layer_paid(
    stake: int, match: int, called: int, told: list[int], order: str
) -> None:
    terms = msgspec.structs.replace(V2, match_order=order)
    loss = pool.borne(terms, Funds(stake=stake, match=match), called, "")
    total = share_in = 0
    got: dict[str, int] = {}
    for piece in told:
        if total + piece > called:
            break
        total += piece
        share = pool.pool_share(loss, total) - share_in
        back = pool.repaid_layers(terms, loss, got, share)
        assert sum(back.values()) == share
        got = {name: got.get(name, 0) + part for name, part in back.items()}
        share_in += share
    assert got.get("stake", 0) <= loss.stake
    assert got.get("match", 0) <= loss.match


@given(stake=st.integers(1, 10**10), match=yuan, leverage=st.integers(500, 1000),
       used=st.integers(0, 10**11), base=st.sampled_from(["stake", "stake_and_match"]))  # fmt: skip
def test_r090_a_release_never_leaves_more_guaranteed_than_the_line(
    stake: int, match: int, leverage: int, used: int, base: str
) -> None:
    terms = msgspec.structs.replace(V2, leverage=leverage, base=base)
    have = Funds(stake=stake, match=match)
    used = min(used, pool.line_of(terms, have))
    free = pool.releasable(terms, have, guaranteed=used, claims=0)
    back = pool.match_back(terms, have, free)
    after = Funds(stake=stake - free, match=match - back)
    assert pool.line_of(terms, after) >= used
