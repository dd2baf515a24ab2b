"""Strict DER: reads the one encoding each value has, refuses every other, writes the same.

Called by certificates and signatures. Reads no indefinite length, no needlessly long length and
no tag above 30, so that bytes read and written again are the same bytes.
"""

from verifier.falsehood import Falsehood

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, LONG_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
_LENGTH_BYTES_MAX = 4


def malformed(place: str) -> Falsehood:
    """The refusal of bytes that are no DER of the expected form."""
    return Falsehood("not_der", place)


class Reader:
    """Values one after another. ``place`` names the file in refusals."""

    def __init__(self, body: bytes, place: str) -> None:
        self.body = body
        self.place = place
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.body)

    def peek(self) -> int:
        """The next tag; -1 at the end."""
        return self.body[self.at] if self else -1

    def raw(self, tag: int) -> bytes:
        """The next value whole, head and content; its tag must be ``tag``."""
        start = self.at
        self.take(tag)
        return self.body[start : self.at]

    def take(self, tag: int) -> bytes:
        """The content of the next value; its tag must be ``tag``."""
        if self.peek() != tag or self.at + 2 > len(self.body):
            raise malformed(self.place)
        first = self.body[self.at + 1]
        self.at += 2
        size = first if first < 0x80 else self._long(first & 0x7F)
        if self.at + size > len(self.body):
            raise malformed(self.place)
        self.at += size
        return self.body[self.at - size : self.at]

    def enter(self, tag: int) -> "Reader":
        """A reader of the next value's content."""
        return Reader(self.take(tag), self.place)

    def integer(self) -> int:
        """A non-negative INTEGER in its shortest form."""
        content = self.take(INTEGER)
        if not content or content[0] & 0x80 or (content[0] == 0 and content[1:2] < b"\x80"):
            if content == b"\x00":
                return 0
            raise malformed(self.place)
        return int.from_bytes(content, "big")

    def bits(self) -> bytes:
        """A BIT STRING of whole bytes."""
        content = self.take(BIT_STRING)
        if content[:1] != b"\x00":
            raise malformed(self.place)
        return content[1:]

    def end(self) -> None:
        """Nothing may follow."""
        if self:
            raise malformed(self.place)

    def _long(self, count: int) -> int:
        length = self.body[self.at : self.at + count]
        self.at += count
        size = int.from_bytes(length, "big")
        short = size < 0x80 or (length[:1] == b"\x00")
        if not 0 < count <= _LENGTH_BYTES_MAX or len(length) < count or short:
            raise malformed(self.place)
        return size


def tlv(tag: int, *parts: bytes) -> bytes:
    """One value: tag, shortest length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = bytearray()
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        content += bytes(reversed(digits))
    return tlv(OID, bytes(content))
