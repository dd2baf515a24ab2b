"""The Chinese PDF of a guarantee package: typeset from its JSON, PDF/A-3b, JSON attached.

Called by build.py. The same JSON, time and fonts give the same bytes. Data goes in by inputs,
never into source text; a warning of the typesetter is a failure, because a warning is how a
missing font would be heard.
"""

import hashlib
import re
from datetime import datetime
from decimal import Decimal
from importlib import resources

import cn2an
import pylopdf_fonts_zh_cn
import typst

from contracts.codec import encode
from contracts.package import GuaranteePackage
from kernel.errors import InvariantViolation, ensure

_NO_GLYPH = re.compile(r"the text `\"(.)\"` could not be displayed", re.DOTALL)
_ROUNDS = 2


def document(said: GuaranteePackage, body: bytes, fingerprint: str, at: datetime) -> bytes:
    """The unsigned PDF. ``body`` is package.json, which is attached as it is.

    A character the fonts lack is shown as its code, 〔U+20BB7〕, and named at the foot of the
    list. Raises InvariantViolation when the typesetter warns or fails.
    """
    absent: list[str] = []
    for _ in range(_ROUNDS):
        inputs = {
            "package": _readable(body.decode(), absent),
            "shown": encode(_shown(said, body, fingerprint, absent)).decode(),
        }
        try:
            return _compile(inputs, body, at)
        except typst.TypstError as error:
            lacking = sorted(set(_NO_GLYPH.findall(str(error.diagnostic))) - set(absent))
            if not lacking:
                raise InvariantViolation(
                    "document_is_typeset", said=str(error.diagnostic)
                ) from error
            absent = lacking
    raise InvariantViolation("document_is_typeset", absent=absent)


def in_words(fen: int) -> str:
    """An amount in formal Chinese numerals (中文大写)."""
    # Exact text: the library reads a float's digits otherwise.
    return str(cn2an.an2cn(str(Decimal(fen).scaleb(-2)), "rmb"))


def _shown(
    said: GuaranteePackage, body: bytes, fingerprint: str, absent: list[str]
) -> dict[str, object]:
    """What the pages show beside the package itself."""
    return {
        "words": in_words(said.letter.amount_fen),
        "digest": hashlib.sha256(body).hexdigest(),
        "fingerprint": fingerprint,
        "absent": [_code(one) for one in absent],
        "year": said.made_on.year,
        "month": said.made_on.month,
        "day": said.made_on.day,
    }


def _readable(text: str, absent: list[str]) -> str:
    for one in absent:
        text = text.replace(one, f"〔{_code(one)}〕")
    return text


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def _compile(inputs: dict[str, str], body: bytes, at: datetime) -> bytes:
    source = resources.files(__package__).joinpath("guarantee.typ").read_bytes()
    compiler = typst.Compiler(  # type: ignore[misc]  # its stub is generic by mistake
        source,
        font_paths=[str(pylopdf_fonts_zh_cn.serif_path().parent)],
        ignore_system_fonts=True,
        sys_inputs={**inputs, "attached": body.decode()},
    )
    pdf, warnings = compiler.compile_with_warnings(
        format="pdf", pdf_standards=["a-3b"], timestamp=at, pdf_tags=False
    )
    said = [str(one) for one in warnings]
    ensure(not said, "document_is_typeset_without_warnings", warnings=said)
    if not isinstance(pdf, bytes):
        raise InvariantViolation("document_is_one_file")
    return pdf
