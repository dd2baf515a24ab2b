"""Settings of the county's service, read once from the environment and handed on as values.

Called by commands and composition roots; nothing else reads the environment. A wrong value is
refused at start by name, never guessed.
"""

from collections.abc import Mapping
from datetime import time
from pathlib import Path

import msgspec

from contracts.batch import BATCH_BYTES_MAX

PREFIX = "LIANHE_"


class SettingsRefused(Exception):
    """A setting that is missing or wrong; the text names it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the county keeps things and how much it takes in.

    ``keys`` and ``spool`` are folders; ``delivery_bytes`` is the largest delivery read, packed or
    unpacked; ``requests_a_minute`` is what one node at one address may ask for. ``close_at`` is
    when the worker has the day closed every evening (county time); without it people start it.
    """

    datadir: Path
    host: str = "127.0.0.1"
    port: int = 8700
    delivery_bytes: int = BATCH_BYTES_MAX
    requests_a_minute: int = 600
    secure: bool = False
    origins: tuple[str, ...] = ()
    close_at: time | None = None

    @property
    def keys(self) -> Path:
        """The folder of the county's private keys."""
        return self.datadir / "keys"

    @property
    def spool(self) -> Path:
        """The folder in which files lie between county and bank."""
        return self.datadir / "bank"


def read_settings(environ: Mapping[str, str], **given: object) -> Settings:
    """Settings from ``LIANHE_…`` variables, with what was given on the command line over them.

    Raises SettingsRefused naming the setting.
    """
    values: dict[str, object] = {
        name: _as_read(name, environ[PREFIX + name.upper()])
        for name in Settings.__struct_fields__
        if PREFIX + name.upper() in environ
    }
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsRefused(f"{PREFIX}…: {error}") from error


def _as_read(name: str, text: str) -> object:
    if name == "origins":
        return [one.strip() for one in text.split(",") if one.strip()]
    # People write 20:30; the reader of times wants seconds too.
    return f"{text}:00" if name == "close_at" and text.count(":") == 1 else text


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise TypeError(kind)
