"""The county as its staff and its schedule use it: matches and signatures, and the night.

Implements ``doors.CountyDoor``. Staff sit at the console, each under his own sign-in; the night is
a Temporal workflow run by the worker's process. What is on its way is read in the database.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from contracts.money import show
from infra.county_directory.model import IntercoopLoan
from infra.demonstration.console_door import Clerk
from infra.demonstration.doors import Refused
from infra.demonstration.lending import wish_of
from infra.demonstration.officers import Login
from journal import store
from journal.engine import reading
from kernel.intercoop import PAIR
from kernel.policy_kinds import display
from services.federation.cases.lending import wishes
from workflows.codec import CONVERTER
from workflows.county_close import CountyClose
from workflows.policies import close_id
from workflows.ports import TASK_QUEUE, CloseRequest

MAKERS = ("federation.maker", "federation.checker", "federation.head")
CHECKERS = ("federation.checker", "federation.head", "federation.maker")
POVERTY_OFFICE = ("poverty-office.checker", "poverty-office.head")
NOBODY = Refused(
    code="NO_OFFICER",
    zh="县目录里没有联合社经办人员(officers.csv),无人撮合。",
    en="The directory names no officer of the federation (officers.csv) to propose it.",
)
_ON_THE_WAY = {
    "payment": ("queued", "in_file"),
    "leg": ("planned", "in_file"),
    "identification": ("named", "in_file"),
    "settlement": ("held", "collecting", "posted"),
    "intercoop": ("proposed", "approved"),
    "consent": ("asked",),
    "agreement": ("proposed",),
    "match": ("claimed", "approved"),
    "transfer": ("asked", "queued", "in_file"),
    "package": ("drafting", "approved"),
    "claim": ("noticed", "accepted", "in_file"),
}


class LocalCounty:
    """The county of one database: its console, its officers, its nights run by Temporal."""

    def __init__(
        self, engine: sa.Engine, console: str, temporal: str, logins: Sequence[Login]
    ) -> None:
        self.engine = engine
        self.console = console
        self.address = temporal
        self.logins = logins
        self._clerks: dict[str, Clerk] = {}
        self._signed: set[tuple[str, tuple[str, ...]]] = set()
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None

    def match(self, lent: IntercoopLoan) -> str | Refused:
        """The maker fills in the form of a loan and proposes it; the case it became."""
        clerk = self._clerk(MAKERS)
        if clerk is None:
            return NOBODY
        page = clerk.open(
            "/lending/new",
            lender=lent.lender,
            borrower=lent.borrower,
            amount=show(lent.amount_fen),
            rate=display("permille", lent.monthly_ppm).removesuffix("‰"),
            months=str(lent.term_months),
            **self._posted(lent),
        )
        form = page.form("/lending")
        if form is None:
            return page.refused or NOBODY
        done = clerk.send(form)
        return done.refused or done.path.rpartition("/")[2]

    def _posted(self, lent: IntercoopLoan) -> dict[str, str]:
        """The wishes the villages posted, as far as they have reached the county."""
        sides = {"offer": lent.lender, "request": lent.borrower}
        with reading(self.engine).connect() as conn:
            posted = {one.id for one in wishes(conn, list(sides.values()))}
        named = {name: wish_of(lent, side) for name, side in sides.items()}
        return {name: wish for name, wish in named.items() if wish in posted}

    def sign(self, case: str) -> Sequence[Refused]:
        """Federation and poverty office look into their inboxes and sign, under exact terms."""
        return [refusal for one in self._contracts(case) for refusal in self._sign(one)]

    def _sign(self, case: str) -> Sequence[Refused]:
        refusals: list[Refused] = []
        for posts in (CHECKERS, POVERTY_OFFICE):
            clerk = self._clerk(posts)
            if clerk is None or (case, posts) in self._signed:
                continue
            form = clerk.open("/approvals").form("/approvals", case=case)
            if form is None:
                continue
            refused = clerk.send(form, act="sign").refused
            if refused is None:
                self._signed.add((case, posts))
            else:
                refusals.append(refused)
        return refusals

    def close(self, until: date) -> Mapping[str, int]:
        """Run the county close up to a date and wait for it."""
        return self._loop.run_until_complete(self._close(until))

    async def _close(self, until: date) -> Mapping[str, int]:
        if self._client is None:
            self._client = await Client.connect(self.address, data_converter=CONVERTER)
        done = await self._client.execute_workflow(
            CountyClose.run,
            CloseRequest(until=until),
            id=close_id(until),
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            # Asked again after Temporal was away: the run that goes on is the one waited for.
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        return done.counts

    def payment_of(self, case: str) -> str:
        """Reference of the payment that is queued or at the bank for a case; "" for none."""
        with reading(self.engine).connect() as conn:
            found = store.DatabaseLookup(conn, store.COUNTY_SCOPE).linked("payment", "for", case)
        return next((one.id for one in found if one.state in _ON_THE_WAY["payment"]), "")

    def in_motion(self) -> int:
        """Cases that go on by themselves at the next close."""
        with reading(self.engine).connect() as conn:
            return sum(
                len(store.in_states(conn, store.COUNTY_SCOPE, process, states))
                for process, states in _ON_THE_WAY.items()
            )

    def leave(self) -> None:
        """Close what this door holds open; nothing is asked of it after."""
        self._client = None
        self._loop.close()
        for clerk in self._clerks.values():
            clerk.http.close()

    def _contracts(self, case: str) -> list[str]:
        """The contracts of one match that wait for signatures: one, or the federation's two."""
        with reading(self.engine).connect() as conn:
            first = store.load(conn, store.COUNTY_SCOPE, case)
            pair = first and store.load(conn, store.COUNTY_SCOPE, str(first.terms.get(PAIR, "")))
        return [one.id for one in (first, pair) if one is not None and one.state == "proposed"]

    def _clerk(self, posts: Sequence[str]) -> Clerk | None:
        """The first officer there is of these posts, at his desk."""
        found = {login.user: login for login in self.logins}
        user = next((post for post in posts if post in found), None)
        if user is None:
            return None
        if user not in self._clerks:
            self._clerks[user] = Clerk(self.console, found[user])
        return self._clerks[user]
