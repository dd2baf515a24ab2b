"""Texts of refusals of lending between cooperatives: code → (Chinese, English). Data only."""

LENDING_TEXTS: dict[str, tuple[str, str]] = {
    "INTERCOOP_OFF": (
        "本县未开办调剂(R-026)。",
        "Inter-cooperative lending is off in this county (R-026).",
    ),
    "GRADE_NOT_ALLOWED": (
        "{cooperative} 评级 {grade} 不在允许等级 {needed} 内(R-076)。",
        "{cooperative} has grade {grade}; it takes {needed} (R-076).",
    ),
    "LENDER_FLOOR": (
        "借出后 {cooperative} 账户余额 {left} 低于应留 {floor}(R-076)。",
        "After lending, {cooperative} would hold {left}, below its floor {floor} (R-076).",
    ),
    "LEND_MAX": (
        "{cooperative} 调剂借出合计 {total} 超过上限 {limit}(R-076)。",
        "{cooperative} would have lent {total}, over its limit {limit} (R-076).",
    ),
    "BORROW_MAX": (
        "{cooperative} 调剂借入合计 {total} 超过上限 {limit}(R-076)。",
        "{cooperative} would have borrowed {total}, over its limit {limit} (R-076).",
    ),
    "RATE_NOT_POSITIVE": (
        "调剂须有偿,费率必须大于零(R-075)。",
        "Inter-cooperative money is for paid use: the rate must be above zero (R-075).",
    ),
    "SAME_COOPERATIVE": (
        "借出社与借入社不能相同。",
        "Lender and borrower must differ.",
    ),
    "LENDING_RING": (
        "借款会绕回借出社本身:{ring}。请先归还已借款项。",
        "The money would come back to its lender: {ring}. Let what is owed be repaid first.",
    ),
    "WISH_NOT_POSTED": (
        "挂牌 {wish} 不在有效挂牌中({state}),或不够 {amount} 元。请另选挂牌,或不引用挂牌撮合。",
        "{wish} stands for no such wish now ({state}), or for less than {amount}. Choose another.",
    ),
    "NOT_THE_COUNTYS_MODE": (
        "本县的调剂方式是 {mode},合同当事人须与之相符。请按本县方式撮合,或改 intercoop.mode。",
        "This county lends in mode {mode}; the parties do not fit it. Match in that mode.",
    ),
    "PAIR_STILL_STANDS": (
        "合同 {case} 与 {pair} 同时划款;{pair} 未终止前,{case} 不能单独终止。",
        "{case} is funded together with {pair} and ends alone only once {pair} has ended.",
    ),
    "FEDERATION_HAS_NO_ACCOUNT": (
        "联合社没有自有资金子账户,不能收服务费或作调剂当事人;请先登记(own-account)。",
        "The federation has no account of its own; enter one first (federation own-account).",
    ),
    "BORROWER_OVERDUE": (
        "{cooperative} 的调剂借款 {case} 逾期({due_on} 到期,尚欠 {owed} 元)。还清后才能再借。",
        "{cooperative} owes {owed} on {case} since {due_on}. It may borrow again once repaid.",
    ),
    "NOT_OVERDUE": (
        "调剂借款 {case} 没有逾期({due_on} 到期)。过了到期日仍有欠款才能中止。",
        "{case} is not overdue (due {due_on}). It may be suspended when money is owed after that.",
    ),
    "NOT_SUSPENDED": (
        "调剂借款 {case} 还没有中止,不能免除或核销。{due_on} 到期后仍有欠款的,先由 {needed} 中止。",
        "{case} must be suspended first: late after {due_on}, it is suspended by {needed}.",
    ),
    "REPAYMENT_UNDER_WAY": (
        "调剂借款 {case} 有 {amount} 元还款正在清算。清算完成后,按新的欠款再签。",
        "{amount} of {case} are on their way to the lender. Sign for what is owed after that.",
    ),
}
