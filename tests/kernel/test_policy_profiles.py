"""Domain.md 1.13: each document is a profile, and its table is reproduced cell by cell."""

import re

import msgspec
import pytest

from journal import data
from kernel import policy_merge, policy_schema
from kernel.errors import InvariantViolation
from kernel.policy import PolicyRefused, parse
from kernel.policy_kinds import display

SCHEMA = policy_schema.load(data.kernel_file("policies/default.toml"))
_SOURCE = re.compile(r"(PD|GK): .+|[WNLCY] §.+|R-\d{3}.*")

TABLE = """
key                      default   W      N          L        C        Y
labels.coop              互助社    协会   互助社     协会     互助社   协会
labels.council           理事会    管委会 ·          ·        ·        理事会
labels.supervisors       监事会    监督小组 ·        ·        ·        监事会
township.body            经管站    ·      民生服务中心 财政所管理站 财政所 经管站
township.review_body     —         ·      ·          监督管理委员会 ·  ·
fed.level                county    ·      county     ·        ·        ·
account.mode             bank_only ·      bank_only  ·        ·        bank_only
account.cutover          —         ·      2017-12-31 ·        ·        ·
account.custody          county    ·      ·          ·        ·        ·
cash.withdraw_limit      0         ·      ·          ·        ·        0
cash.withdraw_scope      co_op_account · ·           ·        ·        co_op_account
intercoop.enabled        yes       ·      yes        ·        ·        no
intercoop.mode           bilateral ·      ·          ·        ·        ·
intercoop.rate           3‰        ·      ·          ·        ·        ·
intercoop.max_term       12        ·      ·          ·        ·        ·
intercoop.lender_floor   20%       ·      ·          ·        ·        ·
intercoop.lend_max       30%       ·      ·          ·        ·        ·
intercoop.borrow_max     50%       ·      ·          ·        ·        ·
wholesale.grades         A,B       ·      ·          ·        ·        ·
wholesale.max_multiple   1×        ·      ·          ·        ·        ·
wholesale.margin_max     2‰        ·      ·          ·        ·        ·
wholesale.idle_days      30        ·      ·          ·        ·        ·
guarantee.mode           g3        ·      g5         leader   ·        g3
posts.deputy_is_cashier  no        yes    ·          ·        ·        no
posts.term               36        ·      ·          ·        ·        ·
loan.cap                 20,000    ·      ·          20,000   ·        30,000
loan.cap_shuangdao       10,000    ·      10,000     ·        ·        ·
loan.over_cap            consent   ·      consent    refuse   ·        refuse
loan.term_default        12        ·      ·          12       ·        ·
loan.term_max            24        ·      ·          24       ·        ·
loan.long_cycle          no        ·      ·          ·        ·        ·
loan.long_cycle_max      36        ·      ·          ·        ·        ·
loan.township_review     no        ·      ·          yes      ·        ·
loan.extension_max       1         ·      ·          ·        ·        ·
borrower.exclude_wealthy yes       no     yes        ·        ·        ·
borrower.priority        poor_first · on_file_first relatively_poor_too · ·
notice.days              5         ·      ·          ·        ·        ·
revisit.days             30        ·      ·          ·        ·        ·
guarantor.call_days      15        ·      ·          ·        ·        ·
overdue.steps            1,7,15,30,90 ·   ·          ·        ·        ·
level.factors            0.6×,0.7×,0.8×,0.9×,1× · ·  ·        ·        ·
recovery.min             70%       70%    ·          ·        ·        ·
fee.monthly_permille     7‰        ·      ·          ·        ·        ·
fee.bank_rate            —         ·      ·          ·        ·        ·
fee.by_purpose           —         ·      ·          ·        ·        ·
subsidy.rate             100%      ·      ·          ·        ·        ·
dividend.enabled         yes       yes    ·          ·        ·        ·
dividend.leavers         no        ·      ·          ·        ·        ·
surplus.preset           DIV       ·      ·          ·        ·        ·
insurance.required       no        ·      yes        ·        ·        ·
bureau.enabled           yes       ·      yes        ·        ·        ·
conc.max_household_pct   10%       ·      ·          ·        ·        ·
fiscal.cumulative_cap    500,000   ·      ·          ·        500,000  ·
grant.new                150,000   ·      ·          500,000  150,000  ·
grant.reward             150,000   ·      ·          ·        150,000  ·
reward.min_run_months    12        ·      ·          ·        12       ·
reward.max_overdue       0         ·      ·          ·        0        ·
grant.grades             A,B       ·      ·          ·        ·        ·
alloc.method             equal     ·      ·          need     competition ·
alloc.steer              off       ·      ·   relatively_poor_elsewhere · ·
pool.v1_grades           A         ·      A          ·        ·        ·
pool.v2_grades           A,B       ·      ·          ·        ·        ·
pool.leverage            5         ·      ·          ·        ·        ·
pool.leverage_base       stake     ·      ·          ·        ·        ·
pool.match_pct           30%       ·      ·          ·        ·        ·
pool.loan_cap            50,000    ·      ·          ·        ·        ·
pool.v1_match            no        ·      ·          ·        ·        ·
pool.v1_mutual           yes       ·      ·          ·        ·        ·
claim.bank_part          20%       ·      ·          ·        ·        ·
claim.wait_days          90        ·      ·          ·        ·        ·
claim.check_days         10        ·      ·          ·        ·        ·
claim.pay_days           15        ·      ·          ·        ·        ·
claim.stop_rate          5%        ·      ·          ·        ·        ·
enterprise.borrower      household ·      household  ·        ·        ·
stock.holder             household ·      household  ·        ·        ·
daizi.enabled            no        ·      ·          yes      ·        ·
inspect.freq             monthly   ·      ·          ·        ·        monthly
report.due_month         5         ·      ·          ·        ·        ·
report.due_annual        01-31     ·      ·          ·        ·        ·
report.quarter_days      10        ·      ·          ·        ·        ·
report.summary_day       12-31     ·      ·          ·        12-31    ·
rectify.days             90        ·      ·          ·        ·        ·
exit.classes             upgrade,rectify,revoke · ·  ·        ·        upgrade,revoke
liq.priority             members_first · ·           ·        ·        members_first
liq.surplus_to           redistribution · ·          ·        ·        ·
liq.redistribute         by_source ·      ·          ·        ·        by_source
setup.cost_cap           1,000     ·      ·          1,000    ·        ·
train.per_year           1         ·      ·          ·        ·        ·
leave.min_months         0         0      ·          ·        ·        ·
board.mask_ids           yes       ·      ·          ·        ·        ·
board.status_lists       no        ·      ·          ·        ·        ·
archive.years            30        ·      ·          ·        ·        ·
loan.sign_days           30        ·      ·          ·        ·        ·
loan.vote_days           30        ·      ·          ·        ·        ·
intercoop.sign_days      30        ·      ·          ·        ·        ·
intercoop.fund_days      10        ·      ·          ·        ·        ·
consent.answer_days      5         ·      ·          ·        ·        ·
consent.escalate_days    5         ·      ·          ·        ·        ·
escalation.offices       staff@federation,cpo@federation,leading_group@federation · · · · ·
finding.own_days         3         ·      ·          ·        ·        ·
finding.resolve_days     30        ·      ·          ·        ·        ·
member.notice_days       5         ·      ·          ·        ·        ·
payment.answer_days      5         ·      ·          ·        ·        ·
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_table_of_1_13_cell_by_cell(row: list[str]) -> None:
    key, default, *cells = row
    assert len(cells) == len(data.PROFILES)
    shown = []
    for name in data.PROFILES:
        policy = data.policy(name)
        silent = policy.settings[key].place == policy_merge.DEFAULT
        value = display(SCHEMA[key].kind, policy.get(key)).replace(", ", ",")
        shown.append("·" if silent else value)
    assert display(SCHEMA[key].kind, SCHEMA[key].value).replace(", ", ",") == default
    assert shown == cells


def test_what_the_documents_say_in_lists_and_tables() -> None:
    assert data.policy("DEFAULT").table("rating.weights") == {
        "organisation": 150_000,
        "rules": 100_000,
        "recovery": 300_000,
        "turnover": 150_000,
        "poverty": 150_000,
        "accounts": 150_000,
    }
    assert data.policy("DEFAULT").table("rating.cuts") == {"A": 90, "B": 80, "C": 60}
    assert data.policy("DEFAULT").table("surplus.div_parts") == {
        "reserve": 400_000,
        "welfare": 100_000,
        "risk": 100_000,
        "dividend": 400_000,
    }
    assert data.policy("DEFAULT").table("surplus.acc_parts") == {
        "reserve": 400_000,
        "welfare": 200_000,
    }
    assert data.policy("NINGXIA").table("target.villages") == {
        "2015 重点贫困村": 500,
        "2017 贫困村": 1_100,
    }
    assert data.policy("NINGXIA").list("target.whole_counties") == (
        "盐池", "红寺堡", "隆德", "泾源",
    )  # fmt: skip
    assert data.policy("LANZHOU").table("target.villages") == {"试点村": 120}
    assert data.policy("CHONGQING").table("target.villages") == {"2012 试点村": 274}
    assert data.policy("WENXIAN").list("purpose.list") == ("种植", "养殖", "农机", "特色产业")
    assert data.policy("LINYI").list("fund_level") == ("municipal",)
    assert data.policy("DEFAULT").ranges("provision.days") == {
        "normal": (0, 0),
        "attention": (1, 90),
        "substandard": (91, 180),
        "doubtful": (181, 360),
        "loss": (361, None),
    }


def test_every_parameter_names_document_and_section_or_says_why_there_is_none() -> None:
    for key, spec in SCHEMA.items():
        assert _SOURCE.fullmatch(spec.source), key
        assert spec.zh, key
        assert spec.en, key


@pytest.mark.parametrize("name", data.PROFILES)
def test_a_profile_carries_only_what_its_own_document_says(name: str) -> None:
    found, entries, _ = policy_merge.profile_parts(data.sources(name).profile)
    assert found == name
    letter = dict(zip(data.PROFILES, "WNLCY", strict=True))[name]
    for key, entry in entries.items():
        assert key in SCHEMA
        assert entry.source.startswith(f"{letter} "), key
        assert entry.value is not None or entry.says, key


def test_a_profile_that_quotes_another_document_or_an_unknown_key_is_refused() -> None:
    base = data.sources("LINYI")
    wrong = base.profile.replace(b'"Y \xc2\xa7\xe4\xba\x8c"', b'"W \xc2\xa7\xe4\xba\x8c"')
    assert wrong != base.profile
    with pytest.raises(InvariantViolation) as raised:
        parse(msgspec.structs.replace(base, profile=wrong))
    assert raised.value.name == "profile_quotes_its_own_document"
    stray = base.profile + '\n"loan.capp" = { value = "1", source = "Y §二" }\n'.encode()
    with pytest.raises(PolicyRefused) as refused:
        parse(msgspec.structs.replace(base, profile=stray))
    assert [(one.place, one.key) for one in refused.value.problems] == [("profile", "loan.capp")]


def test_wholesale_grades_and_intercoop_grades_are_a_and_b() -> None:
    """R-076, R-077: only A and B lend to each other or take bank money."""
    for name in data.PROFILES:
        assert data.policy(name).list("intercoop.grades") == ("A", "B")
        assert data.policy(name).list("wholesale.grades") == ("A", "B")


def test_a_profile_beyond_the_range_of_the_defaults_is_refused() -> None:
    base = data.sources("LINYI")
    for old, new in (
        (b'value = "30000", allowed = "0.01..30000"', b'value = "30000", allowed = "0.01..20000"'),
        (b'value = "30000", allowed = "0.01..30000"', b'value = "200000", allowed = "1.."'),
        (b'value = "30000", allowed = "0.01..30000"', b'value = "30000", allowed = "up to 3"'),
    ):
        changed = base.profile.replace(old, new)
        assert changed != base.profile
        with pytest.raises(PolicyRefused) as refused:
            parse(msgspec.structs.replace(base, profile=changed))
        assert [(p.place, p.key) for p in refused.value.problems] == [("profile", "loan.cap")]
