"""The zip a package travels in: one form only, the same bytes for the same files.

The federation packs with it, the verifier unpacks. Members lie uncompressed with fixed times, so
that no compressor's version changes a byte, nothing inflates, and a byte that belongs to no file
has no place to hide.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from verifier.falsehood import Falsehood, Unreadable, require

BYTES_MAX = 512 * 1024 * 1024
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE, _VERSION = 3, 0o100644 << 16, 20


def pack(members: Mapping[str, bytes]) -> bytes:
    """The zip of these files in this order; a function of its argument alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, body in members.items():
            about = zipfile.ZipInfo(name, date_time=_EARLIEST)
            about.create_system = _UNIX
            about.create_version = about.extract_version = _VERSION
            about.external_attr = _READABLE
            archive.writestr(about, body)
    return out.getvalue()


def unpack(body: bytes, place: str) -> dict[str, bytes]:
    """The files of a zip made by ``pack``. Raises Falsehood for any other zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            plain = all(one.compress_type == zipfile.ZIP_STORED for one in entries)
            once = len({one.filename for one in entries}) == len(entries)
            require(plain and once and sum(one.file_size for one in entries) <= len(body),
                    "container_altered", place)  # fmt: skip
            members = {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):
        raise Falsehood("container_altered", place) from None
    require(pack(members) == body, "container_altered", place)
    return members


def from_folder(folder: Path) -> dict[str, bytes]:
    """The files of an unpacked package. Raises Unreadable when they are too large."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if sum(path.stat().st_size for path in files) > BYTES_MAX:
        raise Unreadable("文件太大", "the files are too large")
    return {path.name: path.read_bytes() for path in files}
