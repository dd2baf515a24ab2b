"""Texts of bank-file faults: code → (Chinese, English), facts in braces. Data only."""

TEXTS: dict[str, tuple[str, str]] = {
    "EMPTY": ("文件是空的。请重新取文件。", "The file is empty. Fetch it again."),
    "TOO_LARGE": (
        "文件 {size} 字节,超过上限 {limit}。请银行分成几个文件。",
        "The file has {size} bytes, over {limit}. Ask the bank for several files.",
    ),
    "NOT_UTF8": (
        "报文不是 UTF-8 编码。请银行改用 UTF-8。",
        "The message is not UTF-8. Ask the bank for UTF-8.",
    ),
    "UNKNOWN_ENCODING": (
        "文件既不是 UTF-8 也不是 GB18030 编码。请另存为 CSV UTF-8。",
        "The file is neither UTF-8 nor GB18030. Save it as CSV UTF-8.",
    ),
    "DTD_FORBIDDEN": (
        "报文含有 DOCTYPE 或实体定义,不予读取。银行报文不需要它。",
        "The message has a DOCTYPE or an entity definition and is not read. No bank needs one.",
    ),
    "NOT_WELL_FORMED": (
        "不是完整的 XML({problem}),可能传输中断。请重新取文件。",
        "This is not complete XML ({problem}); the transfer may have broken. Fetch it again.",
    ),
    "TOO_DEEP": (
        "XML 嵌套超过 {limit} 层,不予读取。",
        "The XML is nested deeper than {limit} levels and is not read.",
    ),
    "NOT_A_SHEET": (
        "打不开这个 Excel 文件({problem})。请另存为 .xlsx 再导入。",
        "This Excel file cannot be opened ({problem}). Save it as .xlsx and import it again.",
    ),
    "WRONG_KIND": (
        "报文种类是“{found}”,这里只收:{expected}。",
        "The message is of kind {found}; taken here: {expected}.",
    ),
    "SCHEMA": ("不合标准:{rule}。", "Against the schema: {rule}."),
    "ELEMENT_NOT_TAKEN": (
        "此处不收元素“{element}”。可收:{expected}。",
        "Element {element} is not taken here. Taken: {expected}.",
    ),
    "ELEMENT_OUT_OF_ORDER": (
        "元素“{element}”应写在“{before}”之前。",
        "Element {element} must stand before {before}.",
    ),
    "ELEMENT_REPEATED": (
        "元素“{element}”最多出现 {limit} 次。",
        "Element {element} may appear at most {limit} times.",
    ),
    "COLUMN_MISSING": ("缺少列“{column}”。", "Column {column} is missing."),
    "COLUMN_UNKNOWN": (
        "不认识的列“{column}”。应有的列:{expected}。",
        "Unknown column {column}. The columns are: {expected}.",
    ),
    "COLUMN_REPEATED": ("列“{column}”出现两次。", "Column {column} appears twice."),
    "LAST_ROW": (
        "最后一行应是“{kind}”,文件可能不完整。",
        "The last row must be {kind}; the file may be cut short.",
    ),
    "ROW_REPEATED": ("“{kind}”行只能有一行。", "There may be only one row {kind}."),
    "ROW_TOO_WIDE": (
        "本行比表头多出 {extra} 格。",
        "The row has {extra} cells more than the header.",
    ),
    "FILE_CELL_DIFFERS": (
        "与第一行不同,同一文件各行应相同。",
        "Differs from the first row; it must be the same in every row of a file.",
    ),
    "MISSING": ("必须填写。", "Must be filled in."),
    "TEXT_TOO_LONG": (
        "有 {length} 个字符,最多 {limit} 个。",
        "Has {length} characters; at most {limit}.",
    ),
    "TEXT_CHARACTERS": (
        "含有换行、控制字符,或首尾有空格。",
        "Contains a line break or control character, or begins or ends with a space.",
    ),
    "NUMBER_IN_TEXT_CELL": (
        "单元格是数值,长号码的末位可能已丢失。请把该列设为文本格式后重新填写。",
        (
            "The cell is a number; last digits of a long number may be lost. "
            "Format the column as text and fill it in again."
        ),
    ),
    "NOT_AN_AMOUNT": (
        "不是金额。写成 1234.56,单位元。",
        "Not an amount. Write it as 1234.56, in yuan.",
    ),
    "AMOUNT_NOT_IN_FEN": (
        "金额 {found} 不足一分的部分无法记账。最小单位是分。",
        "Amount {found} has a part smaller than a fen; the fen is the smallest unit.",
    ),
    "AMOUNT_NOT_POSITIVE": ("金额必须大于零。", "The amount must be above zero."),
    "AMOUNT_TOO_LARGE": ("金额超过上限 {limit} 分。", "The amount is over {limit} fen."),
    "CURRENCY": (
        "币种是“{found}”,只收人民币 CNY。",
        "The currency is {found}; only CNY is taken.",
    ),
    "NOT_A_DATE": (
        "不是日期。写成 2010-01-31。",
        "Not a date. Write it as 2010-01-31.",
    ),
    "NOT_A_NUMBER": ("不是整数。", "Not a whole number."),
    "NOT_A_RATE": (
        "不是比例。应大于 0、不超过 100,最多四位小数。",
        "Not a rate. It is above 0, at most 100, with at most four decimals.",
    ),
    "NOT_A_CHOICE": (
        "“{found}”不对,应为:{expected}。",
        "{found} is wrong; it is one of: {expected}.",
    ),
    "NOT_A_DIGEST": (
        "不是 SHA-256。写成“{tag}”加 64 位小写十六进制。",
        "Not a SHA-256. Write “{tag}” and 64 lower-case hex digits.",
    ),
    "NOT_MASKED": (
        "证件号没有遮盖。中间各位请写成 *,最多露出 {shown} 位。",
        "The ID number is not masked. Write * for its middle; at most {shown} characters may show.",
    ),
    "NOT_BASE64": ("附件不是 Base64 编码。", "The enclosure is not Base64."),
    "STATUS_UNKNOWN": (
        "不认识的状态码“{found}”。请向银行核实。",
        "Unknown status code {found}. Ask the bank what it means.",
    ),
    "NOT_BOOKED": (
        "该笔状态是“{found}”,对账单只收已入账(BOOK)的。",
        "The entry's status is {found}; a statement holds booked (BOOK) entries only.",
    ),
    "NO_LINES": ("没有一笔明细。", "There is no line in it."),
    "REFERENCE_REPEATED": (
        "指令号 {reference} 与第 {first} 笔重复。",
        "Reference {reference} was already used in entry {first}.",
    ),
    "LINE_REPEATED": (
        "流水号 {line} 与第 {first} 笔重复。",
        "Line id {line} was already used in entry {first}.",
    ),
    "COUNT_DIFFERS": (
        "写明 {stated} 笔,实有 {counted} 笔。",
        "It states {stated} lines and holds {counted}.",
    ),
    "SUM_DIFFERS": (
        "写明合计 {stated} 分,实际 {counted} 分。",
        "It states a sum of {stated} fen; the lines make {counted}.",
    ),
    "BALANCE_COUNT": (
        "{which}余额有 {count} 个,应当正好一个。",
        "There are {count} {which} balances; there must be exactly one.",
    ),
    "BALANCE_NOT_PROVEN": (
        "期初 {opening} 分加发生 {moved} 分不等于期末 {closing} 分。请银行更正后重发。",
        (
            "Opening {opening} plus movements {moved} is not closing {closing} (fen). "
            "Ask the bank for a corrected statement."
        ),
    ),
    "SUB_ACCOUNT_UNKNOWN": (
        "该笔所属子账户 {sub_account} 没有余额行。",
        "The entry's sub-account {sub_account} has no balance in this statement.",
    ),
    "SUB_ACCOUNT_REPEATED": (
        "子账户 {sub_account} 的余额写了两次。",
        "The balance of sub-account {sub_account} is stated twice.",
    ),
    "SUB_ACCOUNT_HALF": (
        "子账户 {sub_account} 只有期初或只有期末余额。",
        "Sub-account {sub_account} has an opening or a closing balance, but not both.",
    ),
    "SUB_ACCOUNT_NOT_PROVEN": (
        "子账户 {sub_account}:期初 {opening} 分加发生 {moved} 分不等于期末 {closing} 分。",
        (
            "Sub-account {sub_account}: opening {opening} plus movements {moved} "
            "is not closing {closing} (fen)."
        ),
    ),
    "SUB_ACCOUNTS_SUM": (
        "各子账户{which}合计 {counted} 分,专户为 {stated} 分。",
        "The sub-accounts' {which} balances make {counted} fen; the special account has {stated}.",
    ),
    "COVER_ABOVE_LOAN": (
        "担保金额 {cover} 分超过借款 {loan} 分。",
        "The cover of {cover} fen is more than the loan of {loan} fen.",
    ),
    "NOTHING_CHANGES": (
        "变更书应当写明:增加或减少金额之一、新的到期日或终止日。",
        (
            "An amendment states an increase or a decrease (not both), a new expiry date "
            "or the day on which the guarantee ends."
        ),
    ),
    "REASON_MISSING": (
        "拒绝必须写明至少一条理由。",
        "A rejection must give at least one reason.",
    ),
    "MORE_FAULTS": ("另有 {count} 处错误未列出。", "{count} more faults are not listed."),
}

RULES: dict[str, tuple[str, str]] = {
    "CVC_PATTERN_VALID": ("写法不对", "not written in the right form"),
    "CVC_ENUMERATION_VALID": ("不在允许的代码内", "not one of the allowed codes"),
    "CVC_MINLENGTH_VALID": ("不能为空", "must not be empty"),
    "CVC_MAXLENGTH_VALID": ("太长", "too long"),
    "CVC_MININCLUSIVE_VALID": ("不能为负", "must not be negative"),
    "CVC_FRACTIONDIGITS_VALID": ("小数位太多", "too many decimals"),
    "CVC_TOTALDIGITS_VALID": ("位数太多", "too many digits"),
    "CVC_DATATYPE_VALID_1_2_1": ("类型不对", "not of the right type"),
    "CVC_COMPLEX_TYPE_3_2_1": ("有不允许的属性", "has an attribute that is not allowed"),
    "CVC_COMPLEX_TYPE_4": ("缺少属性", "lacks an attribute"),
    "CVC_COMPLEX_TYPE_2_3": ("此处不能有文字", "may hold no text here"),
    "ELEMENT_CONTENT": (
        "元素不该在此处,或前面缺少必需的元素",
        "the element does not belong here, or one before it is missing",
    ),
}
