"""The number of a loan contract: the loan's own or the one written on it, one loan a number."""

import pytest

from contracts.rejections import RejectionCode
from kernel.cases import Case
from kernel.errors import Rejected
from kernel.loans import contract_number, quotes
from tests.kernel.asking import a_case, run

APPROVED = {"amount": 1_00, "approved_on": "2017-05-31"}


def a_cleared() -> Case:
    return a_case("loan", "loan-baiguo-0012", "cleared", **APPROVED)


def test_a_loan_has_the_number_of_its_village_its_year_and_its_own() -> None:
    case = a_cleared()
    assert contract_number(case) == "baiguo-2017-0012"
    assert run("contract_terms", case=case).terms["number"] == "baiguo-2017-0012"
    assert contract_number(a_case("loan", "loan-baiguo-0012", "applied", amount=1_00)) == ""


def test_the_number_written_on_the_paper_is_kept() -> None:
    done = run("contract_terms", case=a_cleared(), facts={"number": " 文借2017-8 "})
    assert done.terms["number"] == "文借2017-8"
    kept = a_case("loan", "loan-baiguo-0012", "active", **APPROVED, number="文借2017-8")
    assert contract_number(kept) == "文借2017-8"


@pytest.mark.parametrize("number", ["12", "无编号合同", "文借2017-" + "8" * 40])
def test_a_number_no_payer_could_be_known_by_is_refused(number: str) -> None:
    with pytest.raises(Rejected) as refused:
        run("contract_terms", case=a_cleared(), facts={"number": number})
    assert refused.value.code is RejectionCode.FACTS_INVALID


def test_no_two_loans_of_a_village_have_one_number() -> None:
    other = a_case("loan", "loan-baiguo-0003", "active", **APPROVED, number="文借2017-8")
    with pytest.raises(Rejected) as refused:
        run("contract_terms", case=a_cleared(), facts={"number": "文借2017-8"}, cases=(other,))
    assert refused.value.code is RejectionCode.CONTRACT_NUMBER_TAKEN
    assert "loan-baiguo-0003" in refused.value.as_struct().text("en")


@pytest.mark.parametrize(
    ("told", "number", "found"),
    [
        ("还款baiguo-2017-0012", "baiguo-2017-0012", True),
        ("BAIGUO-2017-0012号", "baiguo-2017-0012", True),
        ("还第8期,文借2017-8号", "文借2017-8", True),
        ("baiguo-2017-00123", "baiguo-2017-0012", False),
        ("xibaiguo-2017-0012", "baiguo-2017-0012", False),
        ("baiguo-2017-0012-1", "baiguo-2017-0012", False),
        ("文借2017-81 文借2017-8", "文借2017-8", True),
        ("anything", "", False),
    ],
)
def test_a_number_is_quoted_only_whole(told: str, number: str, *, found: bool) -> None:
    assert quotes(told, number) is found
