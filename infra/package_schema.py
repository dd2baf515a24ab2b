"""Writes the JSON schemas of a guarantee package from the types in contracts/package.py.

Run by hand after those types change: ``python -m infra.package_schema verifier/schemas``. A test
compares what stands there with what this would write.
"""

import sys
from pathlib import Path

import msgspec

from contracts.manifest import Manifest
from contracts.package import GuaranteePackage

_KINDS = {"package": GuaranteePackage, "manifest": Manifest}


def schemas() -> dict[str, bytes]:
    """The schema files by name."""
    made = {}
    for name, kind in _KINDS.items():
        told = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **msgspec.json.schema(kind),
        }
        body = msgspec.json.encode(told, order="deterministic")
        made[f"{name}.schema.json"] = msgspec.json.format(body, indent=2) + b"\n"
    return made


def main(folder: Path) -> None:
    """Write every schema into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in schemas().items():
        (folder / name).write_bytes(body)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
