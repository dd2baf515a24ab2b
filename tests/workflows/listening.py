"""An interceptor that writes down every activity a workflow asks for, with its argument.

A replay compares the order and kind of commands only; swapped or changed arguments pass it
silently (targets.md 2), so recorded arguments are compared beside it.
"""

from typing import Any

import msgspec
from temporalio.worker import (
    Interceptor,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

HEARD: list[list[Any]] = []
"""[activity name, argument as JSON value], in the order asked for, of the latest workflow."""


class Listening(Interceptor):
    """Installs the outbound listener."""

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002
    ) -> type[WorkflowInboundInterceptor]:
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        HEARD.clear()
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_local_activity(  # the SDK names its argument so
        self,
        input: StartLocalActivityInput,  # noqa: A002
    ) -> ActivityHandle[Any]:
        asked = msgspec.json.decode(msgspec.json.encode(input.args))
        HEARD.append([input.activity, *asked])
        return super().start_local_activity(input)
