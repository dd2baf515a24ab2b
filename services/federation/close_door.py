"""How the console starts the night: one Temporal workflow for the date, started, not waited for.

Called by server, which hands ``close_door`` to the console. Asking twice starts it once; what the
close does and did is told by the night's own rows, never by Temporal.
"""

import asyncio
from collections.abc import Callable
from datetime import date

from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from workflows.policies import close_id
from workflows.ports import CLOSE_WORKFLOW, TASK_QUEUE, CloseRequest


def close_door(address: str) -> Callable[[date], None]:
    """A function that starts the close of every open date up to one, by the Temporal there.

    It raises Rejected CLOSE_NOT_STARTED when Temporal cannot be reached.
    """

    def start(until: date) -> None:
        asyncio.run(_start(address, until))

    return start


async def _start(address: str, until: date) -> None:
    # Imported here: pages are served without Temporal's native library until somebody asks.
    from temporalio.client import Client  # noqa: PLC0415
    from temporalio.common import WorkflowIDReusePolicy  # noqa: PLC0415
    from temporalio.exceptions import WorkflowAlreadyStartedError  # noqa: PLC0415
    from temporalio.service import RPCError  # noqa: PLC0415

    from workflows.codec import CONVERTER  # noqa: PLC0415

    try:
        client = await Client.connect(address, data_converter=CONVERTER)
        await client.start_workflow(
            CLOSE_WORKFLOW,
            CloseRequest(until=until),
            id=close_id(until),
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
    except WorkflowAlreadyStartedError:
        return
    except (RPCError, RuntimeError) as error:
        raise Rejected(RejectionCode.CLOSE_NOT_STARTED, date=until) from error
