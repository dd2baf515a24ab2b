"""Texts of refusals: code → (Chinese, English), facts in braces. Data only."""

from contracts.refusal_texts_doors import DOOR_TEXTS
from contracts.refusal_texts_lending import LENDING_TEXTS
from contracts.refusal_texts_pool import POOL_TEXTS

TEXTS: dict[str, tuple[str, str]] = {
    **POOL_TEXTS,
    **LENDING_TEXTS,
    **DOOR_TEXTS,
    "REQUEST_CHANGED": (
        "编号 {id} 已用于另一项内容。换一个新编号再提交。",
        "Id {id} was already used for something else. Submit again under a new id.",
    ),
    "UNKNOWN_CASE": ("没有事项 {case}。请核对编号。", "There is no case {case}. Check the id."),
    "UNKNOWN_ACT": (
        "事项 {process} 没有动作 {act}。",
        "Process {process} has no act {act}.",
    ),
    "FACTS_INVALID": (
        "填写有误:{where} {problem}。改正后再提交。",
        "Not filled in correctly: {where} {problem}. Correct it and submit again.",
    ),
    "POLICY_INVALID": (
        "参数有误,共 {count} 处:{problem_zh}。改正后再提交。",
        "The parameters hold {count} problems, the first: {problem}. Correct them and try again.",
    ),
    "CASE_EXISTS": ("事项 {case} 已存在。", "Case {case} exists already. Choose another id."),
    "ROLE_NOT_ALLOWED": (
        "{role} 不能做“{act}”,须由 {needed} 办理。",
        "{role} may not {act}; it takes {needed}.",
    ),
    "FOUR_POWERS": (
        "四权分离:{person} 在本笔已行使{used},不能再行使{asked}。请换人办理。",
        "Four powers: {person} used {used} here and may not use {asked}; another person must.",
    ),
    "ALREADY_SIGNED": (
        "{person} 已签过,不必再签。",
        "{person} has already signed; the others are still to sign.",
    ),
    "NOT_ON_THE_LIST": (
        "{person} 不在应签人名单内(应签:{needed})。",
        "{person} is not among those who sign here (they are: {needed}).",
    ),
    "MUST_ABSTAIN": (
        "{person} 是当事人或近亲属,应当回避,只能记为弃权。",
        "{person} is a party or close relative and must abstain; record an abstention.",
    ),
    "NOBODY_VOTED": (
        "没有人表态:都记为未到,什么也没有登记。请照会议记录为到会的每个人选定后再提交。",
        "Nobody has voted, nothing is recorded. Choose for each who was there, then submit again.",
    ),
    "OWN_SIGN_IN": (
        "“{act}”须由 {person} 本人登录办理,不能代办。",
        "{act} takes {person}'s own sign-in; nobody may enter it for them.",
    ),
    "SIGNED_OTHER_TERMS": (
        "所签条款与现条款不一致。请按现条款重签。",
        "What was signed is not the present terms. Sign the present terms.",
    ),
    "ACT_NOT_ALLOWED_NOW": (
        "现状态“{state}”不能做“{act}”;现在可做:{allowed}。",
        "In state {state}, {act} is not possible; possible now: {allowed}.",
    ),
    "DAY_CLOSED": (
        "{date} 已日结。请在开放日 {open} 记账或冲正。",
        "{date} is closed. Post or correct it in the open day {open}.",
    ),
    "BOOK_NOT_OPEN": ("账簿 {book} 未开账。", "Book {book} is not open. Open it first."),
    "BOOK_WAITS": (
        "账簿 {book} 因 {reason} 暂停接收,办理移交后恢复。",
        "Book {book} waits because of {reason}; a hand-over opens it again.",
    ),
    "TOO_EARLY": (
        "须到 {from_date} 才能办理。",
        "Possible from {from_date} on.",
    ),
    "BALANCE_TOO_LOW": (
        "{book} 科目 {account} 余额 {balance} 不足以减少 {asked}(下限 {floor})。",
        "{book} account {account} holds {balance}; taking {asked} would pass its floor {floor}.",
    ),
    "BALANCE_TOO_HIGH": (
        "{book} 科目 {account} 余额 {balance} 增加 {asked} 会超过上限 {ceiling}。",
        "{book} {account} holds {balance}; adding {asked} would pass its ceiling {ceiling}.",
    ),
    "AMOUNT_NOT_POSITIVE": (
        "{what} 必须大于零。",
        "{what} must be above zero.",
    ),
    "NOT_A_MEMBER": (
        "{member} 不是本社在册社员。入社后方可办理(R-030)。",
        "{member} is not an active member here. Admit the member first (R-030).",
    ),
    "HOUSEHOLD_HAS_MEMBER": (
        "该户 {household} 或本人已有社员 {member},每户一名(R-002)。",
        "Household {household} or this person is member {member} already; one each (R-002).",
    ),
    "NOT_INSURED": (
        "社员 {member} 没有在保的意外伤害综合保险(登记到:{until})。登记在保的保单后才能付款。",
        "Member {member} has no insurance in force (until: {until}). Record it, then pay out.",
    ),
    "SHUANGDAO_FOR_POOR": (
        "双到资金只借给建档立卡贫困户(R-068),{member} 不是。请改用自有资金。",
        "Shuangdao money is for poor households on file (R-068), not {member}. Use the own fund.",
    ),
    "WEALTHY_MAY_NOT_BORROW": (
        "富裕户不得借款(R-005)。认定有误的,向县扶贫办申诉。",
        "A wealthy household may not borrow (R-005). A wrong flag is appealed to the county.",
    ),
    "PURPOSE_NOT_LISTED": (
        "用途“{purpose}”不在生产性用途目录内:{allowed}(R-029)。",
        "Purpose {purpose} is not on the production list: {allowed} (R-029).",
    ),
    "OVER_LOAN_CAP": (
        "金额 {asked} 超过借款上限 {cap}({rule})。",
        "{asked} is over the loan cap {cap} ({rule}).",
    ),
    "OVER_LEVEL_LIMIT": (
        "金额 {asked} 超过该社员信用等级额度 {limit}(R-045)。逐年守信可提高。",
        "{asked} is over this member's credit-level limit {limit} (R-045). A clean year raises it.",
    ),
    "TERM_TOO_LONG": (
        "期限 {asked} 个月超过最长 {longest} 个月(R-043)。",
        "{asked} months is longer than the longest term, {longest} months (R-043).",
    ),
    "LOAN_STILL_OPEN": (
        "社员尚有未结清借款 {loan}。结清后可再借。",
        "The member still has loan {loan}. It must be repaid first.",
    ),
    "GROUP_NOT_CLEAN": (
        "联保小组成员 {member} 的借款 {loan} 已逾期。清偿后可再借。",
        "Group member {member} has overdue loan {loan}. It must be cleared first.",
    ),
    "GROUP_SIZE": (
        "联保小组 {group} 有 {have} 户,应为 {needed}。",
        "Guarantee group {group} has {have} households; it needs {needed}.",
    ),
    "NOT_IN_GROUP": (
        "社员 {member} 不在有效的联保小组内。先组成联保小组(R-041)。",
        "Member {member} is in no live guarantee group. Form the group first (R-041).",
    ),
    "MEMBER_IN_GROUP": (
        "社员 {member} 已在联保小组 {group} 内,一人只能在一个有效小组(R-041)。",
        "Member {member} is in live group {group} already; one live group per member (R-041).",
    ),
    "GROUP_HAS_LOAN": (
        "联保小组 {group} 尚有借款 {loan} 未了结,结清后方可变更(R-041)。",
        "Group {group} still guarantees loan {loan}; it may change once that is cleared (R-041).",
    ),
    "POST_TAKEN": (
        "职务 {post} 现由 {person} 担任({case})。先办理离任。",
        "Post {post} is held by {person} ({case}). Vacate it first.",
    ),
    "POST_CONFLICT": (
        "{person} 已任 {held},不得兼任 {asked}(R-011)。换人或先离任。",
        "{person} holds {held} and may not be {asked} too (R-011). Take another person.",
    ),
    "EXTENSIONS_USED": (
        "已展期 {used} 次,最多 {most} 次(R-055)。",
        "Extended {used} times already; at most {most} (R-055).",
    ),
    "MORE_THAN_OWED": (
        "金额 {asked} 超过尚欠 {owed}。改为不超过它的金额;多收的留在待查。",
        "{asked} is more than the {owed} still owed. Ask for less; the rest stays in suspense.",
    ),
    "CONCENTRATION": (
        "该户借款 {asked} 将超过自有资金的上限 {limit}(R-034)。",
        "{asked} would take this household over {limit} of the own fund (R-034).",
    ),
    "OVER_BORROWED": (
        "资金 {funding} 未还 {borrowed},已转贷 {lent};再贷 {asked} 将超借入额,请用自有资金。",
        "{funding}: {borrowed} still borrowed, {lent} lent on; {asked} more is over. Use own.",
    ),
    "OPENING_NOT_TOLD": (
        "县里还没有下达 {cooperative} 的期初数。请联合社核对后下达,收发一次再导入。",
        "The county has not told {cooperative} its opening statement. Have it told, then sync.",
    ),
    "OPENING_DONE": (
        "期初数已于 {on} 导入并核对,账已启用。以后按日常事项办理。",
        "The opening was brought in and proven on {on}; from there it is ordinary business.",
    ),
    "OPENING_DIFFERS": (
        "导入数与县里核对的期初数不符:{differences}。请改表或请联合社更正后再导入。",
        "What is brought in differs from the county's statement: {differences}. Correct either.",
    ),
    "CONTRACT_NUMBER_TAKEN": (
        "合同编号 {number} 已用于借款 {loan}。请换一个编号,或留空由系统编号。",
        "Contract number {number} is that of loan {loan}. Take another, or leave it out.",
    ),
    "VOTE_NOT_LOST": (
        "表决尚未否决(赞成 {yes} 反对 {no} 未投 {left})。",
        "The vote is not lost yet (yes {yes}, no {no}, open {left}).",
    ),
    "RECOVERY_TOO_LOW": (
        "到期还款率 {rate} 低于 {floor},只对守信社员放款(R-052)。",
        "Due recovery {rate} is below {floor}: only members with a clean record borrow (R-052).",
    ),
    "STILL_OWED": (
        "尚欠 {owed},未结清。",
        "{owed} is still owed.",
    ),
    "NOT_FREE_TO_LEAVE": (
        "退股前须了结:{open}(R-003)。",
        "Before leaving, these must be cleared: {open} (R-003).",
    ),
    "COOPERATIVE_UNKNOWN": (
        "本县没有互助社 {cooperative}。请核对编号。",
        "There is no cooperative {cooperative} in this county. Check the id.",
    ),
    "CONSENT_MISSING": (
        "支出 {asked} 超过上限 {cap},须先经县扶贫办同意(R-027);已提请同意,同意后再次发起。",
        (
            "{asked} is over the cap {cap} and needs the poverty office's consent first (R-027). "
            "Consent has been asked for; instruct again once it is given."
        ),
    ),
    "PAYOUT_NOT_KNOWN": (
        "不认识的付款内容:{problem}。请升级节点后重新发起。",
        "This is no payout the county knows: {problem}. Upgrade the node and instruct again.",
    ),
    "RECEIPT_NOT_UNKNOWN": (
        "来款 {receipt} 现为“{state}”,认领 {identification};只认领来源不明的来款,入文件前可撤。",
        (
            "Receipt {receipt} is {state}, identification {identification}; only a receipt nobody "
            "is named for can be identified. It can be withdrawn until it is in a payment file."
        ),
    ),
    "LINE_NOT_OPEN": (
        "银行行 {line} 不是某社子账户未了结的支出,不能按差错入账。",
        "Line {line} is no open outflow of a cooperative's sub-account; only one is booked so.",
    ),
    "PAYMENT_LINE_OPEN": (
        "{about} 有未了结的银行行 {line}({amount}),可能已付;银行冲正或按差错入账后才能再付。",
        (
            "Bank line {line} of {amount} about {about} (payment {payment}, {reason}) is open: it "
            "may be paid already. Pay again once the bank reversed it or staff booked it as gone."
        ),
    ),
    "PAYEE_UNKNOWN": (
        "收款人 {person} 没有可用的姓名和卡号。请在节点补录后送达,本笔付款仍在排队。",
        (
            "Payee {person} has no readable name and card. Enter them at the node and deliver; "
            "the payment stays queued."
        ),
    ),
}
