"""The repository's own text, read and parsed once for all tests of this room."""

import ast
import functools
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
ROOMS = (
    *("contracts", "kernel", "journal", "workflows"),
    *("services", "infra", "simulation", "lianhe", "verifier"),
)


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its text and its tree."""

    path: PurePosixPath
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The top folder."""
        return self.path.parts[0]

    @property
    def module(self) -> str:
        """The dotted name under which the file is imported."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parse(path: str, text: str) -> Source:
    """Make a Source of a text, as if it stood at ``path``."""
    return Source(PurePosixPath(path), text, ast.parse(text, filename=path))


@functools.cache
def all_files() -> tuple[PurePosixPath, ...]:
    """Every file that is, or would be, in a commit: ignored files are not ours to judge."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return tuple(PurePosixPath(name) for name in sorted(names) if name and (ROOT / name).is_file())


@functools.cache
def python() -> tuple[Source, ...]:
    """Every Python file of the repository."""
    return tuple(
        parse(str(path), (ROOT / path).read_text(encoding="utf-8"))
        for path in all_files()
        if path.suffix == ".py"
    )


@functools.cache
def product() -> tuple[Source, ...]:
    """The Python files of the product's rooms: neither tests nor benchmarks."""
    return tuple(source for source in python() if source.room in ROOMS)


@functools.cache
def texts() -> tuple[tuple[PurePosixPath, str], ...]:
    """Every file of the repository that is text and was written by us."""
    found = []
    for path in all_files():
        if "vendor" in path.parts:
            continue
        try:
            found.append((path, (ROOT / path).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return tuple(found)
