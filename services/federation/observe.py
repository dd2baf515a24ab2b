"""What the county's service tells of itself: a log line a request, counts for Prometheus.

Mounted by the composition root. A line holds method, route, status and time and nothing else: no
address as it was asked for (it holds ids), no cookie, no body, no person. ``/metrics`` answers this
machine only; whoever gathers them from elsewhere runs beside the service.
"""

import time
from typing import Any

import sqlalchemy as sa
import structlog
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest

from services.federation import queries

HERE = ("127.0.0.1", "::1")
"""Who may read the counts."""
NO_ROUTE = "-"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_HTTP = "http"
_LOG = structlog.wrap_logger(
    structlog.PrintLogger(),
    processors=[
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
    ],
)


class Observer:
    """Counts of one application; ``middleware`` sees each request, ``door`` shows the counts."""

    def __init__(self, engine: sa.Engine) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "lianhe_requests", "Requests answered", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "lianhe_request_seconds", "Time to answer", ("route",), buckets=_BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self._engine = engine

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Count and log each request of ``app`` by its route."""

        async def observed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != _HTTP:
                await app(scope, receive, send)
                return
            began, status = time.perf_counter(), 0

            async def noting(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, noting)
            finally:
                self._note(
                    str(scope.get("method")), _route(scope), status, time.perf_counter() - began
                )

        return observed

    def door(self) -> HTTPRouteHandler:
        """``GET /metrics``, for this machine only."""

        @get("/metrics", sync_to_thread=True, include_in_schema=False)
        def metrics(request: Request[Any, Any, State]) -> Response[bytes]:
            if request.client is None or request.client.host not in HERE:
                raise NotFoundException
            body = generate_latest(self.registry) + _county(self._engine)
            return Response(content=body, media_type=CONTENT_TYPE_LATEST)

        return metrics

    def _note(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        milliseconds = round(seconds * 1000)
        _LOG.info("request", method=method, route=route, status=status, milliseconds=milliseconds)


def _route(scope: Scope) -> str:
    """The route as it is written down: its parameters by name, never by value."""
    return str(scope.get("path_template") or NO_ROUTE)


class _CountyGauges:
    """The county's state at the moment somebody asks."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def collect(self) -> list[GaugeMetricFamily]:
        """Findings nobody has resolved, and books behind the county's day."""
        with self._engine.connect() as conn:
            told = {
                "lianhe_findings_open": (queries.findings_open(conn), "Findings not resolved"),
                "lianhe_books_behind": (queries.books_behind(conn), "Villages behind the county"),
            }
        return [GaugeMetricFamily(name, says, value=value) for name, (value, says) in told.items()]


def _county(engine: sa.Engine) -> bytes:
    registry = CollectorRegistry()
    registry.register(_CountyGauges(engine))
    return bytes(generate_latest(registry))
