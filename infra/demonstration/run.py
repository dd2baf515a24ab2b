"""The main job from start to end: set up, play a county, prove, show, leave nothing running.

Called by `lianhe demo`. Tells its progress in the words of the domain and answers with the exit
code: 0 only if every figure and every proof holds.
"""

import json
import os
import signal
import tempfile
import time
import webbrowser
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from contracts.money import show
from infra.county_directory import CountyDirectory, find, load
from infra.demonstration import kept, officers, result
from infra.demonstration.figure_names import named
from infra.demonstration.play import Night, Player
from infra.demonstration.pool_play import PoolPlay, Step
from infra.demonstration.proof import Proof
from infra.demonstration.result import Result
from infra.demonstration.stack import Stack
from infra.supervisor import Supervisor
from journal.registry import registry
from services.cooperative_node.page.words import ZH, Words


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asked for."""

    county: str
    days: int | None = None
    serve: bool = False
    browse: bool = False
    summary: Path | None = None
    keep: Path | None = None


class Phases:
    """Seconds by phase, in the order the phases first came."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.began = time.monotonic()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of a block under a name."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] += time.monotonic() - start

    def total(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began


def demonstrate(wanted: Wanted, console: Console) -> Result:
    """Play a county and show what came of it. Raises CountyErrors."""
    directory = load(find(wanted.county))
    if wanted.keep is not None:
        wanted.keep.mkdir(parents=True, exist_ok=True)
        return _play(wanted, directory, wanted.keep, console)
    with tempfile.TemporaryDirectory(prefix="lianhe-demo-") as folder:
        return _play(wanted, directory, Path(folder), console)


def _play(wanted: Wanted, directory: CountyDirectory, folder: Path, console: Console) -> Result:
    phases = Phases()
    with Supervisor(folder) as supervisor:
        stack = Stack(supervisor, directory, console.log)
        with phases.phase("set-up 建账"):
            stack.start(os.environ)
        teller = _Teller(console, directory, phases)
        player = Player(
            directory,
            stack.villages(),
            stack.bank(),
            stack.office(),
            PoolPlay(stack.engine, stack.county, directory),
            tell=teller.tell,
            phase=phases.phase,
        )
        with phases.phase("opening 开户登记"):
            player.open()
        nights = sum(1 for _ in player.play(wanted.days))
        with phases.phase("proofs 核验"):
            again = player.repeat()
            found = _result(stack, player, nights, again, teller, phases, wanted)
        _show(found, console)
        if wanted.summary is not None:
            write_summary(wanted.summary, found.as_json())
        if wanted.keep is not None:
            kept.note(folder, stack)
            for path in kept.published(folder, stack):
                console.print(f"担保文件 package: {path}")
        if wanted.serve:
            _serve(stack, console, browse=wanted.browse)
    return found


def write_summary(path: Path, body: Mapping[str, object]) -> None:
    """The result as one JSON object, money in fen."""
    text = json.dumps(body, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _result(
    stack: Stack,
    player: Player,
    nights: int,
    again: Proof,
    teller: "_Teller",
    phases: Phases,
    wanted: Wanted,
) -> Result:
    directory = player.directory
    books, proofs, entries = result.take(stack.engine, directory, directory.as_of)
    figures = {**books, **player.pool.figures()}
    return Result(
        county=directory.name,
        profile=directory.profile,
        figures=figures,
        published=result.published(directory, figures),
        proofs=result.merged([*proofs, again]),
        nights=nights,
        entries=entries,
        refusals=dict(teller.refusals),
        pool=tuple(player.pool.story),
        seconds=phases.total(),
        seconds_by_phase={name: round(took, 1) for name, took in phases.seconds.items()},
        partial=wanted.days is not None,
    )


class _Teller:
    """Tells each night in one line: the date, what people did, what the bank and the county did."""

    def __init__(self, console: Console, directory: CountyDirectory, phases: Phases) -> None:
        self.console = console
        self.calendar = directory.calendar
        self.phases = phases
        self.refusals: Counter[str] = Counter()

    def tell(self, night: Night) -> None:
        """One line for a played date, with how far the county is and what time is left."""
        span = (self.calendar.last_day - self.calendar.first_day).days or 1
        done = (night.on - self.calendar.first_day).days + 1
        left = self.phases.total() * max(span - done, 0) / max(done, 1)
        told = [f"{_WORDS[name]} {count}" for name, count in night.acts.items() if name in _WORDS]
        counts = night.counts
        if lines := counts.get("bank_lines.lines"):
            told.append(f"银行回单 {lines}")
        if amount := counts.get("files.total_fen"):
            told.append(f"付款文件 {show(amount)}")
        for wish, refused in night.refusals:
            self.refusals[refused.code] += 1
            told.append(f"[yellow]拒绝 {wish.case} {wish.act}: {refused.zh}[/yellow]")
        told += night.pool
        what = " · ".join(told) or "日结"
        played = done * 100 // (span + 1)
        # What one day took says nothing about a county: a guess is told once there is some ground.
        guess = f", 还需 {left:3.0f}s" if played >= _GUESS_FROM_PERCENT else ""
        self.console.log(f"{night.on} [{played:3d}%{guess}] {what}")


_GUESS_FROM_PERCENT = 5
_WORDS = {
    "post.elect": "选举",
    "member.apply": "入社申请",
    "member.admit": "吸收社员",
    "group.form": "联保小组",
    "loan.apply": "借款申请",
    "loan.vote": "理事会表决",
    "loan.notice": "公示",
    "loan.contract": "签合同",
    "loan.instruct": "付款指令",
    "intercoop.match": "调剂撮合",
    "voice.say": "村社表态",
}


def _show(found: Result, console: Console) -> None:
    figures = Table(title=f"{found.county} — 文件数字与账上数字 the document's figures beside ours")
    for column in ("figure 指标", "document 文件", "ours 账上", "", "source 出处"):
        figures.add_column(column, overflow="fold")
    for one in found.published:
        mark = "[green]=[/green]" if one.equal else "[red]≠[/red]"
        document, ours = (result.shown(value, one.figure) for value in (one.document, one.ours))
        figures.add_row(named(one.figure), document, ours, mark, one.source)
    console.print(figures)
    if found.pool:
        _tell_pool(found.pool, console)
    proofs = Table(title="核验 proofs (docs/architecture.md)")
    for column in ("invariant 不变量", "checked 次数", "failed 不符"):
        proofs.add_column(column, justify="right")
    for proof in found.proofs:
        style = "red" if proof.failed else None
        proofs.add_row(proof.name, f"{proof.checked:,}", f"{proof.failed:,}", style=style)
    console.print(proofs)
    names = ("intercoop_lent_fen", "intercoop_borrowed_fen", "intercoop_consolidated_fen")
    lent, borrowed, left = (result.shown(found.figures[name], name) for name in names)
    console.print(
        f"社际调剂 between villages: 借出 lent {lent}, 借入 borrowed {borrowed}, "
        f"合并抵销后 consolidated {left}"
    )
    took = ", ".join(f"{name} {seconds} s" for name, seconds in found.seconds_by_phase.items())
    console.print(f"{found.nights} nights 夜, {found.entries:,} entries 笔分录; {took}")
    if found.partial:
        console.print("[yellow]partial 只演到一部分:数字尚不完整[/yellow]")
    verdict = (
        "[green]全部相符 everything holds[/green]"
        if found.holds
        else "[red]不符 it does not hold[/red]"
    )
    console.print(verdict)
    console.print(
        "下一步 next: lianhe demo --serve 打开县控制台; docs/architecture.md; "
        "lianhe demo --county DIR 演你自己的县 (docs/county-directory.md)"
    )


def _tell_pool(story: Sequence[Step], console: Console) -> None:
    """The line right after each step of the pool's story, to the fen, from custody."""
    console.print("[bold]风险补偿金:每一步之后的授信额度 the pool: the line after each step[/bold]")
    for step in story:
        what = "; ".join(step.what) or "银行回单、夜间日结 bank lines and the night"
        console.print(f"{step.on} {step.cooperative} [{step.state}] {what}", markup=False)
        amounts = "  ".join(
            f"{word} {show(int(getattr(step, name)))}"
            for word, name in _AMOUNTS.items()
            if getattr(step, name)
        )
        style = "red" if step.over_fen else "yellow" if step.state == "suspended" else "green"
        console.print(f"    {amounts or '0.00'}", style=style, markup=False)


_AMOUNTS = {
    "缴存 stake": "stake_fen",
    "配套 match": "match_fen",
    "打包 deposits": "deposits_fen",
    "额度 line": "line_fen",
    "预留 reserved": "reserved_fen",
    "在保 running": "guaranteed_fen",
    "可用 free": "free_fen",
    "超额 over": "over_fen",
}


def _show_logins(stack: Stack, console: Console) -> None:
    """Who may sign in where, with the secrets made for this run."""
    roles = registry().roles
    logins = Table(title=f"县控制台 county console: {stack.address}/console")
    for column in ("user 用户", "password 密码", "name 姓名", "roles 角色"):
        logins.add_column(column, no_wrap=column != "roles 角色", overflow="fold")
    for one in stack.logins:
        logins.add_row(one.user, one.password, one.name, "、".join(roles[r].zh for r in one.roles))
    console.print(logins)
    desks = Table(title=f"村节点 village nodes: {stack.node_address}/")
    for column in ("village 互助社", "name 姓名", "post 职务", "PIN"):
        desks.add_column(column)
    for desk in officers.give_pins(stack.nodes, stack.directory):
        desks.add_row(desk.village, desk.name, Words(ZH).word("posts", desk.post), desk.pin)
    console.print(desks)


def _serve(stack: Stack, console: Console, *, browse: bool) -> None:
    _show_logins(stack, console)
    console.print("Ctrl-C 停止")
    if browse:
        webbrowser.open(f"{stack.address}/console")
    stopped = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGINT, stop)
    while not stopped:
        stack.supervisor.check()
        time.sleep(0.5)
