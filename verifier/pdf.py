"""The PDF of a package: that its signature covers all of it, and that it carries the JSON.

Reads only what it needs: the byte range, the signature in it and the attached file. It does not
read the pages: they were typeset from the JSON that is attached.
"""

import re
import zlib

from verifier import cms
from verifier.cms import Signed
from verifier.falsehood import Falsehood, require

_RANGE = re.compile(rb"/ByteRange \[(\d{1,10}) (\d{1,10}) (\d{1,10}) (\d{1,10})\]")
_STREAM = re.compile(rb"/Type\s*/EmbeddedFile\b.{0,400}?>>\s*stream\r?\n", re.DOTALL)
_DEFLATED = re.compile(rb"/FlateDecode")


def check(body: bytes, attached: bytes, place: str) -> Signed:
    """Raise Falsehood unless the PDF is signed whole and carries exactly ``attached``."""
    signed = _signature(body, place)
    require(any(found == attached for found in _attachments(body, len(attached))),
            "attachment_differs", place)  # fmt: skip
    return signed


def _signature(body: bytes, place: str) -> Signed:
    ranges = _RANGE.findall(body)
    if len(ranges) != 1:
        raise Falsehood("not_signed_pdf", place)
    start, first, second, rest = (int(number) for number in ranges[0])
    hexed = body[first + 1 : second - 1]
    whole = (
        start == 0
        and second + rest == len(body)
        and body[first : first + 1] == b"<"
        and body[second - 1 : second] == b">"
        and re.fullmatch(rb"[0-9a-fA-F]+", hexed) is not None
        and len(hexed) % 2 == 0
    )
    require(whole, "not_signed_pdf", place)
    padded = bytes.fromhex(hexed.decode("ascii"))
    size = _size(padded)
    require(0 < size <= len(padded) and not any(padded[size:]), "not_signed_pdf", place)
    return cms.check(padded[:size], body[:first] + body[second:], place)


def _size(der: bytes) -> int:
    """Size of the first DER value: what follows it in the file is only room reserved."""
    if len(der) < 2 or der[1] < 0x80:
        return 0
    count = der[1] & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count], "big")


def _attachments(body: bytes, limit: int) -> list[bytes]:
    found = []
    for match in _STREAM.finditer(body):
        start = match.end()
        if not _DEFLATED.search(match[0]):
            found.append(body[start : start + limit])
            continue
        try:
            found.append(zlib.decompressobj().decompress(body[start:], limit + 1))
        except zlib.error:
            continue
    return found
