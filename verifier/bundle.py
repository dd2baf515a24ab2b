"""Makes ``lianhe-verify.pyz``: this room in one file that any Python 3.11 runs, nothing installed.

Called by `lianhe verify --make-zipapp`. The bytes depend on the sources alone, so a bank may
build it from the published source and compare.
"""

from importlib import resources
from importlib.resources.abc import Traversable

from verifier import container

_MAIN = b"import sys\n\nfrom verifier.app import main\n\nsys.exit(main())\n"
_SHEBANG = b"#!/usr/bin/env python3\n"
_SHIPPED = (".py", ".json")


def zipapp() -> bytes:
    """The bytes of the stand-alone verifier."""
    members = {"__main__.py": _MAIN}
    _add(resources.files("verifier"), "verifier", members)
    return _SHEBANG + container.pack(dict(sorted(members.items())))


def _add(folder: Traversable, prefix: str, members: dict[str, bytes]) -> None:
    for one in folder.iterdir():
        name = f"{prefix}/{one.name}"
        if one.is_dir() and one.name != "__pycache__":
            _add(one, name, members)
        elif one.name.endswith(_SHIPPED):
            members[name] = one.read_bytes()
