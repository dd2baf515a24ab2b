"""`lianhe simulate`: deterministic counties by the seed; a failure prints its shortest story.

Called by people, `make soak` and tests. Prints progress, what was checked and what was reached;
writes a file only for a story that found something, into a folder git ignores.
Exit code 1 when any seed did.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from infra.migrate import NODE, upgrade
from journal.registry import registry
from services.federation import tables
from simulation.campaign import Total, run_seeds, snapshot_of
from simulation.events import Story, read_story, write_story
from simulation.founding import Snapshot, Templates
from simulation.machine import Machine
from simulation.run import run_seed, run_story
from simulation.shrink import shrink
from simulation.words import narrate

STORIES = Path(".lianhe/stories")
"""Where stories are kept unless another folder is named; git ignores it."""
WIDE = 140
"""Columns of a table that goes into a file or a pipe."""
EVERY_SECONDS = 5
"""How often progress is told where there is no terminal."""


@click.command()
@click.option("--seeds", default=20, show_default=True, help="几个种子 How many seeds.")
@click.option("--from", "first", default=1, show_default=True, help="从第几个 The first seed.")
@click.option("--jobs", default=0, help="进程数 Processes at once; 0: one a core.")
@click.option("--nights", default=6, show_default=True, help="夜数 Nights of a seed.")
@click.option("--cooperatives", default=3, show_default=True, help="社数 Cooperatives.")
@click.option("--story", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="重演 Play a story that was written down, instead of seeds.")  # fmt: skip
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=STORIES,
    show_default=True,
    help="故事存放处 Where stories that found something are kept.",
)
@click.option("--shrink/--no-shrink", "shorten", default=True, help="缩短 Shorten what failed.")
def command(
    seeds: int,
    first: int,
    jobs: int,
    nights: int,
    cooperatives: int,
    story: Path | None,
    out: Path,
    shorten: bool,
) -> None:
    """模拟 Play seeded counties with faults; audit every night; demand that all heals."""
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, markup=False)
    if story is not None:
        sys.exit(_replay(console, read_story(story.read_bytes())))
    snapshot = snapshot_of(migrated(), cooperatives)
    total = _campaign(console, snapshot, range(first, first + seeds), nights, jobs)
    _summary(console, total)
    for seed, finding in sorted(total.findings.items()):
        told, what = run_seed(snapshot, seed, nights).story, finding.what
        if shorten:
            console.print(f"缩短种子 shortening seed {seed} …")
            told, shorter = shrink(snapshot, seed, told, finding)
            what = shorter.what
        kept = Story(seed=seed, cooperatives=cooperatives, events=told, found=what)
        _failure(console, snapshot, kept, nights, out)
    sys.exit(1 if total.findings else 0)


def migrated() -> Templates:
    """Files of a node and a county as migrations leave them.

    The county's own tables are made from their definition: its migrations alter tables in words
    of PostgreSQL, and tests/federation/test_schema.py proves that they lead to the same tables.
    """
    bodies = {}
    folder = Path(tempfile.mkdtemp(prefix="lianhe-templates-"))
    try:
        for name, rooms in (("node", NODE), ("county", ("journal",))):
            machine = Machine(name, folder / f"{name}.sqlite")
            upgrade(machine.engine, rooms)
            if name == "county":
                tables.metadata.create_all(machine.engine)
            bodies[name] = machine.fold()
    finally:
        shutil.rmtree(folder)
    return Templates(node=bodies["node"], county=bodies["county"])


def _campaign(console: Console, snapshot: Snapshot, seeds: range, nights: int, jobs: int) -> Total:
    """Run every seed, telling how many are done, how fast, and how long it will take."""
    total = Total()
    began = told = time.monotonic()
    for one in run_seeds(snapshot, seeds, nights=nights, jobs=jobs or os.cpu_count() or 1):
        total.add(one)
        if one.finding is not None:
            console.print(f"✗ {one.seed}  {one.finding.kind}: {one.finding.what[:WIDE]}")
        now = time.monotonic()
        if now - told >= EVERY_SECONDS or total.seeds == len(seeds):
            told = now
            left = (now - began) * (len(seeds) - total.seeds) / total.seeds
            console.print(
                f"{total.seeds}/{len(seeds)} 个种子 seeds · "
                f"{total.seeds / (now - began):.2f}/s · 还需 left {left:.0f} s · "
                f"{total.nights} 夜 nights · 发现 found {len(total.findings)}"
            )
    return total


def _summary(console: Console, total: Total) -> None:
    checks = Table("检查 Checked", "次数 Times", title="不变量 Invariants")
    for name, count in sorted(total.checked.items(), key=lambda one: _order(one[0])):
        checks.add_row(name, f"{count:,}")
    console.print(checks)
    acts = Table(
        "过程 Process", "到过的行 Rows reached", "从未 Never", title="过程表 Rows of the table"
    )
    by_process: dict[str, dict[str, int]] = {}
    for (process, act, _), count in total.reached.items():
        rows = by_process.setdefault(process, {})
        rows[act] = rows.get(act, 0) + count
    for name, rows_of in registry().table.items():
        reached = by_process.get(name, {})
        known = list(dict.fromkeys(row.act for row in rows_of.rows))
        done = " · ".join(f"{act} {reached[act]:,}" for act in known if act in reached)
        acts.add_row(name, done, " · ".join(act for act in known if act not in reached))
    console.print(acts)
    faults = " · ".join(f"{name} {count:,}" for name, count in sorted(total.faults.items()))
    refusals = " · ".join(f"{name} {count:,}" for name, count in sorted(total.refusals.items()))
    console.print(f"差错 Faults: {faults}")
    console.print(f"拒绝 Refusals: {refusals}")
    console.print(
        f"{total.seeds} 个种子 seeds, {total.nights} 夜 nights, {total.events:,} 事件 events, "
        f"{total.checked.total():,} 项检查 checks, 发现 found {len(total.findings)}"
    )


def _order(name: str) -> tuple[int, str]:
    return (int(name[1:]), "") if name[1:].isdigit() else (99, name)


def _failure(console: Console, snapshot: Snapshot, kept: Story, nights: int, out: Path) -> None:
    """Tell a story that found something, and leave behind what is needed to see it again."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"story-{kept.seed}.jsonl"
    path.write_bytes(write_story(kept))
    _tell(console, snapshot, kept)
    again = f"--seeds 1 --from {kept.seed} --nights {nights} --cooperatives {kept.cooperatives}"
    console.print(f"重演 Again: lianhe simulate {again}")
    console.print(f"短篇 The short story: lianhe simulate --story {path}")


def _replay(console: Console, story: Story) -> int:
    snapshot = snapshot_of(migrated(), story.cooperatives)
    return _tell(console, snapshot, story)


def _tell(console: Console, snapshot: Snapshot, story: Story) -> int:
    """Play a story, print it in both languages with every answer, and what was found."""
    outcome = run_story(snapshot, story.seed, story.events)
    console.rule(f"种子 seed {story.seed}")
    for zh, en in narrate(outcome.story, outcome.words):
        console.print(zh)
        console.print(f"   {en.partition(' ')[2]}", style="dim")
    if outcome.finding is None:
        console.print("没有发现 nothing found")
        return 0
    console.print(f"✗ {outcome.finding.kind}: {outcome.finding.what}", style="bold red")
    console.print(outcome.finding.trace, style="dim")
    return 1
