"""Each proof of a night finds the fault it is for: planted past every guard, by a superuser."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
import sqlalchemy as sa

from contracts.ids import node_book
from infra.bank_simulator import orders
from journal import store
from journal.engine import open_engine
from kernel.cases import Hand
from services.federation.cases import bank_register, proofs
from tests.federation.life import Life, sub_account
from tests.federation.money import PAYMENT, a_loan, funded, nights, paying, proven

Plant = Callable[..., None]


@pytest.fixture
def plant(database: str) -> Iterator[Plant]:
    """Change rows as somebody with the database's password could, triggers switched off."""
    engine = open_engine(database)

    def do(statement: str, **values: object) -> None:
        with engine.begin() as conn:
            for table in ("act", "movement", "head"):
                conn.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            assert conn.execute(sa.text(statement), values).rowcount == 1
            for table in ("act", "movement", "head"):
                conn.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))

    yield do
    engine.dispose()


def failed(life: Life) -> dict[str, int]:
    """Invariants that did not hold tonight, with how many failures."""
    done = life.night()
    with life.engine.connect() as conn:
        rows = conn.execute(
            sa.text("SELECT name, failed FROM proof WHERE business_date = :on AND failed > 0"),
            {"on": done["prove"].date.isoformat()},
        )
        return {str(name): int(count) for name, count in rows}


def test_a_sound_county_proves_everything(life: Life) -> None:
    paying(life)
    assert proven(life.night())
    with life.engine.connect() as conn:
        counted = proofs.counters(conn)
    assert all(bad == 0 for _, bad in counted.values())
    assert counted["I8"][0] == 1
    assert counted["I9"][0] > 0
    assert counted["I19"][0] > 0


def test_i1_finds_a_balance_that_nothing_moved(life: Life, plant: Plant) -> None:
    funded(life)
    plant("UPDATE balance SET amount = amount + 1 WHERE book = 'K-baiguo' AND account = '80101'")
    # A book is proven again when something moves in it.
    funded(life, "1.00")
    assert "I1:K-baiguo/80101//own" in life.findings()


def test_i1_finds_a_movement_that_was_changed(life: Life, plant: Plant) -> None:
    life.order(
        orders.Credit, sub_account=sub_account(1), amount_fen=500, payer_name="某人",
        payer_account="1",
    )  # fmt: skip
    life.receive(life.bank.close_day(life.today))
    life.step("cut_off")
    life.step("bank_lines")
    plant("UPDATE movement SET amount = 501 WHERE book = 'K-baiguo' AND amount = 500")
    assert life.step("prove").names == ("I1",)


def test_i3_finds_a_written_act_that_was_changed(life: Life, plant: Plant) -> None:
    life.villages["baiguo"].elected().close()
    plant(
        "UPDATE act SET body = replace(convert_from(body, 'UTF8'), 'chair', 'chain')::bytea"
        " WHERE book = 'N-baiguo' AND case_id = 'post-baiguo-1'"
    )
    assert failed(life) == {"I3": 1}
    assert life.findings() == ["I3:N-baiguo/2"]


def test_i3_finds_an_act_that_is_gone(life: Life, plant: Plant) -> None:
    life.villages["baiguo"].elected().close()
    plant("DELETE FROM act WHERE book = 'N-baiguo' AND seq = 3")
    assert "I3" in failed(life)


def test_i5_finds_a_village_that_counts_money_before_its_bank_line(
    life: Life, plant: Plant
) -> None:
    funded(life)
    baiguo = life.villages["baiguo"]
    baiguo.close()
    assert proven(life.night())
    baiguo.close()
    plant("UPDATE head SET cursor = 1 WHERE book = 'N-baiguo'")
    assert failed(life) == {"I5": 1}
    told = life.case("finding-I5-N-baiguo/10201").terms
    assert (told["node"], told["custody"]) == (2_000_000, 0)
    plant("UPDATE head SET cursor = (SELECT seq FROM head k WHERE k.book = 'K-baiguo')"
          " WHERE book = 'N-baiguo'")  # fmt: skip
    # The mirror agrees again: the finding is resolved by the facts.
    assert failed(life) == {}
    assert life.findings() == []


