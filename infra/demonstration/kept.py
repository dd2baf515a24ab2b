"""What a demonstration leaves in a kept data directory, for people and their own tools.

Called by run.py when ``--keep`` names a folder. The county's packages lie there as a bank gets
them, to be proven with `lianhe verify` by the fingerprint of `lianhe federation certificate`.
"""

from pathlib import Path

from infra.demonstration.stack import Stack
from journal import store
from journal.engine import reading
from services.federation.cases import packages, papers

PACKAGES = "packages"
_OUT = ("sent", "answered", "expired")


def note(folder: Path, stack: Stack) -> None:
    """``lianhe.toml`` of a kept data directory: what `lianhe export` and `verify` look for."""
    nodes = "\n".join(f'{one.id} = "nodes/{one.id}.sqlite"' for one in stack.directory.cooperatives)
    text = f'county = "{stack.directory.name}"\n\n[nodes]\n{nodes}\n'
    (folder / "lianhe.toml").write_text(text, encoding="utf-8")


def published(folder: Path, stack: Stack) -> tuple[Path, ...]:
    """Every package that was sent, as its bank received it, under ``packages/``."""
    left = []
    with reading(stack.engine).connect() as conn:
        for case in store.in_states(conn, store.COUNTY_SCOPE, packages.PROCESS, _OUT):
            paper = papers.find(conn, str(case.terms["file"]))
            if paper is not None:
                (folder / PACKAGES).mkdir(exist_ok=True)
                left.append(folder / PACKAGES / paper.name)
                left[-1].write_bytes(paper.body)
    return tuple(left)
