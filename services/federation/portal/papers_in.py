"""A posted form with files: who sent it is checked as for any form, sizes before anything else.

The dependency ``upload`` of the portal's pages. What the bytes of a file say is for others.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException

from services.federation.console import guard, sessions
from services.federation.console.desk import Visitor
from services.federation.console.guard import CSRF_FIELD, FormRefused

UPLOAD_MAX = 24 * 1024 * 1024
FILE_MAX = 8 * 1024 * 1024
FIELDS_MAX = 24
_MAGIC = (
    (b"%PDF-", "application/pdf"), (b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),
)  # fmt: skip


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it came."""

    name: str
    body: bytes

    @property
    def media(self) -> str:
        """What its first bytes say it is."""
        return next((kind for magic, kind in _MAGIC if self.body.startswith(magic)), _OTHER)


_OTHER = "application/octet-stream"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Texts and files of one form, each name once."""

    fields: Mapping[str, str]
    files: Mapping[str, File]


async def sent(request: Request[Any, Any, Any], visitor: NamedDependency[Visitor]) -> Upload:
    """A form with files from our own origin; its token is still to be checked.

    Nobody's files are read before he is known.
    """
    guard.check_origin(request, visitor.desk)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise FormRefused
    try:
        items = (await request.form()).multi_items()
    except (HTTPException, ValueError, KeyError) as error:
        raise FormRefused from error
    fields: dict[str, str] = {}
    files: dict[str, File] = {}
    for name, value in items:
        if name in fields or name in files or len(fields) + len(files) >= FIELDS_MAX:
            raise FormRefused
        if isinstance(value, UploadFile):
            body = await value.read()
            if len(body) > FILE_MAX:
                raise FormRefused
            files[name] = File(name=value.filename, body=body)
        else:
            text = str(value)
            if "\x00" in text:
                raise FormRefused
            fields[name] = text
    return Upload(fields=fields, files={name: one for name, one in files.items() if one.body})


def upload(visitor: NamedDependency[Visitor], sent: NamedDependency[Upload]) -> Upload:
    """The form of a signed-in officer. Raises FormRefused without his session's token."""
    if not sessions.same(visitor.session.csrf, sent.fields.get(CSRF_FIELD, "")):
        raise FormRefused
    return sent
