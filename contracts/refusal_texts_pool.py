"""Texts of the risk pool's refusals: code → (Chinese, English), facts in braces. Data only."""

POOL_TEXTS: dict[str, tuple[str, str]] = {
    "LEVERAGE_OUT_OF_RANGE": (
        "授信倍数 {asked} 不在 {least}—{most} 倍之间(含端点)。请改在此范围内。",
        "Leverage {asked} is outside {least} to {most}, both included; agree on one within.",
    ),
    "MATCH_OUT_OF_RANGE": (
        "县级配套 {asked}% 不在 {least}%—{most}% 之间。请改在此范围内。",
        "A county match of {asked} % is outside {least} to {most} %; agree on one within.",
    ),
    "AGREEMENT_LIVE": (
        "{cooperative} 已有有效的风险补偿协议 {agreement}。先终止它,或改为修订新版本。",
        (
            "{cooperative} has a live pool agreement, {agreement}; end it, or make a new version "
            "of it."
        ),
    ),
    "AGREEMENT_NOT_OPEN": (
        "协议 {agreement} 现为“{state}”,不能新增担保业务。须在其签妥并恢复办理后再办。",
        "Agreement {agreement} is {state}; it must be signed and open.",
    ),
    "MATCH_NOT_DUE": (
        "应配套 {due} 元,已到位及在办 {have} 元,无须再申请。追加缴存后可再申请。",
        "A match of {due} yuan is due and {have} is there or under way; it takes more stake.",
    ),
    "STAKE_ABOVE_FUND": (
        "缴存 {asked} 元超过可用互助资金 {fund} 元。请减少缴存额。",
        "A stake of {asked} yuan is more than the fund has free ({fund}); stake less.",
    ),
    "RELEASE_TOO_LARGE": (
        (
            "申请释放 {asked} 元,现可释放 {free} 元(在保及预留 {guaranteed} 元)。待担保责任减少后"
            "再释放其余部分。"
        ),
        (
            "{asked} yuan asked back, {free} is free now ({guaranteed} is guaranteed or "
            "reserved); the rest must wait until less is guaranteed."
        ),
    ),
    "POOL_NOT_EMPTY": (
        "风险补偿金尚未结清:{left}。结清后方可终止协议。",
        "The pool is not empty: {left}. Settle it before the agreement ends.",
    ),
    "LOAN_NOT_PAID_OUT": (
        "借款 {loan} 尚未发放或不属于本人,不能打包担保(先借后打包)。发放后再申请。",
        (
            "Loan {loan} is not paid out, or not this member's; variant 1 pools money of loans "
            "already paid out."
        ),
    ),
    "BORROWER_TWICE": (
        "借款人 {person} 已有在办或在保的担保贷款({case})。该笔结清或退回后再办。",
        (
            "Borrower {person} has a guaranteed loan already ({case}); it must end or be "
            "released first."
        ),
    ),
    "OVER_GUARANTEE_CAP": (
        "担保贷款 {asked} 元超过单户上限 {cap} 元。请降低金额。",
        "A guaranteed loan of {asked} yuan is above the cap of {cap}; ask for less.",
    ),
    "LINE_USED_UP": (
        "担保额度不足({whose}):需 {asked} 元,可用 {free} 元。归还、追加缴存或减少金额后再办。",
        (
            "The guarantee line of {whose} has {free} yuan free and {asked} is asked; repay, top "
            "up or ask for less."
        ),
    ),
    "APPLICATION_NOT_READY": (
        "申请 {application} 现为“{state}”,须经联保签字、表决通过、公示期满后才能预留额度。",
        "Application {application} is {state}; group, council and public notice come first.",
    ),
    "NOT_YOUR_BANK": (
        "{case} 不属于 {bank},只能由协议银行办理。",
        "{case} is not {bank}'s; only the bank of its agreement may act.",
    ),
    "PAID_ABOVE_LINE": (
        "放款 {asked} 元超过本笔担保余额 {left} 元。超出部分不在担保范围内。",
        "{asked} yuan paid out, {left} left under this guarantee; what is above is not covered.",
    ),
    "PAID_OUTSIDE_LETTER": (
        "放款日 {paid_on} 不在担保函有效期内或晚于今天({first} 至 {until})。请核对或重新申请担保。",
        "Paid on {paid_on}, outside the letter or after today ({first} to {until}); check the day.",
    ),
    "CLAIM_NOT_COVERED": (
        "没有在保贷款 {guarantee} 可供代偿。请核对编号。",
        "There is no running guarantee {guarantee} to claim under; check the number.",
    ),
    "DAY_OUTSIDE": (
        "{where} {day} 不在 {first} 至 {last} 之间。请核对日期。",
        "{where} {day} is outside {first} to {last}; check the day.",
    ),
    "CLAIM_TOO_EARLY": (
        "未到代偿等待期:须逾期满 {days} 天,最早 {first} 可以通知代偿。",
        "Too early: {days} days overdue are needed; notice is possible from {first} on.",
    ),
    "CLAIM_WITHOUT_ARREARS": (
        "本笔没有报送逾期,不能代偿。先报送逾期起始日和逾期本金,满 {days} 天后再通知代偿。",
        (
            "No arrears are reported on this line; report since when and how much, then claim "
            "after {days} days overdue."
        ),
    ),
    "CLAIM_TOO_LATE": (
        "已过代偿请求期限 {last}。本笔不再代偿。",
        "The right to claim ended on {last}; this one is no longer paid.",
    ),
    "CLAIM_ABOVE_COVER": (
        "请求代偿 {asked} 元,担保责任内为 {cover} 元(大于 0)。请按责任金额提出。",
        "{asked} yuan claimed, {cover} is covered; claim at most that, and more than 0.",
    ),
    "CLAIM_TWICE": (
        "本笔贷款已有代偿 {claim}(“{state}”),一笔贷款只代偿一次。",
        "The loan has claim {claim} ({state}); a loan is called once.",
    ),
    "CLAIM_PAPERS_MISSING": (
        "代偿通知书缺附件:{papers}。补齐后重新提交。",
        "The notice lacks papers: {papers}; send it again with all of them.",
    ),
    "CLAIM_PAPERS_ALIKE": (
        "附件 {papers} 交的是同一份文件(SHA-256 相同)。每种附件须各交一份。",
        "The papers {papers} are one and the same file (same SHA-256); hand in one for each.",
    ),
    "DOCUMENT_CHANGED": (
        (
            "“{paper}”的 SHA-256 与县里所存的不同,或该材料还没有上传。请重新下载或上传原件,"
            "重新计算后再提交;仍不同的,请联系联合社。"
        ),
        (
            "{paper}: another SHA-256 than the county keeps, or the paper was not handed in. Get "
            "or hand in the original again and compute it anew; if it still differs, call the "
            "county."
        ),
    ),
    "CLAIM_NOT_CHECKED": (
        "代偿 {claim} 的材料清单尚未核对齐全,委员会不能受理。",
        "Claim {claim} has no complete checklist; check every paper before the committee accepts.",
    ),
    "GUARANTORS_NOT_CALLED": (
        "代偿 {claim} 须先由联保人清偿:请银行催收后报告联保人清偿多少(没有的报 0),委员会方可受理。",
        (
            "The guarantors come before the pool in claim {claim}: let the bank call them and tell "
            "what they paid (0 for nothing); then the committee may accept."
        ),
    ),
    "RECOVERY_ABOVE_LOSS": (
        "追回 {asked} 元超过尚未追回的损失 {left} 元。请核对。",
        "{asked} yuan recovered, only {left} is still lost; check the amount.",
    ),
    "NOT_A_CLAIMED_LOAN": (
        (
            "{claim} 不是本社已由补偿金代偿的贷款。只有代偿已付的担保贷款,村里收到的还款才转交银行;"
            "请核对代偿编号,其他来款退还付款人。"
        ),
        (
            "{claim} is no claim of this cooperative that the pool has met. Only what is paid on "
            "such a loan goes on to the bank; check the number, and pay other money back."
        ),
    ),
    "BORROWER_UNKNOWN": (
        "借款人资料不全,担保文件未生成:{lines}。请村节点补录姓名、身份证号或卡号后送达。",
        (
            "The package was not made, borrowers lack what a bank needs: {lines}. Enter name, ID "
            "number or card at the node and deliver."
        ),
    ),
    "VOTE_NOT_COUNTED": (
        "{agreement} 的决议没有人数。请在会议记录中写明实到和同意人数(如“实到20人 同意18人”)。",
        (
            "The vote on {agreement} tells no heads; its minutes must say how many were present "
            "and how many agreed, as the node's page writes them."
        ),
    ),
    "PACKAGE_NOT_TRUE": (
        "担保文件内容前后不一致,未送出:{place} {fact}。请核对县账后再送。",
        "The package would not be true and was not sent: {place} {fact}; look into the books.",
    ),
    "DOCUMENT_KEYS_MISSING": (
        "县里没有签署文件的密钥,担保文件未生成。请运行 lianhe federation init 生成密钥。",
        "This county has no key to sign documents with; make one with lianhe federation init.",
    ),
    "LINE_UNKNOWN": (
        "没有可办理的这一笔:{line}。请核对担保编号,须是县里送给本行的担保。",
        "There is no such line to act on: {line}; check its number, it must be one sent to you.",
    ),
    "STILL_WAITING": (
        "还有未答复的担保:{lines}。全部答复后再办结。",
        "Lines still without an answer: {lines}; answer them all first.",
    ),
    "SAME_PERSON": (
        "{person} 已经办过,复核须由另一人办理。",
        "{person} prepared this; another person must check and release it.",
    ),
    "REPORT_DIFFERS": (
        "报送 {told},县账为 {ours}。请核对后改正,或先提更正申请。",
        "{told} reported, our book says {ours}; correct it, or ask for a correction first.",
    ),
    "REPORT_LINE_MISSING": (
        "报表缺少在保的 {line}。每笔在保贷款都要报送一行。",
        "The report lacks line {line}; every running line takes one row.",
    ),
    "REPORT_ROW_TWICE": (
        "{line} 已在第 {row} 行报送,每笔只报一行。",
        "{line} stands in row {row} already; one row a line.",
    ),
    "CORRECTION_AFTER_CLAIM": (
        "本笔已有代偿 {claim}(“{state}”),不再更正报送数。请在代偿中处理。",
        "The line has claim {claim} ({state}); it is settled there and no longer corrected.",
    ),
    "CORRECTION_WAITS": (
        "同一项已有待答复的更正 {correction}。先答复或撤回它。",
        "Correction {correction} of the same field waits for an answer; settle that one first.",
    ),
    "CORRECTION_OLD_DIFFERS": (
        "更正前的值({field})填 {told},现为 {stands}。请按现值重新填写。",
        "The old value of {field} was given as {told} and stands at {stands}; ask with that.",
    ),
}
