"""Texts of what a door refuses before any rule is asked: sign-in, jobs, signatures, deliveries.

Code → (Chinese, English), facts in braces. Data only.
"""

DOOR_TEXTS: dict[str, tuple[str, str]] = {
    "TOO_MANY_REQUESTS": (
        "请求过于频繁,请 {seconds} 秒后再试。",
        "Too many requests; try again in {seconds} seconds.",
    ),
    "SIGN_IN_FAILED": (
        "用户名、密码或动态口令不对,未做任何改动。请重新输入。",
        "User name, password or code is wrong; nothing was done. Enter them again.",
    ),
    "PASSWORD_WRONG": (
        "现密码不对,密码没有修改。请重新输入。",
        "The present password is wrong; nothing was changed. Enter it again.",
    ),
    "PASSWORD_LENGTH": (
        "密码须为 {least} 至 {most} 个字符。",
        "A password has {least} to {most} characters.",
    ),
    "PASSWORD_HOLDS_USER": (
        "密码不能包含用户名。",
        "A password does not hold the user name.",
    ),
    "PASSWORD_TOO_UNIFORM": (
        "密码太单一:至少用 {least} 个不同的字符。",
        "The password is too uniform: use at least {least} different characters.",
    ),
    "PASSWORD_UNCHANGED": (
        "新密码与现密码相同。请另定一个。",
        "The new password is the present one. Choose another.",
    ),
    "PASSWORD_TYPED_APART": (
        "两次输入的新密码不一致。请重新输入。",
        "The new password was not typed alike twice. Type it again.",
    ),
    "CLOSE_NOT_STARTED": (
        "{date} 的日结没有启动:流程服务(Temporal)未答复。请管理员启动后再点一次。",
        "The close of {date} did not start: Temporal does not answer. Have it started, try again.",
    ),
    "STRESS_TOO_LARGE": (
        "压力测试过大({what}):需要 {asked},上限 {most}。请减少场景数或提高单户上限。",
        (
            "The stress run is too large ({what}): {asked}, at most {most}. Ask for fewer "
            "scenarios or a higher cap per borrower."
        ),
    ),
    "STRESS_NO_BOOK": (
        "没有可测试的担保贷款({loans} 笔)或风险补偿金({pools} 个)。请先开办,或选用示例账册。",
        (
            "There is no guaranteed loan ({loans}) or no pool ({pools}) to put under stress. "
            "Open one first, or take the example book."
        ),
    ),
    "STRESS_BUSY": (
        "{user} 的压力测试正在运行。请等它结束,或先停止它。",
        "A stress run of {user} is under way. Wait until it ends, or stop it first.",
    ),
    "SIGNATURE_INVALID": (
        "签名不符,没有受理。请核对所签的内容(方法、地址、正文、时间、随机串、密钥编号)和所用私钥后重发。",
        "The signature does not fit; nothing was taken in. Check what is signed and by which key.",
    ),
    "KEY_UNKNOWN": (
        "签名密钥“{key}”未登记、已过期或已停用。请向联合社登记新密钥(村节点办理移交)。",
        "Key “{key}” is unknown, expired or revoked. Have the county register a new one.",
    ),
    "REQUEST_STALE": (
        "请求时间 {sent} 与对方时间 {now} 相差过大。请校准本机时钟后再发。",
        "Time {sent} of the request is too far from {now}. Set this computer's clock, send again.",
    ),
    "REQUEST_REPLAYED": (
        "该请求已受理过一次,不再重复受理。",
        "This request was taken once already and is not taken again.",
    ),
    "BATCH_MALFORMED": (
        "报文格式有误:{problem}。请升级或重新发送。",
        "The batch cannot be read: {problem}. Upgrade, or send it again.",
    ),
    "BATCH_TOO_LARGE": (
        "报文 {size} 字节超过上限 {limit}。请分批发送。",
        "The batch has {size} bytes, over {limit}. Send it in parts.",
    ),
    "BATCH_GAP": (
        "报文从第 {first} 号开始,应从第 {expected} 号开始。请补发。",
        "The batch starts at {first}; expected {expected}. Send what lies between.",
    ),
    "BATCH_FORK": (
        "第 {seq} 号内容与县里已收到的不同(账簿分叉),已留证,须办理移交。",
        "Act {seq} differs from what the county holds (fork). Kept as evidence: hand it over.",
    ),
    "BATCH_TOTALS_FALSE": (
        "期初加发生不等于期末({account}),已留证,须办理移交。",
        "Opening plus movements is not closing ({account}). Kept as evidence; hand over the book.",
    ),
    "BATCH_FUTURE_DATED": (
        "业务日 {date} 晚于县营业日 {county},县里暂不收。县里日结到这一天后再收发。",
        "Business date {date} is after the county's {county}. Send again once the county is there.",
    ),
    "PERSON_UNKNOWN": (
        "本机没有登记人员 {person}。请先登记此人(姓名、身份证、银行卡)。",
        "This computer keeps no person {person}. Register name, ID number and card first.",
    ),
    "DAY_NOT_COME": (
        "{day} 还没有到:本机日期 {clock},县营业日 {county}。到那天再日结;本机日期不对请先校正。",
        "{day} has not come: it is {clock} here, {county} at the county. Wait, or set the clock.",
    ),
}
