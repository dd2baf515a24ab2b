"""A story in the words of the domain, Chinese and English, one sentence an event.

Called by `lianhe simulate` when a seed found something. Says what happened, to whom and how it
was answered; computes nothing.
"""

from collections.abc import Sequence

from contracts.money import show
from simulation import desk_pool, events

_ACTS = {
    "apply": "申请", "admit": "表决准入", "object": "提出异议", "mark": "认定标志",
    "ask_leave": "申请退社", "stay": "留社", "expel": "除名", "refund": "发起退股",
    "settle": "了结", "withdraw": "撤回", "form": "组成联保小组", "dissolve": "解散小组",
    "elect": "当选", "vacate": "离任", "sign": "签字", "vote": "表决", "refuse": "否决",
    "notice": "公示", "dismiss": "驳回异议", "sustain": "支持异议", "contract": "签合同",
    "instruct": "发起付款", "assign": "认领待查款", "set_off": "以股抵债", "call": "追索联保人",
    "guarantor_repaid": "偿还联保人", "extend": "展期", "extend_long": "长期展期",
    "write_off": "核销", "cancel": "取消合同", "pay_back": "退回待查款", "pay_again": "再次付款",
    "to_share": "待查款转股金", "pass_on": "转交银行", "revisit": "回访", "dun": "催收",
    "insure": "登记保险", "say": "就县级事项表态",
}  # fmt: skip
_DESK = {
    "consent.grant": ("扶贫办同意", "the poverty office consents to"),
    "consent.refuse": ("扶贫办不同意", "the poverty office refuses"),
    "finding.own": ("联合社认领差异", "the federation takes on finding"),
    "finding.resolve": ("联合社处理完差异", "the federation resolves finding"),
    "payment.stop": ("联合社停付", "the federation stops payment"),
    "intercoop.match": ("联合社撮合调剂", "the federation matches"),
    "intercoop.sign": ("联合社签字", "the federation signs"),
    "intercoop.sign_cpo": ("扶贫办签字", "the poverty office signs"),
    "intercoop.suspend": ("联合社中止调剂", "the federation suspends"),
    "intercoop.resume": ("联合社恢复调剂", "the federation resumes"),
    "intercoop.waive": ("县里签字免除", "the county signs the waiver of"),
    "service_fee.waive": ("联合社免收", "the federation lets go"),
    "own_money.is_fund": ("联合社记作县级专项", "the federation names as county fund"),
    "own_money.is_income": ("联合社记作其他收入", "the federation names as income"),
    "mode": ("改调剂方式", "changes the mode of lending of"),
    "intercoop.write_off": ("县里签字核销", "the county signs the write-off of"),
    "receipt.identify": ("联合社认定款项归属", "the federation names whose money it is,"),
    "identification.withdraw": ("联合社撤回认定", "the federation takes back"),
    **desk_pool.WORDS,
    "policy": ("联合社下达参数", "the federation tells new parameters"),
    "grade": ("联合社公布评级", "the federation tells a grade"),
}
_LINE = {
    "lost": ("丢失", "lost"),
    "lost_answer": ("回执丢失", "answer lost"),
    "doubled": ("重复", "doubled"),
    "held_up": ("延迟", "held up"),
    "damaged": ("损坏", "damaged"),
    "damaged_answer": ("回执损坏", "answer damaged"),
}
_FAULTS = {
    "bounce": ("退票", "bounces a payment"),
    "delay": ("延期执行", "executes days later"),
    "double": ("重复支付一笔", "pays one payment twice"),
    "wrong_amount": ("少付一分", "pays one fen too little"),
    "wrong_card": ("付到别人卡上", "pays to another card"),
    "late_line": ("流水晚一天告知", "tells a line a day late"),
    "return": ("付出后退回", "gets a payment back days later"),
    "lose_statement": ("对账单丢失", "loses a statement"),
    "false_statement": ("对账单漏一行", "leaves a line out of a statement"),
    "double_statement": ("对账单发两次", "sends a statement twice"),
    "lose_payment_file": ("付款文件丢失", "loses our payment file"),
}


