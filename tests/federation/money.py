"""Money at the county without a village's day: a payee, a queued payment, a night at the bank.

Builders of the custody tests on top of life.py; the bank, its faults and its files are real.
"""

from typing import Any

from contracts.ids import custody_book, node_book
from contracts.money import yuan
from contracts.persons import Person, public_key, seal
from infra.bank_simulator import orders
from journal import store
from journal.perform import Command, Performed, perform
from kernel.cases import Case
from services.federation.cases import person_register
from services.federation.cases.actors import INTAKE
from services.federation.cases.night import StepResult
from tests.federation.life import Life
from tests.federation.villager import card_number
from tests.support.steady import seeded

PERSON = "p-00000000000000aa"
NAME = "社员甲"
CARD = card_number(1, 1)
PAYMENT = "pay-N-baiguo-7"


def funded(life: Life, amount: str = "20000.00", cooperative: str = "baiguo") -> Life:
    """Money of no known purpose stands in a village's sub-account, booked as unclaimed."""
    village = life.villages[cooperative]
    life.order(
        orders.Credit, sub_account=village.sub_account, amount_fen=int(yuan(amount)),
        payer_name="某人", payer_account="123", text="来款",
    )  # fmt: skip
    life.night()
    return life


def a_payee(life: Life, card: str = CARD, cooperative: str = "baiguo") -> None:
    """A person with a card at the bank and a sealed record at the county."""
    keys = life.county.keys
    record = seal(
        PERSON, 1, Person(name=NAME, card=card), {keys.key: public_key(keys.sealing)},
        seeded("payee"),
    )  # fmt: skip
    with life.engine.begin() as conn:
        person_register.keep_persons(conn, keys, cooperative, [record])
    life.order(orders.IssueCards, cards=(orders.Holder(number=card, name=NAME),))


def queue(life: Life, amount: str = "5000.00", case: str = PAYMENT) -> Performed:
    """A payment as intake opens it; its hold is taken."""
    facts = {
        "for": "loan-baiguo-0001", "loan": "loan-baiguo-0001", "amount": int(yuan(amount)),
        "person": PERSON, "recipe": "loan.payout", "back": "loan.payout_back", "funding": "own",
    }  # fmt: skip
    with life.engine.begin() as conn:
        return perform(conn, life.county.world, Command(
            id=f"{case}/queue", process="payment", case=case, act="queue", actor=INTAKE,
            facts=facts, parties={"coop": "baiguo"},
        ))  # fmt: skip


def paying(life: Life, *faults: dict[str, Any], amount: str = "5000.00") -> Life:
    """A funded village with one payment in a file at the bank, which will err as told."""
    funded(life)
    a_payee(life)
    queue(life, amount)
    for fault in faults:
        life.order(orders.Fail, **fault)
    life.night()
    return life


def nights(life: Life, count: int) -> list[dict[str, StepResult]]:
    """So many nights."""
    return [life.night() for _ in range(count)]


def proven(done: dict[str, StepResult]) -> bool:
    """Whether every proof of a night held."""
    return not done["prove"].counts.get("failed", 0)


def a_loan(
    life: Life, cooperative: str, number: int = 1, state: str = "active", **terms: object
) -> str:
    """A loan in a village's replica, as intake would have folded it."""
    name = f"loan-{cooperative}-{number:04d}"
    case = Case(
        id=name, process="loan", version=1, home="node", state=state, step=1,
        parties={"coop": cooperative},
        terms={"member": f"member-{cooperative}-001", "amount": 500_000, "number": "文借2017-8",
               **terms},
    )  # fmt: skip
    with life.engine.begin() as conn:
        store.save(conn, node_book(cooperative), case, life.county.world.registry.table["loan"])
    return name


def a_member(life: Life, number: int) -> None:
    """Baiguo's member in its replica; the second is the payee, both are in its first group."""
    table = life.county.world.registry.table
    both = ["member-baiguo-001", "member-baiguo-002"]
    for name, process, state, terms in (
        (both[number - 1], "member", "active",
         {"person": PERSON if number == 2 else "p-other", "household": f"h{number}"}),
        ("group-baiguo-01", "group", "live", {"group_member": both}),
    ):  # fmt: skip
        case = Case(
            id=name, process=process, version=1, home="node", state=state, step=1,
            parties={"coop": "baiguo"}, terms=terms,
        )  # fmt: skip
        with life.engine.begin() as conn:
            store.save(conn, node_book("baiguo"), case, table[process])


def free(life: Life, cooperative: str = "baiguo") -> int:
    """80101 of a village (fen)."""
    return life.totals(custody_book(cooperative), "80101")["80101"]
