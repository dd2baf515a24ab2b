"""The console has a word in both languages for everything a case can be, and nothing foreign."""

import hashlib
from pathlib import Path

from contracts.rejections import RejectionCode
from journal.registry import registry
from kernel.errors import Rejected
from services.federation.cases import night
from services.federation.console import page, words
from services.federation.console.nights import STEPS

STATIC = Path(page.STATIC)


def test_every_process_state_act_and_step_has_its_words() -> None:
    table = registry().table
    assert table.keys() <= words.known("processes")
    for process in table.values():
        assert set(process.states()) <= words.known("states"), process.name
        assert {row.act for row in process.rows} <= words.known("acts"), process.name
        systems = {
            who.removeprefix("system:")
            for row in process.rows
            for who in row.who
            if who.startswith("system:")
        }
        assert systems <= words.known("systems"), process.name
    assert STEPS == night.STEPS
    assert set(STEPS) <= words.known("steps")


def test_money_rates_and_tables_of_facts_are_read_by_people() -> None:
    assert words.fact("amount", 123_450, "zh", {}) == "1,234.50"
    assert words.fact("rate_ppm", 3000, "en", {}) == "3‰"
    names = {"baiguo": ("白果村互助社", "Baiguo"), "p-1": ("会计", "accountant")}
    assert words.fact("nets", {"baiguo": -700_000}, "en", names) == "Baiguo: -7,000.00"
    assert words.fact("nets", {"houba": -700_000}, "en", names) == "houba: -7,000.00"
    assert words.fact("votes", {"p-1": "abstain"}, "zh", names) == "会计: 弃权"
    assert words.fact("lender", "baiguo", "zh", names) == "白果村互助社"
    assert words.fact("of", "loan.vote", "zh", {}) == "借款 · 管委会/理事会表决"
    assert words.fact("of", "loan", "en", {}) == "loan"
    assert words.fact("slices", [[100_000, "2009-09-01"]], "zh", {}) == "2009-09-01 1,000.00"
    assert words.fact("poor", True, "zh", {}) == "是"
    assert words.funding("intercoop:intercoop-1") == (
        "调剂 intercoop-1", "inter-cooperative intercoop-1",
    )  # fmt: skip


def test_a_refusal_calls_cooperatives_persons_roles_and_acts_by_name() -> None:
    names = {"baiguo": ("白果村互助社", "Baiguo"), "p-shang": ("尚玉兰", "尚玉兰")}
    lent = Rejected(RejectionCode.LEND_MAX, cooperative="baiguo", total="2.00", limit="1.00")
    assert [one.startswith(name) for one, name in zip(
        words.refusal(lent.as_struct(), names), names["baiguo"], strict=True
    )] == [True, True]  # fmt: skip
    signed = Rejected(RejectionCode.ALREADY_SIGNED, person="p-shang")
    assert "尚玉兰" in words.refusal(signed.as_struct(), names)[0]
    role = Rejected(
        RejectionCode.ROLE_NOT_ALLOWED, role="cpo@federation", act="sign", needed="staff@federation"
    )
    for told in words.refusal(role.as_struct(), names):
        assert "@" not in told
        assert "…" not in told


def test_vendored_files_are_those_of_the_lock() -> None:
    vendor = STATIC / "vendor"
    lines = (vendor / "vendor.lock").read_text(encoding="utf-8").splitlines()
    locked = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert locked.keys() == {
        one.name for one in vendor.iterdir() if one.name not in ("README.md", "vendor.lock")
    }
    for name, digest in locked.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name


def test_where_a_parameter_comes_from_is_told_in_chinese_too() -> None:
    text = "county: GK: documents silent (R-089)"
    assert words.source((text, text)) == ("本县: GK: 文件没有规定 (R-089)", text)
    assert words.source(("任意数", "any number")) == ("任意数", "any number")


def test_a_fault_of_a_form_is_told_in_one_language_at_a_time() -> None:
    told = words.both(
        [("金额: 须为元", "amount: yuan"), ("期限: 须为整月数", "term: whole months")]
    )
    refusal = Rejected(RejectionCode.FACTS_INVALID, where="", problem=told).as_struct()
    zh, en = words.refusal(refusal, {})
    assert "金额: 须为元; 期限: 须为整月数" in zh
    assert "amount" not in zh
    assert "amount: yuan; term: whole months" in en
    assert "金额" not in en
