"""Planted bug: a village books a payout when its cashier asks for it, before custody has paid."""

import msgspec
import pytest

from contracts.ledger import Line
from journal import plan as planning
from kernel import cases

NAME = "book a payout when it is instructed"


def plant(patch: pytest.MonkeyPatch) -> None:
    """Replace the plan of an act: an instruction moves the money at once."""
    plan = planning.plan

    def pay_at_once(scene: planning.Scene) -> planning.Plan:
        planned = plan(scene)
        if (scene.case.process, scene.row.act) != ("loan", "instruct"):
            return planned
        line = Line(
            amounts={"amount": int(scene.case.terms["amount"])}, keys=cases.keys(scene.case)
        )
        paid = scene.registry.recipes["loan.payout"].half("node", "coop", line)
        return msgspec.structs.replace(
            planned,
            recipe="loan.payout",
            lines=(line,),
            movements=dict.fromkeys(planned.movements, paid),
        )

    patch.setattr(planning, "plan", pay_at_once)
