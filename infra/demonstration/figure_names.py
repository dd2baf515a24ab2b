"""What the demonstration's figures are called in Chinese, for the table it ends with.

Called by the run alone; the keys themselves stand in ``expected.toml`` and ``--summary``. A figure
of a directory somebody wrote that has no name here is shown by its key.
"""

NAMES = {
    "cooperatives": "互助社", "groups": "互助小组", "managers": "管理人员", "households": "入社户",
    "fund_fen": "互助资金", "fund_by_source_fen": "互助资金来源", "loans_count": "借款笔数",
    "loans_fen": "借款金额", "poor_loans_count": "贫困户借款笔数",
    "poor_loans_fen": "贫困户借款金额", "poor_loans_count_percent": "贫困户笔数占比 %",
    "poor_loans_percent": "贫困户金额占比 %",
    "outstanding_fen": "借出余额", "overdue_fen": "逾期本金",
    "due_fen": "到期本金", "repaid_fen": "已还本金", "due_recovery_percent": "到期还款率 %",
    "average_share_fen": "户均股金", "average_loan_fen": "笔均借款",
    "average_poor_loan_fen": "贫困户笔均借款", "average_other_loan_fen": "其他户笔均借款",
    "intercoop_loans": "社际调剂笔数", "pool_stake_fen": "缴存", "pool_match_fen": "县级配套",
    "pool_deposits_fen": "成员打包资金", "pool_line_fen": "授信额度",
    "pool_line_steps": "逐步授信额度", "guaranteed_fen": "在保余额", "guaranteed_loans": "在保笔数",
    "over_use_stopped": "超额使用被停", "claims": "代偿笔数", "claims_paid_fen": "补偿金已赔",
    "claims_bank_fen": "银行分担", "claims_by_layer_fen": "各层承担",
    "claims_others_shares": "其他成员分担", "claims_uncovered_fen": "未覆盖",
    "claims_recovered_fen": "已追回", "bank_before_fees_fen": "未计占用费的银行存款",
}  # fmt: skip
_PARTS = {
    "fiscal": "财政专项", "shares": "社员股金", "undp": "UNDP", "enterprise": "企业",
    "shuangdao": "双到", "stake": "缴存", "match": "配套", "own_deposit": "违约人打包资金",
    "others": "其他成员打包",
}  # fmt: skip


def named(figure: str) -> str:
    """A key with its Chinese name before it, where it has one: 借款笔数 loans_count."""
    key, _, part = figure.partition(".")
    if key not in NAMES:
        return figure
    of_what = f" · {_PARTS.get(part, part)}" if part else ""
    return f"{NAMES[key]}{of_what} {figure}"
