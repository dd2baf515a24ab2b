"""A guarantee package whose every statement is true, and keys made from a fixed seed.

``a_package(3)`` is E1 of domain.md: stake 200,000, match 30 %, five times, line 1,000,000 yuan.
"""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from contracts import package as said
from contracts.money import PPM, yuan
from contracts.package_values import mask_card, mask_id
from services.federation.packages.keys import NewKeys, make_signing_keys

AT = datetime(2026, 3, 20, 9, 30, 15, tzinfo=UTC)
MADE_ON = date(2026, 3, 20)
COUNTY = "六树县互助资金联合社"
NAMES = ("张三", "李秀英", "王堃", "欧阳䶮", "赵喆", "陈珺", "马哈麦", "阿卜杜拉·买买提")


def seeded(name: str) -> Any:
    """A source of bytes that is a function of ``name``."""
    state = hashlib.shake_256(name.encode())
    used = 0

    def random(count: int) -> bytes:
        nonlocal used
        used += count
        return state.digest(used)[-count:]

    return random


def keys(name: str = "county", county: str = COUNTY) -> NewKeys:
    """The document keys of a county, the same for the same name."""
    return make_signing_keys(county, seeded(name), datetime(2026, 1, 2, tzinfo=UTC))


def digest(text: str) -> str:
    """A digest that stands for an act's."""
    return hashlib.sha256(text.encode()).hexdigest()


def a_line(number: int, principal: str = "20000.00", **changes: Any) -> said.BorrowerLine:
    """One borrower, the ``number``-th."""
    birth = f"{1960 + number % 40}{1 + number % 12:02d}{1 + number % 28:02d}"
    id_number = f"640322{birth}{number % 1000:03d}{number % 10}"
    facts: dict[str, Any] = {
        "line": number,
        "guarantee": f"guarantee-baiguo-2026-{number:04d}",
        "person": f"p-{number:016x}",
        "name": NAMES[(number - 1) % len(NAMES)],
        "id_masked": mask_id(id_number),
        "card_masked": mask_card(f"621799{number:013d}"),
        "principal_fen": yuan(principal),
        "term_months": 12,
        "purpose": "养殖：肉羊" if number % 2 else "种植：枸杞",
        "group": f"group-baiguo-{(number + 4) // 5:02d}",
        "credit_level": "AA" if number % 3 else "A",
        "other_loans": (
            (said.OtherLoan(lender="白果村互助社", balance_fen=yuan("3000.50"),
                            due_on=date(2026, 9, 1)),)
            if number % 4 == 0 else ()
        ),
        "reasons": (
            said.Reason(rule="R-028", zh="无逾期借款", en="no overdue loan"),
            said.Reason(rule="R-038", zh="小组 5 户，无人违约", en="group of 5, none in default"),
            said.Reason(rule="R-086", zh="额度内", en="within the line"),
        ),
        "papers": (
            said.Paper(kind="借款申请书", number=f"SQ-2026-{number:04d}",
                       digest=digest(f"application {number}")),
            said.Paper(kind="联保承诺书", number=f"LB-2026-{number:04d}",
                       digest=digest(f"group {number}")),
        ),
        "notice": said.Notice(id=f"notice-baiguo-2026-{(number + 9) // 10:02d}",
                              posted_on=date(2026, 3, 9), until=date(2026, 3, 16), objections=0,
                              digest=digest(f"notice {number}")),
    }  # fmt: skip
    return said.BorrowerLine(**{**facts, **changes})


