"""Words inside refusals that banks and machines read: value of a fact → its word in Chinese.

Used by ``Rejection.text`` alone, for facts that name a field, a state, an act or a paper of the
pool's lines and claims. A word nobody translated stays as it is. The console has words of its own
for what its pages show (words.toml).
"""

FIELDS: dict[str, str] = {
    "guarantee": "担保编号", "amount": "金额", "paid_on": "放款日", "due_on": "到期日",
    "repaid": "归还本金", "repaid_on": "归还日", "since": "逾期起始日",
    "arrears_since": "逾期起始日", "arrears_principal": "逾期本金", "arrears_interest": "逾期利息",
    "drawn": "累计放款", "answer": "答复", "answers": "答复", "reason": "原因",
    "report": "报表名", "rows": "行", "body": "正文", "interest": "利息", "cost": "费用",
    "person": "负责人", "verified": "本行核验结果", "missing": "未填", "empty": "为空",
    "unknown": "不认识",
    "none": "一项也没有", "not an amount like 1234.56": "不是金额,写成 1234.56(元)",
    "both or neither": "须同时填或都不填", "0 or more": "不小于零", "term_months": "期限(月)",
    "new": "新值", "old": "原值", "field": "项目", "= old": "与原值相同",
    "card": "一卡通", "a token of the card": "只能是卡的代号", "never its number": "不能是卡号",
}  # fmt: skip
"""Fields of what a bank sends, and what is wrong with them."""
PAPERS: dict[str, str] = {
    "contract": "借款合同", "payout": "放款凭证", "dunning": "催收记录", "balance": "本息余额表",
    "manifest": "担保文件清单", "guarantee-package.zip": "担保文件",
}  # fmt: skip
"""Papers of a claim, and what a package is made of."""
STATES: dict[str, str] = {
    "sent": "已送银行", "accepted": "已同意", "conditioned": "银行附条件", "refused": "已拒绝",
    "running": "在保", "ended": "已结束", "released": "已释放", "reserved": "已预留",
    "answered": "已逐笔答复", "noticed": "已通知,待核查", "paid": "已支付", "lapsed": "已失效",
    "withdrawn": "已撤回", "rejected": "不予受理", "prepared": "待复核", "turned_back": "已退回",
}  # fmt: skip
"""States of what a bank sees."""
ACTS: dict[str, str] = {
    "accept": "同意", "condition": "附条件", "refuse": "不同意", "paid": "报送放款",
    "repaid": "报送归还", "arrears": "报送逾期", "notice": "代偿通知", "check": "核对材料",
    "guarantors": "联保人清偿", "reject": "不予代偿", "withdraw": "撤回", "escalate": "升级催办",
    "recovered": "报送追回", "restate": "更正", "release": "释放", "turn_back": "退回",
    "receive": "收件", "-": "无",
}  # fmt: skip
"""What can be done with it."""
TABLES: dict[str, dict[str, str]] = {
    "where": FIELDS, "problem": FIELDS, "paper": PAPERS, "papers": PAPERS, "state": STATES,
    "act": ACTS, "allowed": ACTS, "what": FIELDS, "until": {"-": "无"},
}  # fmt: skip
"""Facts that are such words, alone or several with a comma between them."""


def in_chinese(fact: str, value: str) -> str:
    """A fact's value, what has a Chinese word said by it; anything else as it is."""
    table, parts = TABLES.get(fact, {}), value.split(", ")
    if table.keys().isdisjoint(parts):
        return value
    return "、".join(table.get(one, one) for one in parts)
