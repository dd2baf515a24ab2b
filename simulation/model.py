"""A small model of a village's money, written from domain.md alone and compared after each night.

It reads what was asked (who did what with which amount on which value date), never a movement, a
balance or the terms a rule answered, except the rate a loan was approved at. Fees by R-060 in
exact fractions, payments by P2.5, members by P1. Amounts are fen. Shares no code with the kernel.
"""

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from simulation.queries import Row, Told

_STAKES = ("own_deposit", "stake", "others")


class LoanModel:
    """One loan: what is out, what was paid, what is owed on a day."""

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.rate = Fraction(0)
        self.paid_on: date | None = None
        self.out = 0
        self.fee_paid = 0
        self.back: list[tuple[int, date]] = []
        self.given_up = False

    def fee(self, on: date) -> int:
        """Fee from payout to a day, every part repaid a slice of its own, rounded once (R-060)."""
        if self.paid_on is None:
            return 0
        slices = [*((part, min(day, on)) for part, day in self.back), (self.out, on)]
        exact = self.rate * sum(
            part * months_between(self.paid_on, until) for part, until in slices
        )
        return int(exact + Fraction(1, 2))

    def pay(self, amount: int, on: date, *, principal_first: bool = False) -> int:
        """Take a payment of a value date: fee to it, then principal (P2.5); what was too much."""
        owed = max(self.fee(on) - self.fee_paid, 0)
        if principal_first:
            principal = min(amount, self.out)
            fee = min(amount - principal, owed)
        else:
            fee = min(amount, owed)
            principal = min(amount - fee, self.out)
        self.fee_paid += fee
        self.out -= principal
        if principal:
            self.back.append((principal, on))
        return amount - fee - principal

    def give_back_fee(self, on: date) -> int:
        """Fee paid on a cleared loan beyond what it ever owed, due back to the payer (P2.5)."""
        over = 0 if self.out else max(self.fee_paid - self.fee(on), 0)
        self.fee_paid -= over
        return over


