"""Writes docs/processes.md: a diagram and a table for every process, and every posting recipe.

Run by hand after a change of the rows: ``python -m infra.processes_doc docs/processes.md``. A test
compares the file with what this writes, so the two never part.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from journal.registry import Registry, registry
from kernel.chart import Account
from kernel.processes import START, Process, Transition
from kernel.recipes import Recipe
from kernel.rules import RULES

_HEAD = """\
# Processes and recipes 流程与记账模板

Made from `kernel/processes.toml` and `kernel/recipes.toml` by
`python -m infra.processes_doc docs/processes.md`; do not edit.

A case is one thing on its way: a member, a loan, a payment. Every row is an act: from which state,
to which, who may, which rule decides the amounts, which recipe posts them, and what is due when.
`policy:` names a signature set (docs/policies.md): the act is repeated until the set is full.
`system:` is done by the software. An empty state stays. Days are business days of the parameter
named.
"""
_RECIPES_HEAD = """\
## Recipes 记账模板

One recipe holds the county's half (K) and the node's half (N) of the same money; loading proves
that custody and the node's mirror move by the same amount. A row of amount 0 posts nothing.
"""
_BOOK = {"county": "K", "node": "N", "federation": "F"}


def render() -> str:
    """The whole document as Markdown."""
    tables = registry()
    lines = [_HEAD]
    for process in tables.table.values():
        lines += [*_process(process), ""]
    lines.append(_RECIPES_HEAD)
    lines += [*_recipes(tables), ""]
    return "\n".join(lines)


def _process(process: Process) -> Iterator[str]:
    home = "node 村账" if process.home == "node" else "county 县"
    yield from (f"## {process.name}", "")
    yield f"Home: {home}. Parties: {_words(process.parties)}. Found by: {_words(process.links)}."
    yield from ("", "```mermaid", "stateDiagram-v2", *_diagram(process), "```", "")
    yield "| Act | From | To | Who | Rule | Recipe | Due |"
    yield "|---|---|---|---|---|---|---|"
    yield from (_row(row) for row in process.rows)


def _diagram(process: Process) -> Iterator[str]:
    """One arrow between two states, named by every act that makes it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in process.rows:
        for origin in row.origins:
            arrows.setdefault((origin, row.to or origin), []).append(row.act)
    for (origin, to), acts in arrows.items():
        yield f"    {_node(origin)} --> {_node(to)}: {', '.join(dict.fromkeys(acts))}"
    yield from (f"    {state} --> [*]" for state in process.states() if process.ended(state))


def _node(state: str) -> str:
    return "[*]" if state == START else state


def _row(row: Transition) -> str:
    origins = ", ".join("–" if origin == START else origin for origin in row.origins)
    deadline = f"{row.deadline.days} → {row.deadline.act}" if row.deadline else ""
    recipe = f"`{row.recipe}`" if row.recipe else ""
    who = ", ".join(row.who)
    return (
        f"| {row.act} | {origins} | {row.to} | {who} | {_rule(row.rule)} | {recipe} | {deadline} |"
    )


def _rule(name: str) -> str:
    """The rule's name and the first sentence of what it says of itself."""
    if not name:
        return ""
    said = " ".join((RULES[name].run.__doc__ or "").split("\n\n")[0].split())
    return f"`{name}`: {said}".replace("|", "∣")


def _recipes(tables: Registry) -> Iterator[str]:
    yield "| Recipe | Book | Debit 借 | Credit 贷 | Amount |"
    yield "|---|---|---|---|---|"
    for recipe in tables.recipes.values():
        yield from _recipe(recipe)


def _recipe(recipe: Recipe) -> Iterator[str]:
    name = f"`{recipe.name}`"
    for (place, party), rows in recipe.halves.items():
        book = f"{_BOOK[place]} {party}"
        for debit, credit, amount in rows:
            yield f"| {name} | {book} | {_account(debit)} | {_account(credit)} | {amount} |"
            name, book = "", ""
    for whole, parts in recipe.parts.items():
        yield f"| | | | | {whole} = {' + '.join(parts)} |"


def _account(account: Account) -> str:
    return f"{account.code} {account.zh}"


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "–"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