def a_package(count: int = 3, **changes: Any) -> said.GuaranteePackage:
    """A true package of ``count`` borrowers of 20,000 yuan each (of 500 from the 46th on)."""
    lines = tuple(a_line(n, "20000.00" if n <= 30 else "300.00") for n in range(1, count + 1))
    amount = sum(line.principal_fen for line in lines)
    made = said.GuaranteePackage(
        id="pkg-baiguo-2026-001",
        county=COUNTY,
        made_on=MADE_ON,
        village=said.Village(
            id="baiguo", name="白果村互助社", township="六树镇", registration="民登 640322-0012",
            registered_on=date(2019, 5, 6), grade="A", grade_source="2025 年度评级公告 第 3 号",
            members=286,
        ),
        bank=said.Bank(id="rcb", name="六树县农村商业银行"),
        agreement=_agreement(),
        letter=_letter(amount),
        lines=lines,
        headroom=_headroom(amount),
        stake_receipts=(_receipt("stake", 1, "150000.00"), _receipt("stake", 2, "50000.00")),
        match_receipts=(_receipt("match", 1, "60000.00"),),
        member_vote=_vote("社员大会 2026-1", date(2026, 1, 8), 286, 241, 230,
                          "同意从互助资金中缴存 200,000 元作为村级风险补偿金。"),
        council_vote=_vote("理事会 2026-7", date(2026, 3, 18), 7, 6, 6,
                           "同意本批借款人由村级风险补偿金担保并报县联合社。"),
        recovery=said.Recovery(
            as_of=MADE_ON, own_due_fen=yuan("812000.00"), own_repaid_fen=yuan("803880.00"),
            recovery_ppm=990_000, guaranteed_paid_out_fen=yuan("400000.00"),
            guaranteed_repaid_fen=yuan("220000.00"), claims_paid_fen=0, claims_recovered_fen=0,
            claim_ppm=0,
        ),
        signers=tuple(
            said.Signer(role=role, name=name, signed_on=on, act=f"sign-{n}",
                        digest=digest(f"sign {n}"))
            for n, (role, name, on) in enumerate((
                ("互助社理事长", "周建国", date(2026, 3, 18)),
                ("联合社经办", "田小兰", date(2026, 3, 19)),
                ("联合社负责人", "何文斌", date(2026, 3, 20)),
                ("县扶贫办核准", "苏梅", date(2026, 3, 20)),
            ), 1)
        ),
        contact=said.Contact(name="田小兰", phone="0953-0000000", address="六树县农贸路 8 号"),
        heads=(
            said.BookHead(book="K-baiguo", seq=412, digest=digest("K-baiguo")),
            said.BookHead(book="K-0", seq=1207, digest=digest("K-0")),
        ),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def _agreement() -> said.Agreement:
    return said.Agreement(
        id="agreement-rcb-baiguo", version=1, digest=digest("agreement"),
        signed_on=date(2026, 1, 15), variant=2, leverage_ppm=5 * PPM, base="stake",
        match_ppm=300_000, bank_part_ppm=200_000, wait_days=90, check_days=10, pay_days=15,
        late_days=365, order=("guarantors", "own_deposit", "stake", "match"),
        match_order="after_stake", mutual=False, stop_rate_ppm=50_000,
        loan_cap_fen=yuan("50000.00"), term_months_max=24, grades=("A", "B"), notice_days=7,
    )  # fmt: skip


def _letter(amount: int) -> said.Letter:
    bank = (amount * 200_000 + PPM // 2) // PPM
    return said.Letter(
        number="六联保函〔2026〕第 1 号", amount_fen=amount, bank_part_fen=bank,
        pool_part_fen=amount - bank, term_months_max=12, issued_on=date(2026, 3, 20),
        valid_until=date(2026, 6, 20), grace_days=15, report_until=date(2026, 7, 5),
    )  # fmt: skip


def _headroom(amount: int) -> said.Headroom:
    def scope(line: str, guaranteed: str, reserved: str) -> said.Scope:
        free = yuan(line) - yuan(guaranteed) - yuan(reserved)
        return said.Scope(
            line_fen=yuan(line), guaranteed_fen=yuan(guaranteed), reserved_fen=yuan(reserved),
            free_before_fen=free, free_after_fen=free - amount,
        )  # fmt: skip

    return said.Headroom(
        as_of=MADE_ON, stake_fen=yuan("200000.00"), stake_given_back_fen=0, stake_called_fen=0,
        match_fen=yuan("60000.00"), match_given_back_fen=0, match_called_fen=0,
        base_fen=yuan("200000.00"), pooled_members=0,
        cooperative=scope("1000000.00", "80000.00", "0.00"),
        bank=scope("8000000.00", "1200000.00", "60000.00"),
        county=scope("20000000.00", "2600000.00", "60000.00"),
    )  # fmt: skip


def _receipt(layer: str, number: int, amount: str) -> said.Receipt:
    return said.Receipt(
        act=f"line-{layer}-{number}", digest=digest(f"{layer} {number}"),
        booked_on=date(2026, 1, 20 + number), amount_fen=yuan(amount),
        payer="白果村互助社" if layer == "stake" else "六树县财政局",
        reference=f"回单 20260{number}{layer[0].upper()}",
    )  # fmt: skip


def _vote(number: str, on: date, entitled: int, present: int, agreed: int, text: str) -> said.Vote:
    return said.Vote(
        number=number, held_on=on, entitled=entitled, present=present, agreed=agreed,
        against=present - agreed, abstained=0, text=text, act=f"vote-{on.isoformat()}",
        digest=digest(number),
    )  # fmt: skip