class VillageModel:
    """One village: cash at the bank by its own book, loans out, shares, what is in suspense."""

    def __init__(self) -> None:
        self.cash = 0
        self.shares = self.household_money = 0
        self.due_back = 0
        self.suspense = 0
        self.wrong = self.staked = 0
        self.lent = self.given_up = self.service_fees = 0
        self.borrowed = 0
        self.loans: dict[str, LoanModel] = {}
        self.member_of: dict[str, str] = {}
        self._members: Counter[str] = Counter()
        self._households: Counter[str] = Counter()
        self._due_to: Counter[str] = Counter()
        self._was: dict[str, tuple[int, int]] = {}
        self._rows = 0

    def read(self, rows: Iterable[Row]) -> None:
        """Step through the acts that are new since the last look."""
        for row in list(rows)[self._rows :]:
            self._rows += 1
            told = row.told
            self._step(told, told.get("facts", {}), date.fromisoformat(told["value_date"]))

    @property
    def out(self) -> dict[str, int]:
        """Loan → principal that stands in the books as lent."""
        return {name: 0 if one.given_up else one.out for name, one in self.loans.items()}

    def _step(self, told: Told, facts: Mapping[str, Any], on: date) -> None:
        match told["process"]:
            case "loan":
                self._loan(told, facts, on)
            case "member":
                self._member(told, facts)
            case "pooling" if told["act"] == "paid":
                self.staked += facts["amount"]
            case "suspense":
                self._suspense(told, facts)
            case "village_book" if told["act"] == "follow":
                self._custody(facts)

    def _loan(self, told: Told, facts: Mapping[str, Any], on: date) -> None:
        loan = self.loans.setdefault(told["case"], LoanModel(int(facts.get("amount", 0))))
        today = date.fromisoformat(told["business_date"])
        match told["act"]:
            case "vote":
                ppm = told.get("terms", {}).get("rate_ppm", 0)
                loan.rate = Fraction(ppm, 1_000_000) or loan.rate
            case "paid":
                self.cash -= facts["amount"]
                loan.out, loan.paid_on = facts["amount"], on
                loan.fee_paid, loan.back = 0, []
            case "returned_late":
                self.cash += facts["amount"]
                loan.out, loan.paid_on = 0, None
            case "repay":
                self.cash += facts["amount"]
                self.suspense += loan.pay(facts["amount"], on)
                if not loan.given_up:
                    self.suspense += loan.give_back_fee(max(on, today))
            case "pool_set_off":
                self.cash += facts["amount"]
                self.staked -= facts["amount"]
                self.suspense += loan.pay(facts["amount"], on)
                self.suspense += loan.give_back_fee(max(on, today))
            case "assign":
                self.suspense -= facts["amount"]
                loan.pay(facts["amount"], on)
                if not loan.given_up:
                    self.suspense += loan.give_back_fee(max(on, today))
            case "set_off":
                member = self.member_of.get(told["case"], "")
                owed = max(loan.fee(today) - loan.fee_paid, 0) + loan.out
                _, household = self._was.get(member, (0, 0))
                taken = min(self._due_to[member] - household, owed)
                loan.pay(taken, today, principal_first=True)
                self._due_to[member] -= taken
                self.due_back -= taken
            case "write_off":
                loan.given_up = loan.given_up or told["state"] == "written_off"
            case "apply":
                self.member_of[told["case"]] = facts["member"]

    def _member(self, told: Told, facts: Mapping[str, Any]) -> None:
        case = told["case"]
        match told["act"]:
            case "pay_in":
                self.cash += facts["amount"]
                self.shares += facts["amount"]
                self._members[case] += facts["amount"]
            case "pay_in_shuangdao":
                self.cash += facts["amount"]
                self.household_money += facts["amount"]
                self._households[case] += facts["amount"]
            case "ask_leave" | "expel" if told["state"] in ("leave_asked", "expelled"):
                self._was[case] = self._members.pop(case, 0), self._households.pop(case, 0)
                self._turn(case, *self._was[case])
            case "stay":
                share, household = self._was.pop(case)
                self._members[case] += share
                self._households[case] += household
                self._turn(case, -share, -household)
            case "refunded":
                self.cash -= facts["amount"]
                self.due_back -= facts["amount"]
                self._due_to[case] -= facts["amount"]
            case "returned_late":
                self.cash += facts["amount"]
                self.due_back += facts["amount"]
                self._due_to[case] += facts["amount"]

    def _turn(self, case: str, share: int, household: int) -> None:
        """A member's money (share, 双到 money of the household) is due back to him from now on."""
        self.shares -= share
        self.household_money -= household
        self.due_back += share + household
        self._due_to[case] += share + household

    def _suspense(self, told: Told, facts: Mapping[str, Any]) -> None:
        match told["act"]:
            case "paid" | "passed_on":
                self.cash -= facts["amount"]
                self.suspense -= facts["amount"]
            case "returned_late" | "passed_back":
                self.cash += facts["amount"]
                self.suspense += facts["amount"]
            case "to_share":
                self.suspense -= facts["amount"]
                self.shares += facts["amount"]
                self._members[facts["member"]] += facts["amount"]

    def _custody(self, facts: Mapping[str, Any]) -> None:
        """A custody act that no case of the village follows."""
        for line in facts["lines"]:
            amounts = line["amounts"]
            match facts["recipe"], facts.get("party"):
                case "grant.in", _:
                    self.cash += amounts["amount"]
                case (("receipt.unclaimed" | "receipt.identified"), _):
                    self.cash += amounts["amount"]
                    self.suspense += amounts["amount"]
                case "receipt.error", _:
                    self.cash -= amounts["amount"]
                    self.wrong += amounts["amount"]
                case "service_fee.pay", _:
                    self.cash -= amounts["amount"]
                    self.service_fees += amounts["amount"]
                case "pool.stake", _:
                    self.cash -= amounts["stake"]
                    self.staked += amounts["stake"]
                case "pool.release", _:
                    self.cash += amounts["stake"]
                    self.staked -= amounts["stake"]
                case "pool.interest", _:
                    self.staked += amounts.get("stake", 0)
                case "claim.pay", _:
                    self.staked -= sum(amounts.get(one, 0) for one in _STAKES)
                case "claim.come_back", _:
                    self.staked += sum(amounts.get(one, 0) for one in _STAKES)
                case "pool.deposit", _:
                    self.staked += amounts["amount"]
                case "pool.set_off", _:
                    self.cash += amounts["amount"]
                    self.staked -= amounts["amount"]
                    self.suspense += amounts["excess"]
                case "pool.deposit_back", _:
                    self.staked -= amounts["deposit"]
                case "pool.deposit_returned", _:
                    self.staked += amounts["deposit"]
                case "claim.recover", _:
                    self.staked += sum(amounts.get(one, 0) for one in (*_STAKES, "written_off"))
                case (
                    (
                        "intercoop.fund"
                        | "intercoop.waive"
                        | "intercoop.waive_lost"
                        | "intercoop.write_off"
                        | "intercoop.repay"
                        | "intercoop.recover"
                    ),
                    party,
                ):
                    self._between_villages(str(facts["recipe"]), str(party), amounts)

    def _between_villages(self, recipe: str, party: str, amounts: Mapping[str, int]) -> None:
        """What one village lent, was repaid, or gave up (P4); 902 holds principal."""
        principal, fee = amounts.get("principal", 0), amounts.get("fee", 0)
        match recipe, party:
            case "intercoop.fund", "lender":
                self.cash -= principal
                self.lent += principal
            case "intercoop.fund", _:
                self.cash += principal
                self.borrowed += principal
            case "intercoop.repay", "lender":
                self.cash += principal + fee
                self.lent -= principal
            case "intercoop.recover", "lender":
                self.cash += principal + fee
                self.given_up -= principal
            case (("intercoop.repay" | "intercoop.recover"), _):
                self.cash -= principal + fee
                self.borrowed -= principal
            case "intercoop.waive", "lender":
                self.lent -= principal
            case "intercoop.write_off", "lender":
                self.lent -= principal
                self.given_up += principal
            case "intercoop.waive_lost", "lender":
                self.given_up -= principal
            case (("intercoop.waive" | "intercoop.waive_lost"), _):
                self.borrowed -= principal


def months_between(start: date, end: date) -> Fraction:
    """Whole calendar months and days ÷ 30 (R-060); the payout day counts, the last does not."""
    if end <= start:
        return Fraction(0)
    months = (end.year - start.year) * 12 + end.month - start.month
    if _plus(start, months) > end:
        months -= 1
    return months + Fraction((end - _plus(start, months)).days, 30)


def _plus(day: date, months: int) -> date:
    """The same day so many months on; a day the month lacks is its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
