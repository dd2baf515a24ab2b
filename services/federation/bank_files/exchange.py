"""The folders in which files lie between the county and its bank.

Called by the county's bank steps and by the bank simulator, each for its own side. A file is
there wholly or not at all, also after a power cut; who has read a file moves it to `taken/`.
"""

import os
from pathlib import Path

TO_BANK = "to_bank"
FROM_BANK = "from_bank"
TAKEN = "taken"


def put(folder: Path, name: str, body: bytes) -> Path:
    """Write a file that appears under its name at once and for good; same name, replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    written, unfinished = folder / name, folder / f".{name}.part"
    with unfinished.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(written)
    _keep(folder)
    return written


def waiting(folder: Path) -> list[Path]:
    """Files not yet taken, by name; a file still being written has a hidden name."""
    try:
        found = [entry for entry in os.scandir(folder) if entry.name[0] != "." and entry.is_file()]
    except FileNotFoundError:
        return []
    return [folder / entry.name for entry in sorted(found, key=lambda entry: entry.name)]


def take(path: Path, into: str = TAKEN) -> Path:
    """Move a file that has been read out of the way; call it after the commit that used it."""
    folder = path.parent / into
    folder.mkdir(exist_ok=True)
    taken = path.replace(folder / path.name)
    _keep(folder)
    return taken


def _keep(folder: Path) -> None:
    # A rename is durable once its directory is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