def test_i8_finds_a_payment_paid_twice(life: Life, plant: Plant) -> None:
    paying(life)
    life.receive(life.bank.close_day(life.today))
    life.step("cut_off")
    life.step("bank_lines")
    plant("UPDATE bank_line SET amount = amount - 1 WHERE matched = :case", case=PAYMENT)
    assert "I8" in life.step("prove").names
    assert f"I8:{PAYMENT}" in life.findings()


def test_i9_finds_money_the_bank_does_not_have(life: Life, plant: Plant) -> None:
    funded(life)
    plant("UPDATE bank_statement SET closing = closing - 100 WHERE closing > 0")
    assert failed(life)["I9"] >= 1


def test_i10_finds_money_lost_in_transit(life: Life, plant: Plant) -> None:
    funded(life)
    plant(
        "INSERT INTO balance (book, account, key, funding, side, amount)"
        " VALUES ('K-baiguo', '709', '', 'own', 1, 5)"
    )
    assert failed(life)["I10"] == 1


def test_i11_finds_more_outstanding_than_was_approved(life: Life, plant: Plant) -> None:
    loan = a_loan(life, "baiguo")
    plant(
        "INSERT INTO balance (book, account, key, funding, side, amount)"
        " VALUES ('N-baiguo', '115', :loan, 'own', 1, 500001)",
        loan=loan,
    )
    plant(
        "INSERT INTO movement (book, seq, line, debit, debit_key, credit, credit_key, funding,"
        " amount) VALUES ('N-baiguo', 1, 1, '115', :loan, '10201', '', 'own', 500001)",
        loan=loan,
    )
    plant("UPDATE head SET seq = 1 WHERE book = 'N-baiguo'")
    assert failed(life)["I11"] == 1
    assert f"I11:N-baiguo/{loan}" in life.findings()


@pytest.mark.parametrize(("put_in", "found"), [(0, {"I12": 1}), (1, {}), (-1, {"I12": 1})])
def test_i12_finds_borrowed_money_lent_twice_but_not_what_was_repaid_early(
    life: Life, plant: Plant, put_in: int, found: dict[str, int]
) -> None:
    for account, side, amount in (("115", 1, 300), ("20102", -1, 299), ("191", 1, -put_in)):
        plant(
            "INSERT INTO balance (book, account, key, funding, side, amount) VALUES"
            " ('N-houba', :account, 'x', 'intercoop' || chr(58) || 'y', :side, :amount)",
            account=account,
            side=side,
            amount=amount,
        )
    assert failed(life) == found
    assert life.findings() == ["I12:N-houba/intercoop:y"] * len(found)


def test_i14_finds_one_person_with_two_powers(life: Life) -> None:
    baiguo = life.villages["baiguo"].elected()
    baiguo.close()
    hands = tuple(
        Hand("p-1", role, power, "x") for role, power in (("chair", "approve"), ("cash", "pay"))
    )
    with life.engine.begin() as conn:
        post = store.load(conn, node_book("baiguo"), "post-baiguo-1")
        assert post is not None
        table = life.county.world.registry.table
        store.save(conn, node_book("baiguo"), msgspec.structs.replace(post, hands=hands),
                   table["post"])  # fmt: skip
    assert failed(life) == {"I14": 1}
    assert life.findings() == ["I14:N-baiguo/post-baiguo-1/p-1"]


def test_i19_finds_a_hold_without_a_living_case(life: Life, plant: Plant) -> None:
    paying(life)
    plant("UPDATE cases SET ended = 1 WHERE scope = 'K' AND id = :case", case=PAYMENT)
    life.receive(life.bank.close_day(life.today))
    life.step("cut_off")
    with life.engine.begin() as conn:
        for file in bank_register.files_in(conn, bank_register.IN, bank_register.RECEIVED):
            bank_register.mark_file(conn, file.id, bank_register.APPLIED)
    life.step("bank_lines")
    assert "I19" in life.step("prove").names


def test_a_span_is_proven_once_and_the_next_begins_where_it_ended(life: Life) -> None:
    funded(life)
    nights(life, 1)
    with life.engine.connect() as conn:
        rows = conn.execute(
            sa.text("SELECT business_date, checked FROM proof WHERE name = 'I3' ORDER BY 1")
        ).all()
    # Set-up, receipts and closes once each; the quiet night has only the last close to chain.
    assert rows[0].checked > 0
    assert rows[-1].checked < rows[0].checked