def narrate(story: Sequence[events.AnyEvent], answers: Sequence[str]) -> list[tuple[str, str]]:
    """One sentence an event in Chinese and in English, numbered, with its answer."""
    told = []
    for number, event in enumerate(story, 1):
        zh, en = _sentence(event)
        answer = f" → {answers[number - 1]}" if number <= len(answers) else ""
        told.append((f"{number}. {zh}{answer}", f"{number}. {en}{answer}"))
    return told


def _sentence(event: events.AnyEvent) -> tuple[str, str]:
    match event:
        case events.Act():
            return _with_crash(event, *_act(event))
        case events.Desk():
            zh, en = _DESK[event.what]
            about = event.case or event.coop
            return _with_crash(event, f"县:{zh} {about}", f"county: {en} {about}")
        case events.Enrol():
            return f"{event.coop}:登记村民 {event.person}", f"{event.coop}: enrols {event.person}"
        case events.Money():
            amount, place = show(event.amount), event.coop or "?"
            return (
                f"银行:{place} 子账户收到 {amount}(“{event.text or event.reference}”)",
                f"bank: {amount} comes in for {place} (“{event.text or event.reference}”)",
            )
        case events.BankFails():
            zh, en = _FAULTS[event.fault.value]
            return f"银行将出错:{zh}", f"the bank will err once: {en}"
        case events.CloseDay():
            return _with_crash(event, f"{event.coop}:日结", f"{event.coop}: closes its days")
        case events.Sync():
            return _sync(event)
        case events.Stick():
            cut = ",".join(str(n) for n in event.order)
            bad = ("(损坏)", " (damaged)") if event.flip else ("", "")
            return (
                f"{event.coop}:U盘送达 {cut}{bad[0]}",
                f"{event.coop}: delivers by stick, in order {cut}{bad[1]}",
            )
        case events.Arrive():
            return "线路:迟到的报文倒序到达", "line: messages held up arrive, last first"
        case events.Night():
            return _with_crash(event, "夜:银行日终,县日结", "night: bank and county close")
        case events.Quiet():
            return f"平静 {event.days} 天", f"{event.days} quiet days"
        case events.Lie():
            return f"{event.coop}:送假账({event.what})", f"{event.coop}: lies ({event.what})"
        case events.HandOver():
            return f"{event.coop}:换机移交", f"{event.coop}: hands over to a new computer"


def _act(event: events.Act) -> tuple[str, str]:
    amount = event.facts.get("amount")
    money = f" {show(amount)}" if isinstance(amount, int) else ""
    who = event.role.partition("@")[0]
    zh = _ACTS.get(event.act, f"办理 {event.act}")
    return (
        f"{event.coop}:{who} {zh} {event.case}{money}",
        f"{event.coop}: {who} {event.act.replace('_', ' ')} {event.case}{money}",
    )


def _sync(event: events.Sync) -> tuple[str, str]:
    suffered = [(n, _LINE[fault]) for n, fault in enumerate(event.line, 1) if fault]
    zh = "".join(f",第{n}条{one[0]}" for n, one in suffered)
    en = "".join(f", message {n} {one[1]}" for n, one in suffered)
    if event.skew:
        zh, en = f"{zh},时钟差 {event.skew} 秒", f"{en}, clock wrong by {event.skew} s"
    if event.county_crash:
        zh, en = f"{zh},县机中断", f"{en}, the county stops"
    return _with_crash(event, f"{event.coop}:收发{zh}", f"{event.coop}: sends and receives{en}")


def _with_crash(
    event: events.Act | events.Desk | events.CloseDay | events.Sync | events.Night,
    zh: str,
    en: str,
) -> tuple[str, str]:
    crash = event.crash
    if crash is None:
        return zh, en
    when = {"before": "前", "after": "后"}[crash.when]
    return (
        f"{zh},第 {crash.commit} 次提交{when}停机",
        f"{en}, stopped {crash.when} commit {crash.commit}",
    )
