"""A bank that knows nothing but docs/bank-portal.md: every command of the guide is run as written.

The county is real and listens on a port; the bank has bash, openssl, Python and the sample client
in a folder of its own. What a county does between two commands (registers keys, lets days pass,
decides a claim) is done by the county's own hands.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from contracts.refusal_texts import TEXTS
from journal import store
from journal.engine import WRITER, open_engine
from services.federation.app import create_app
from services.federation.cases import bank_keys, bank_reports, claims
from services.federation.core import Core
from services.federation.portal import door
from services.federation.portal.api_doc import CODES
from services.federation.problems import STATUS
from tests.architecture.source import ROOT
from tests.federation.browsing import served
from tests.federation.life import CPO, STAFF
from tests.federation.pool_life import PoolLife
from tests.federation.portal_world import (
    ANSWERS_FOR,
    LINE,
    PACKAGE,
    a_core,
    lived,
    state,
    today,
)
from tests.packages.make_sample import FOLDER
from tests.support import databases
from verifier import bundle

GUIDE = (ROOT / "docs/bank-portal.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
WAIT_DAYS = 3
CLAIM = f"claim-{LINE.removeprefix('guarantee-')}"


class Step(msgspec.Struct, frozen=True):
    """A command of the guide and what it is said to print; ``…`` stands for anything."""

    command: str
    said: str


def steps(block: str) -> list[Step]:
    """The commands of one block; a line behind ``> `` belongs to the command above it."""
    found: list[list[str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif line.startswith("> ") and not found[-1][1]:
            found[-1][0] += line[2:]
        else:
            found[-1][1] += line
    return [Step(command, said) for command, said in found]


class Bank:
    """The bank's engineer at his shell: one folder, what he named stays named."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        for name in ("bank_client.py", "county-fingerprint.txt"):
            (folder / name).write_bytes((FOLDER / name).read_bytes())
        (folder / "lianhe-verify.pyz").write_bytes(bundle.zipapp())
        for kind in door.PAPERS:
            (folder / f"{kind}.pdf").write_bytes(b"%PDF-1.7 " + kind.encode())
        (folder / "python3").symlink_to(sys.executable)
        self.named = {"FINGERPRINT": (folder / "county-fingerprint.txt").read_text().strip()}

    def follows(self, block: str) -> list[str]:
        """Run a block and hold every answer against the guide; what each command printed."""
        return [self._run(step) for step in steps(block)]

    def _run(self, step: Step) -> str:
        script = (
            f"{step.command}\nended=$?; declare -p > names; declare -f > functions; exit $ended"
        )
        if (self.folder / "functions").exists():
            script = f". ./functions\n{script}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**os.environ, **self.named, "BANK_AT": self.address,
                 "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        # Only what the command itself named; the guide's names are in capitals.
        name = re.match(r"([A-Z]+)=", step.command)
        if name:
            value = re.search(rf'^declare -\S+ {name[1]}="(.*)"$',
                              (self.folder / "names").read_text("utf-8"), re.MULTILINE)  # fmt: skip
            self.named[name[1]] = value[1] if value else ""
        told = ".*".join(re.escape(part) for part in step.said.split("…"))
        fits = re.fullmatch(told.removesuffix(re.escape("\n")) + r"\n?", done.stdout, re.DOTALL)
        assert fits, f"{step.command}\nprinted\n{done.stdout}\nthe guide says\n{step.said}"
        refused = re.match(r"[45]\d\d\n", step.said)
        assert done.returncode == (1 if refused else 0), step.command + done.stdout
        return done.stdout


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[tuple[PoolLife, Core, Bank]]:
    """A county that sent a package under an agreement with a short wait, and a bank's folder."""
    desk, villages = tmp_path / "bank", tmp_path / "villages"
    desk.mkdir()
    villages.mkdir()
    world = lived(villages, wait_days=WAIT_DAYS)
    engine = open_engine(databases.url_of(world.database), role=WRITER)
    life: PoolLife = world.life
    ports = msgspec.structs.replace(life.county.ports, now=lambda: datetime.now(UTC))
    life.county, life.engine = msgspec.structs.replace(life.county, ports=ports), engine
    core = a_core(engine, life)
    with served(create_app(core)) as address:
        yield life, core, Bank(desk, address)
    engine.dispose()
    databases.drop(world.database)


@pytest.mark.openssl
def test_a_bank_receives_answers_reports_and_claims_by_the_guide_alone(
    trial: tuple[PoolLife, Core, Bank],
) -> None:
    life, core, bank = trial
    keys, *before, arrears, early, notice, again, decided = BLOCKS
    publics = [one.strip() for one in bank.follows(keys)]
    for public, role in zip(publics, ("maker@bank", "checker@bank"), strict=True):
        with core.engine.begin() as conn:
            bank_keys.enter(conn, bank_keys.BankKey(
                key=f"rcc-{role.partition('@')[0]}", bank="rcc", role=role,
                person=ANSWERS_FOR[role, "rcc"], signing=bytes.fromhex(public),
                valid_from=today(core),
            ))  # fmt: skip
    bank.named |= {"TODAY": str(life.today), "DUE": str(life.today + timedelta(days=365))}
    for block in before:
        bank.follows(block)
    assert (state(core, LINE), state(core, PACKAGE)) == ("running", "answered")

    life.everyone_closes()
    while not months(core):
        life.everyone_closes()
    since = life.today
    bank.named |= {"SINCE": str(since), "MONTH": months(core)[0]}
    for block in (arrears, early):
        bank.follows(block)
    while life.today < since + timedelta(days=WAIT_DAYS):
        life.everyone_closes()
    bank.named["TODAY"] = str(life.today)
    bank.follows(notice)
    assert state(core, CLAIM) == "noticed"
    bank.follows(again)
    with core.engine.begin() as conn:
        checklist = dict.fromkeys(door.PAPERS, True)
        claims.check(conn, life.county.world, life.case(CLAIM), checklist, STAFF)
    for actor in (STAFF, CPO):
        with core.engine.begin() as conn:
            claims.accept(conn, life.county.world, life.case(CLAIM), 1_500_000, actor)
    bank.follows(decided)


def months(core: Core) -> list[str]:
    """Months for which repayments may be reported, as the county opened them."""
    with core.engine.connect() as conn:
        found = store.in_states(conn, store.COUNTY_SCOPE, bank_reports.PROCESS, ("expected",))
    return sorted({str(one.terms["period"]) for one in found})


def test_the_guide_lists_every_refusal_with_its_status_and_words() -> None:
    told = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| (.+) \|$", GUIDE, re.MULTILINE)
    true = [
        (one.value, str(int(STATUS.get(one, 409))), re.sub(r"{[a-z_]+}", "…", TEXTS[one.value][0]))
        for one in CODES
    ]
    assert told == true
