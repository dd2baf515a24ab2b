"""The names of false facts and what each says, in Chinese and English."""

TEXTS = {
    # the container and its files
    "container_altered": (
        "压缩包不是原样（若经重新压缩，请解压后核验该文件夹）",
        "the zip is not as it was made (if it was packed again, unpack it and verify the folder)",
    ),
    "file_missing": ("缺少文件 {file}", "the file {file} is missing"),
    "file_unlisted": ("清单没有列出文件 {file}", "the manifest does not list the file {file}"),
    "file_altered": (
        "文件被改动：SHA-256 为 {found}，清单记载 {listed}",
        "the file was altered: its SHA-256 is {found}, the manifest lists {listed}",
    ),
    # signatures
    "not_der": ("签名文件不是规定的格式", "the signature is not of the agreed form"),
    "not_pem": ("证书文件不是规定的格式", "the certificate file is not of the agreed form"),
    "not_our_certificate": (
        "证书不是规定的格式（P-256、SHA-256）",
        "the certificate is not of the agreed form (P-256, SHA-256)",
    ),
    "certificates_missing": (
        "应有签名证书和县证书各一张",
        "there must be one signing certificate and the county's own",
    ),
    "certificate_false": (
        "签名证书不是由所附县证书签发",
        "the signing certificate was not issued by the county certificate beside it",
    ),
    "certificate_expired": (
        "签名时间 {time} 不在证书有效期 {begins}–{ends} 内",
        "the signing time {time} is outside the certificate's validity {begins}–{ends}",
    ),
    "certificate_differs": (
        "所附证书与签名使用的证书不同",
        "the certificates beside the package are not those of the signature",
    ),
    "signs_other_content": (
        "签名针对的是另一份内容，文件或签名被改动",
        "the signature is over other content: the file or its signature was altered",
    ),
    "signature_false": ("签名不成立", "the signature does not hold"),
    "signing_time_differs": (
        "清单写明的签名时间与签名中的不同",
        "the signing time in the manifest is not the one in the signature",
    ),
    "another_key": (
        "签名人不是您信任的县：证书指纹 {found}，您给出 {given}",
        "not signed by the county you trust: certificate fingerprint {found}, you gave {given}",
    ),
    # form
    "not_json": ("不是规定格式的 JSON", "not JSON of the agreed form"),
    "wrong_kind": ("值的类型不对，应为 {kind}", "wrong kind of value, {kind} expected"),
    "unknown_field": ("没有规定的字段 {field}", "the field {field} is not part of the form"),
    "missing_field": ("缺少字段 {field}", "the field {field} is missing"),
    "out_of_range": ("数值或长度 {value} 超出范围", "value or length {value} is out of range"),
    "not_allowed": ("值 {value} 不符合规定 {allowed}", "the value {value} is not {allowed}"),
    # inner truths
    "differs": (
        "记载 {said}，据 {because} 应为 {true}",
        "it says {said}; by {because_en} it is {true}",
    ),
    "above": ("{said} 超过上限 {limit}（{because}）", "{said} is above {limit} ({because_en})"),
    "below": ("{said} 低于下限 {limit}（{because}）", "{said} is below {limit} ({because_en})"),
    "twice": (
        "{what} {value} 重复，已见于第 {line} 行",
        "{what} {value} stands already in line {line}",
    ),
    "grade_not_eligible": (
        "评级 {grade} 不在协议允许的 {allowed} 之内",
        "grade {grade} is not among the agreement's {allowed}",
    ),
    "base_not_of_variant": (
        "方式{variant}不能以 {base} 为授信基数",
        "variant {variant} cannot rest on the base {base}",
    ),
    "too_early": (
        "日期 {said} 早于 {limit}（{because}）",
        "the date {said} is before {limit} ({because_en})",
    ),
    "too_late": (
        "日期 {said} 晚于 {limit}（{because}）",
        "the date {said} is after {limit} ({because_en})",
    ),
    "not_carried": (
        "表决未通过：同意 {agreed}，到会 {present}",
        "the vote was not carried: {agreed} of {present} present agreed",
    ),
    # the Excel list and the PDF
    "not_xlsx": ("不是规定格式的 Excel 文件", "not an Excel file of the agreed form"),
    "cell_differs": (
        "单元格为「{said}」，JSON 为「{true}」",
        "the cell says “{said}”, the JSON “{true}”",
    ),
    "not_signed_pdf": ("PDF 没有覆盖全文的签名", "the PDF carries no signature over all of it"),
    "attachment_differs": (
        "PDF 所附 JSON 与 package.json 不同",
        "the JSON attached to the PDF is not package.json",
    ),
    # batches
    "chain_broken": (
        "链摘要不符：算得 {found}，记载 {said}",
        "the chain's digest is {found}, the batch says {said}",
    ),
    "sequence_gap": ("序号 {said}，应为 {true}", "sequence {said}, {true} expected"),
    "other_book": ("记载的账簿是 {said}，应为 {true}", "the book is {said}, {true} expected"),
    "totals_differ": (
        "科目 {account}/{funding}：期初 {opening} 与发生额 {moved} 不得出期末 {closing}（分）",
        "account {account}/{funding}: {opening} and movements {moved} are not {closing} (fen)",
    ),
}
