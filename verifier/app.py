"""The verifier as a program: what it is told, what it prints, how it ends.

Called by ``python lianhe-verify.pyz`` and by `lianhe verify`. Ends with 0 when every fact is true
and the signer is the one given, 1 at the first false fact, 2 when it could not be judged: nothing
known, or no signer was given to trust.
"""

import argparse
import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from verifier import batch, certificate, container, export, package
from verifier.falsehood import Falsehood, Unreadable

TRUE, FALSE, UNKNOWN = 0, 1, 2
_HEX = re.compile(r"[0-9a-f]{64}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge what the arguments name; print in Chinese and English; give the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(
        prog="lianhe-verify",
        description="核验担保文件包、日批或导出 Verify a package, a batch or an export.",
    )
    parser.add_argument(
        "path", help="文件或文件夹 A package or export (zip or folder), or a batch."
    )
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument(
        "--fingerprint", default="", help="县证书指纹 The county certificate's SHA-256, from paper."
    )
    trust.add_argument(
        "--key",
        default="",
        help="县证书文件 The county's certificate (PEM); for a batch or export its key, hex.",
    )
    told = parser.parse_args(arguments)
    return verify(Path(told.path), told.fingerprint, told.key)


def verify(path: Path, fingerprint: str, key: str) -> int:
    """Judge one path. At most one of ``fingerprint`` and ``key`` is given."""
    try:
        trusted = _trusted(fingerprint, key)
        found = _judge(path, trusted)
    except Falsehood as false:
        _say(f"不成立 FALSE: {false.place}", false.text("zh"), false.text("en"), f"[{false.name}]")
        return FALSE
    except Unreadable as nothing:
        _say("无法核验 NOT JUDGED", nothing.zh, nothing.en)
        return UNKNOWN
    except OSError as error:
        _say("无法读取 CANNOT READ", str(error))
        return UNKNOWN
    for line in found:
        _say(line)
    return TRUE if trusted else UNKNOWN


def _judge(path: Path, trusted: str) -> list[str]:
    files: dict[str, bytes] | None = None
    body = b""
    if path.is_dir():
        files = container.from_folder(path)
    else:
        if path.stat().st_size > container.BYTES_MAX:
            raise Unreadable("文件太大", "the file is too large")
        body = path.read_bytes()
        if body[:2] == b"PK":
            files = container.unpack(body, path.name)
    if files is None:
        return _batch(batch.check(batch.inflate(body), trusted))
    if export.looks_like(files):
        return _export(export.check(files, trusted))
    if not package.looks_like(files):
        raise Unreadable(
            "不是担保文件包，也不是带证明的导出", "neither a package nor a proven export"
        )
    return _package(package.check(files, trusted))


def _package(proven: package.Proven) -> list[str]:
    said = proven.package
    letter = said["letter"]
    amount = f"{letter['amount_fen'] // 100:,}.{letter['amount_fen'] % 100:02d}"
    facts = [
        f"担保文件 package {said['id']}: {said['village']['name']} → {said['bank']['name']}",
        f"担保函 letter {letter['number']}: {amount} 元 yuan, {len(said['lines'])} 户 borrowers",
        f"有效期至 valid until {letter['valid_until']}",
        f"签名 signed {proven.signed_at}, 县证书指纹 county certificate SHA-256",
        f"  {_spaced(proven.authority)}",
    ]
    if proven.trusted:
        return [*facts, "全部属实 TRUE: 文件、签名、数字、日期、Excel、PDF 一致 everything agrees"]
    return [
        *facts,
        "内容前后一致，但签名人未经确认：请将上列指纹与纸质协议核对，再用 --fingerprint 核验。",
        "CONSISTENT, SIGNER NOT TRUSTED: compare the fingerprint above with the paper agreement's,",
        "then verify with --fingerprint.",
    ]


def _batch(proven: batch.ProvenBatch) -> list[str]:
    ends = f", 日结 closes {proven.closes}" if proven.closes else ""
    facts = [
        f"日批 batch {proven.book} {proven.first}–{proven.last}{ends}",
        f"签名密钥 key {proven.key}",
    ]
    if proven.trusted:
        return [*facts, "全部属实 TRUE: 签名、链、借贷、余额一致 signature, chain and totals agree"]
    return [
        *facts,
        "链与余额一致，但未核对签名：请用 --key 给出公钥（64 位十六进制）。",
        "CONSISTENT, SIGNATURE NOT CHECKED: give the public key (64 hex digits) with --key.",
    ]


def _export(proven: export.ProvenExport) -> list[str]:
    facts = [
        f"导出 export {proven.county}: {len(proven.books)} 本账 books",
        *(
            f"  {book}: {acts} 笔 acts" + (f", 日结至 closed to {closed}" if closed else "")
            for book, acts, closed in proven.books
        ),
        f"签名密钥 key {proven.key}",
    ]
    if proven.trusted:
        return [
            *facts,
            "全部属实 TRUE: 签名、链、余额、账表一致 signature, chains and tables agree",
        ]
    return [
        *facts,
        "链、余额与账表一致，但未核对签名：请用 --key 给出县公钥（64 位十六进制）。",
        "CONSISTENT, SIGNATURE NOT CHECKED: give the county's public key (64 hex) with --key.",
    ]


def _trusted(fingerprint: str, key: str) -> str:
    """What the signer must be, as 64 hex digits; "" when nothing was given."""
    plain = re.sub(r"[\s:]", "", fingerprint or key).lower()
    if not plain or _HEX.fullmatch(plain):
        return plain
    if fingerprint:
        raise Unreadable("指纹应为 64 位十六进制", "a fingerprint is 64 hexadecimal digits")
    certificates = certificate.from_pem(Path(key).read_bytes(), key)
    roots = [one for one in certificates if one.is_authority]
    if len(roots) != 1:
        raise Unreadable("文件里没有县证书", "there is no county certificate in the file")
    return roots[0].fingerprint


def _spaced(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 4].upper() for at in range(0, 64, 4))


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
