"""Inner truths: each sum, limit, share and date of a package, made false one at a time."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from contracts.codec import encode
from contracts.money import PPM, yuan
from contracts.package import GuaranteePackage
from kernel.errors import InvariantViolation
from services.federation.packages.build import build_package
from tests.packages import samples
from verifier import truths
from verifier.falsehood import Falsehood

Path = tuple[str | int, ...]


def plain(said: GuaranteePackage | None = None) -> dict[str, Any]:
    """A package as the verifier reads it."""
    value: dict[str, Any] = json.loads(encode(said or samples.a_package(5)))
    return value


def put(package: dict[str, Any], path: Path, value: object) -> None:
    """Change one place."""
    inside: Any = package
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value


# What is changed, and which fact is then false, where.
_FALSE: list[tuple[Path, object, str, str]] = [
    (("lines", 1, "line"), 3, "differs", "lines [2] · line"),
    (("lines", 0, "principal_fen"), yuan("50000.01"), "above", "lines [1] · principal_fen"),
    (("lines", 0, "principal_fen"), yuan("19999.99"), "differs", "letter · amount_fen"),
    (("lines", 4, "term_months"), 13, "above", "lines [5] · term_months"),
    (("lines", 2, "guarantee"), "guarantee-baiguo-2026-0001", "twice", "lines [3] · guarantee"),
    (("lines", 2, "person"), f"p-{2:016x}", "twice", "lines [3] · person"),
    (("letter", "amount_fen"), yuan("100000.01"), "differs", "letter · amount_fen"),
    (("letter", "bank_part_fen"), yuan("19999.99"), "differs", "letter · bank_part_fen"),
    (("letter", "pool_part_fen"), yuan("80000.01"), "differs", "letter · pool_part_fen"),
    (("letter", "term_months_max"), 25, "above", "letter · term_months_max"),
    (("agreement", "leverage_ppm"), 4_990_000, "below", "agreement · leverage_ppm"),
    (("agreement", "leverage_ppm"), 10_010_000, "above", "agreement · leverage_ppm"),
    (("agreement", "base"), "deposits", "base_not_of_variant", "agreement · base"),
    (("village", "grade"), "C", "grade_not_eligible", "village · grade"),
    (("stake_receipts", 0, "amount_fen"), yuan("150000.01"), "differs", "headroom · stake_fen"),
    (("headroom", "stake_called_fen"), 1, "differs", "headroom · stake_fen"),
    (("headroom", "match_given_back_fen"), 1, "differs", "headroom · match_fen"),
    (("agreement", "match_ppm"), 299_999, "above", "match_receipts"),
    (("agreement", "base"), "stake_and_match", "differs", "headroom · base_fen"),
    (("headroom", "base_fen"), yuan("200000.01"), "differs", "headroom · base_fen"),
    (("agreement", "leverage_ppm"), 6 * PPM, "differs", "headroom · cooperative · line_fen"),
    (("headroom", "bank", "reserved_fen"), 0, "differs", "headroom · bank · free_before_fen"),
    (("headroom", "county", "free_after_fen"), 0, "differs", "headroom · county · free_after_fen"),
    (("member_vote", "against"), 12, "differs", "member_vote · agreed, against, abstained"),
    (("council_vote", "entitled"), 5, "above", "council_vote · present"),
    (("recovery", "own_repaid_fen"), yuan("812000.01"), "above", "recovery · own_repaid_fen"),
    (("recovery", "guaranteed_repaid_fen"), yuan("400000.01"), "above",
     "recovery · guaranteed_repaid_fen"),
    (("recovery", "claims_recovered_fen"), 1, "above", "recovery · claims_recovered_fen"),
    (("recovery", "recovery_ppm"), 990_001, "differs", "recovery · recovery_ppm"),
    (("recovery", "claims_paid_fen"), yuan("400.00"), "differs", "recovery · claim_ppm"),
    (("letter", "report_until"), "2026-07-06", "differs", "letter · report_until"),
    (("letter", "issued_on"), "2026-06-21", "too_late", "letter · issued_on"),
    (("letter", "issued_on"), "2026-03-21", "too_late", "letter · issued_on"),
    (("made_on",), "2026-06-21", "too_late", "made_on"),
    (("agreement", "signed_on"), "2026-03-21", "too_late", "agreement · signed_on"),
    (("stake_receipts", 1, "booked_on"), "2026-03-21", "too_late",
     "stake_receipts [2] · booked_on"),
    (("signers", 3, "signed_on"), "2026-03-21", "too_late", "signers [4] · signed_on"),
    (("council_vote", "held_on"), "2026-03-21", "too_late", "council_vote · held_on"),
    (("recovery", "as_of"), "2026-03-21", "too_late", "recovery · as_of"),
    (("lines", 1, "notice", "until"), "2026-03-21", "too_late", "lines [2] · notice · until"),
    (("lines", 1, "notice", "until"), "2026-03-15", "too_early", "lines [2] · notice · until"),
    (("lines", 1, "notice", "objections"), 1, "above", "lines [2] · notice · objections"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "name", "place"), _FALSE)
def test_a_false_statement_is_named_with_its_place(
    path: Path, value: object, name: str, place: str
) -> None:
    package = plain()
    truths.check(package)
    put(package, path, value)
    with pytest.raises(Falsehood) as caught:
        truths.check(package)
    assert (caught.value.name, caught.value.place) == (name, f"package.json · {place}")
    assert caught.value.text("zh") != caught.value.text("en")


def test_a_vote_that_was_not_carried_is_named() -> None:
    package = plain()
    put(package, ("council_vote", "agreed"), 3)
    put(package, ("council_vote", "against"), 3)
    with pytest.raises(Falsehood, match="was not carried"):
        truths.check(package)


def test_the_stop_rate_stops_a_package() -> None:
    package = plain()
    put(package, ("recovery", "claims_paid_fen"), yuan("20000.39"))
    put(package, ("recovery", "claim_ppm"), 50_000)
    truths.check(package)
    put(package, ("recovery", "claims_paid_fen"), yuan("20000.40"))
    put(package, ("recovery", "claim_ppm"), 50_001)
    with pytest.raises(Falsehood) as caught:
        truths.check(package)
    assert caught.value.place == "package.json · recovery · claim_ppm"


def test_the_same_name_and_cards_under_another_person_is_one_borrower_twice() -> None:
    package = plain()
    for field in ("name", "id_masked", "card_masked"):
        put(package, ("lines", 3, field), package["lines"][0][field])
    with pytest.raises(Falsehood) as caught:
        truths.check(package)
    assert caught.value.name == "twice"


def with_scope(package: dict[str, Any], line: int) -> None:
    """A line of the cooperative, its free part after it."""
    own = package["headroom"]["cooperative"]
    amount = package["letter"]["amount_fen"]
    own["line_fen"] = line
    own["free_before_fen"] = line - own["guaranteed_fen"] - own["reserved_fen"]
    own["free_after_fen"] = own["free_before_fen"] - amount


def test_e1_base_of_stake_and_match_makes_a_line_of_1_300_000() -> None:
    package = plain()
    put(package, ("agreement", "base"), "stake_and_match")
    put(package, ("headroom", "base_fen"), yuan("260000.00"))
    with_scope(package, yuan("1300000.00"))
    truths.check(package)


def test_e1_after_the_default_the_line_is_920_000() -> None:
    package = plain()
    put(package, ("headroom", "stake_called_fen"), yuan("16000.00"))
    put(package, ("headroom", "stake_fen"), yuan("184000.00"))
    put(package, ("headroom", "base_fen"), yuan("184000.00"))
    with_scope(package, yuan("920000.00"))
    truths.check(package)


def test_e2_variant_1_is_bounded_by_members_times_the_cap() -> None:
    package = plain()
    put(package, ("agreement", "variant"), 1)
    put(package, ("agreement", "base"), "deposits")
    put(package, ("agreement", "leverage_ppm"), 10 * PPM)
    put(package, ("agreement", "match_ppm"), 0)
    package["match_receipts"] = []
    receipt = package["stake_receipts"][0]
    package["stake_receipts"] = [{**receipt, "amount_fen": yuan("100000.00")}]
    for field, value in (("stake_fen", "100000.00"), ("base_fen", "100000.00"),
                         ("match_fen", "0.00")):  # fmt: skip
        put(package, ("headroom", field), yuan(value))
    put(package, ("headroom", "pooled_members"), 10)
    with_scope(package, yuan("500000.00"))
    truths.check(package)
    with_scope(package, yuan("1000000.00"))
    with pytest.raises(Falsehood):
        truths.check(package)


def test_not_one_fen_more_than_the_free_line() -> None:
    package = plain()
    own = package["headroom"]["cooperative"]
    own["guaranteed_fen"] = own["line_fen"] - package["letter"]["amount_fen"]
    with_scope(package, own["line_fen"])
    truths.check(package)
    own["guaranteed_fen"] += 1
    with_scope(package, own["line_fen"])
    with pytest.raises(Falsehood) as caught:
        truths.check(package)
    assert caught.value.name == "above"


Change = Callable[[GuaranteePackage], GuaranteePackage]


@pytest.mark.parametrize(
    ("change", "violation"),
    [
        (lambda said: msgspec.structs.replace(said, made_on=date(2026, 7, 1)), "package_is_true"),
        (lambda said: msgspec.structs.replace(said, lines=()), "package_is_well_formed"),
        (lambda said: msgspec.structs.replace(said, id="包 1"), "package_is_well_formed"),
    ],
)
def test_the_county_never_hands_out_a_package_its_verifier_would_refuse(
    change: Change, violation: str
) -> None:
    with pytest.raises(InvariantViolation) as caught:
        build_package(change(samples.a_package()), samples.keys().signing, samples.AT)
    assert caught.value.name == violation
