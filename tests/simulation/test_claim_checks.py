"""The checks of a claim (I13) see a wrong part, layer or share: E1c, true and then false."""

from collections.abc import Callable
from typing import Any

import pytest

from simulation.invariants_pool import claims_are_covered
from simulation.queries import Files, Row, Told
from simulation.tally import Tally
from simulation.world import Found

CLAIM, LINE = "claim-1", "guarantee-1"
STAKE, MATCH = 1_000_000, 300_000
"""E1c: stake 10,000, match 3,000, default 20,000; the bank bears 4,000 and the rest of 3,000."""


def told(name: str, moved: list[list[Any]], terms: Told, state: str, amount: int = 0) -> Told:
    """One act of the claim as the cooperative's custody book holds it."""
    return {"process": "claim", "case": CLAIM, "act": name, "state": state, "movements": moved,
            "facts": {"amount": amount}, "terms": terms}  # fmt: skip


def e1c() -> list[Told]:
    """Noticed, accepted, paid, 10,000 recovered, the pool's 6,500 of it received."""
    borne = {"called": 2_000_000, "bank_part": 400_000, "own_deposit": 0, "uncovered": 300_000,
             "share_due": 0, "share_in": 0}  # fmt: skip
    pinned = {"bank_part_ppm": 200_000, "layers": ["guarantors", "stake", "match"]}
    return [
        told("notice", [], {"guarantee": LINE, "guarantors": 0, "pinned": pinned}, "noticed"),
        told("guarantors", [], {}, "noticed"),
        told("accept", [["802", "", "8021", "", "", STAKE], ["803", "", "8031", "", "", MATCH]],
             borne, "accepted"),
        told("pay", [["8021", "", "702", "", "", STAKE], ["8031", "", "702", "", "", MATCH]],
             {}, "paid"),
        told("recovered", [], {"share_due": 650_000}, "paid", 1_000_000),
        told("receive", [["702", "", "803", "", "", MATCH], ["702", "", "802", "", "", 350_000]],
             {"share_in": 650_000}, "paid"),
    ]  # fmt: skip


def check(acts: list[Told]) -> int:
    """How much was checked; raises Found for what does not hold."""
    staked = {**told("staked", [["702", "", "802", "", "", STAKE]], {}, "done"),
              "process": "transfer", "case": "transfer-1"}  # fmt: skip
    rows = [Row(n, str(n), "", b"", b"", one) for n, one in enumerate((staked, *acts))]
    line = {"terms": {"drawn": 2_000_000, "repaid": []}}
    county = Files(
        name="county", heads={}, movements={}, balances={},
        # The county's own book holds the same acts without the money: it must not be looked at.
        acts={"K-0": [Row(9, "x", "", b"", b"", {**one, "movements": []}) for one in acts],
              "K-baiguo": rows},
        cases={("K", LINE): line, ("K", CLAIM): {"terms": {"member": "m1"}}},
    )  # fmt: skip
    tally = Tally()
    claims_are_covered(tally, county)
    return tally.checked["I13"]


def test_e1c_as_it_is_holds() -> None:
    assert check(e1c()) > 5


def amount(act: int, movement: int, by: int) -> Callable[[list[Told]], None]:
    def change(acts: list[Told]) -> None:
        acts[act]["movements"][movement][5] += by

    return change


def term(act: int, name: str, by: int) -> Callable[[list[Told]], None]:
    def change(acts: list[Told]) -> None:
        acts[act]["terms"][name] += by

    return change


def stake_back_first(acts: list[Told]) -> None:
    acts[5]["movements"] = [["702", "", "802", "", "", 650_000]]


def uncalled(acts: list[Told]) -> None:
    del acts[1]


def called_too_late(acts: list[Told]) -> None:
    acts.insert(2, acts.pop(1))
    acts[2]["state"] = "accepted"


@pytest.mark.parametrize(
    ("falsify", "found"),
    [
        (amount(2, 0, 1), "lies within its cover"),
        (amount(3, 1, -1), "what is paid was frozen"),
        (term(2, "bank_part", -1), "the bank bears its part"),
        (term(4, "share_due", 150_000), "share is by loss borne"),
        (amount(5, 0, 1), "no layer gets back more"),
        (amount(5, 1, -1), "no layer gets back more"),
        (uncalled, "guarantors are called before"),
        (called_too_late, "guarantors are called before"),
        (stake_back_first, "match comes back before stake"),
    ],
    ids=lambda one: one.replace(" ", "_") if isinstance(one, str) else "",
)
def test_i13_a_claim_told_falsely_is_found(
    falsify: Callable[[list[Told]], None], found: str
) -> None:
    acts = e1c()
    falsify(acts)
    with pytest.raises(Found, match=found):
        check(acts)
