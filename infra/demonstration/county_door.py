"""The county as its staff and its schedule use it: matches and signatures, and the night.

Implements ``doors.CountyDoor``. Staff act through the county's cases as the console does, one
transaction an act; the night is a Temporal workflow run by the worker's process.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from contracts.ledger import Actor
from infra.demonstration.doors import Refused
from journal import store
from journal.engine import reading
from kernel.errors import Rejected
from kernel.rules_intercoop import terms_digest
from services.federation.cases import intercoop, registers
from services.federation.county import County
from workflows.codec import CONVERTER
from workflows.county_close import CountyClose
from workflows.policies import close_id
from workflows.ports import TASK_QUEUE, CloseRequest

STAFF = Actor(role="staff@federation", operator="u-staff", persons=("p-staff",))
POVERTY_OFFICE = Actor(role="cpo@federation", operator="u-cpo", persons=("p-cpo",))
_ON_THE_WAY = {
    "payment": ("queued", "in_file"),
    "leg": ("planned", "in_file"),
    "identification": ("named", "in_file"),
    "settlement": ("held", "collecting", "posted"),
    "intercoop": ("proposed", "approved"),
    "consent": ("asked",),
}


class LocalCounty:
    """The county of one database, its nights run by Temporal at ``address``."""

    def __init__(self, engine: sa.Engine, county: County, address: str) -> None:
        self.engine = engine
        self.county = county
        self.address = address
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None

    def match(
        self,
        case: str,
        lender: str,
        borrower: str,
        amount_fen: int,
        *,
        rate_ppm: int,
        term_months: int,
    ) -> Refused | None:
        """Staff propose a loan under the grades the county has entered."""
        asked = intercoop.Match(
            case=case,
            lender=lender,
            borrower=borrower,
            amount=amount_fen,
            rate_ppm=rate_ppm,
            term_months=term_months,
        )
        try:
            with self.engine.begin() as conn:
                grades = {one.id: one.grade for one in registers.cooperatives(conn)}
                intercoop.match(conn, self.county.world, asked, STAFF, grades)
        except Rejected as refused:
            return _refused(refused)
        return None

    def sign(self, case: str) -> Sequence[Refused]:
        """Federation and poverty office sign a proposed loan, each once, under its exact terms."""
        refusals = []
        for actor in (STAFF, POVERTY_OFFICE):
            with reading(self.engine).connect() as conn:
                found = store.load(conn, store.COUNTY_SCOPE, case)
            if found is None or found.state != "proposed":
                break
            if any(hand.role == actor.role for hand in found.signed):
                continue
            try:
                with self.engine.begin() as conn:
                    intercoop.sign(
                        conn,
                        self.county.world,
                        found,
                        actor,
                        terms=terms_digest(found.terms),
                        act_id=f"{case}/sign/{actor.operator}",
                    )
            except Rejected as refused:
                refusals.append(_refused(refused))
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


def _refused(refused: Rejected) -> Refused:
    told = refused.as_struct()
    return Refused(code=told.code.value, zh=told.text("zh"), en=told.text("en"))
