"""Stress (压力测试): the pool's loan book under bad luck, with every assumption on the page.

Staff move assumptions and start a run; it computes in a process of its own (insight.jobs) and the
page asks every second how far it is. One run at a time. County-wide: a township has no pool book.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from contracts.rejections import Rejection
from kernel.errors import Rejected
from services.federation.console import page, words
from services.federation.console.desk import AT, Visitor
from services.federation.console.guard import Form
from services.federation.console.lists import FEN, NUMBER, Cell, Column, Listing
from services.federation.console.queries import villages
from services.federation.console.words import Pair
from services.federation.insight import assumptions, book, pictures
from services.federation.insight.assumptions import Field
from services.federation.insight.jobs import Run
from services.federation.insight.model import LEVERAGES, MEASURES, Book, Chance, StressResult
from services.federation.insight.study import checked

EXAMPLE, OWN = "example", "own"
_BOOK = "book"
_UNPROCESSABLE, _CONFLICT = 422, 409


@get("/stress", sync_to_thread=True)
def stress(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The form with its defaults, and the last run if one is remembered."""
    _county(visitor)
    latest = visitor.desk.stress.latest()
    return _page(visitor, latest, _fields(visitor, {}), choice="")


@post("/stress", sync_to_thread=True)
def start(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """Start a run; every wrong field is named on the page, what is too large is refused."""
    _county(visitor)
    fields = _fields(visitor, form)
    choice = form.get(_BOOK, "")
    if any(one.wrong for one in fields):
        return _again(visitor, fields, choice, None)
    with visitor.reading() as conn:
        own = book.county_book(conn)
    chosen = book.example_book() if choice == EXAMPLE else own
    assumed, limits = assumptions.assumptions(fields), assumptions.limits()
    try:
        checked(chosen, assumed, limits)
        run = visitor.desk.stress.start(visitor.officer.user, chosen, assumed, limits)
    except Rejected as refused:
        return _again(visitor, fields, choice, refused)
    return page.go(visitor, f"{AT}/stress/{run.id}")


@get("/stress/{number:int}", sync_to_thread=True)
def one_run(visitor: NamedDependency[Visitor], number: FromPath[int]) -> Response[Any]:
    """One run under the assumptions it was started with."""
    run = _run(visitor, number)
    asked = assumptions.texts(run.assumed)
    return _page(visitor, run, _fields(visitor, asked), choice=EXAMPLE if run.book.example else OWN)


@get("/stress/{number:int}/progress", sync_to_thread=True)
def progress_of(visitor: NamedDependency[Visitor], number: FromPath[int]) -> Response[Any]:
    """The part of the page that changes while a run computes."""
    run = _run(visitor, number)
    return page.show_page(visitor, "_stress.html", **_shown(visitor, run))


@post("/stress/stop", sync_to_thread=True)
def stop_run(visitor: NamedDependency[Visitor], form: NamedDependency[Form]) -> Response[Any]:
    """End a run that is under way, whoever started it."""
    number = form.get("run", "")
    run = _run(visitor, int(number) if number.isascii() and number.isdigit() else 0)
    visitor.desk.stress.stop(run.id)
    return page.go(visitor, f"{AT}/stress/{run.id}")


def stress_list(result: StressResult, labels: Mapping[str, Pair]) -> Listing:
    """The figures of every leverage as a table; the same in Excel."""
    return Listing(
        name="stress",
        title=("各倍数的损失", "Losses by leverage"),
        columns=(
            Column(zh="倍数", en="Leverage"),
            Column(zh="贷款(笔)", en="Loans", kind=NUMBER),
            Column(zh="在保本金", en="Guaranteed", kind=FEN),
            Column(zh="最差一社赔光", en="Worst co-op dry", kind=NUMBER),
            Column(zh="任一社赔光", en="Any co-op dry", kind=NUMBER),
            Column(zh="全县合并赔光", en="All as one dry", kind=NUMBER),
            Column(zh="平均应偿", en="Mean asked of the pools", kind=FEN),
            Column(zh="50%", en="50 %", kind=FEN),
            Column(zh="90%", en="90 %", kind=FEN),
            Column(zh="95%", en="95 %", kind=FEN),
            Column(zh="99%", en="99 %", kind=FEN),
            Column(zh="99.9%", en="99.9 %", kind=FEN),
            Column(zh="99% 以外平均", en="Mean beyond 99 %", kind=FEN),
            Column(zh="平均由缴存赔", en="Mean paid by stakes", kind=FEN),
            Column(zh="平均由配套赔", en="Mean paid by matches", kind=FEN),
            Column(zh="平均未覆盖(银行)", en="Mean uncovered (bank)", kind=FEN),
            Column(zh="最差的社", en="Worst co-op"),
        ),
        rows=tuple(
            (
                Cell(value=pictures.plan_name(plan)),
                Cell(value=plan.loans),
                Cell(value=plan.guaranteed_fen),
                *(_chance(result, plan.chances[one]) for one in MEASURES),
                Cell(value=plan.mean_fen),
                *(Cell(value=amount) for amount in plan.quantiles.values()),
                Cell(value=plan.shortfall_fen),
                Cell(value=plan.stake_paid_fen),
                Cell(value=plan.match_paid_fen),
                Cell(value=plan.uncovered_fen),
                Cell(value=labels.get(plan.worst_village, (plan.worst_village,) * 2)),
            )
            for plan in result.plans
        ),
    )


def _again(
    visitor: Visitor, fields: list[Field], choice: str, refused: Rejected | None
) -> Response[Any]:
    """The form as it was filled in, with what is wrong; nothing was started."""
    told = _words(refused.as_struct()) if refused else None
    response = _page(visitor, None, fields, choice=choice, refusal=told)
    response.status_code = _UNPROCESSABLE if refused is None else _CONFLICT
    return response


def _chance(result: StressResult, chance: Chance) -> Cell:
    safe = chance.below(result.assumptions.tolerance_ppm)
    said = pictures.with_error(chance)
    return Cell(value=(said, said), tone="good" if safe else "bad")


def _page(
    visitor: Visitor,
    run: Run | None,
    fields: list[Field],
    *,
    choice: str,
    refusal: Pair | None = None,
) -> Response[Any]:
    with visitor.reading() as conn:
        head = villages.county_head(conn)
        own = book.county_book(conn)
        labels = villages.labels(conn, visitor.scope)
    choice = choice if choice in (EXAMPLE, OWN) else (OWN if _usable(own) else EXAMPLE)
    data = dict(
        head=head,
        own=own,
        guaranteed=sum(loan.principal_fen for loan in own.loans),
        staked=sum(pool.stake_fen for pool in own.pools),
        choice=choice,
        groups=[
            (title, [one for one in fields if one.about.group == name])
            for name, title in assumptions.GROUPS
        ],
        refusal=refusal,
        wrong=sum(one.wrong is not None for one in fields),
        limits=assumptions.limits(),
        busy=visitor.desk.stress.running(),
        **_shown(visitor, run),
    )
    if run is not None and run.result is not None:
        return page.show_list(visitor, "stress.html", stress_list(run.result, labels), **data)
    return page.show_page(visitor, "stress.html", listing=None, **data)


def _shown(visitor: Visitor, run: Run | None) -> dict[str, Any]:
    """What the changing part shows of a run."""
    jobs = visitor.desk.stress
    if run is None:
        return {"run": None, "result": None}
    now = jobs.clock()
    shown: dict[str, Any] = {
        "run": run,
        "result": run.result,
        "seconds": run.seconds(now),
        "rate": run.a_second(now),
        "left": run.left(now),
        "refused": _words(run.refusal),
    }
    if run.result is not None:
        shown |= _pictures(visitor, run.result)
    return shown


def _pictures(visitor: Visitor, result: StressResult) -> dict[str, Any]:
    asked = visitor.request.query_params.get("k", str(LEVERAGES[-1]))
    plan = next((one for one in result.plans if one.name == asked), result.plans[-1])
    with visitor.reading() as conn:
        most = visitor.desk.county.world.policy(conn, "").ppm("pool.match_most")
    return {
        "plan": plan,
        "plans": [(one.name, pictures.plan_name(one)) for one in result.plans],
        "losses": pictures.losses(result, plan),
        "chances": pictures.chances(result),
        "verdict": pictures.verdict(result),
        "remedies": pictures.remedies(result, match_most_ppm=most),
        "measured": pictures.MEASURED[result.assumptions.measure],
    }


def _words(refusal: Rejection | None) -> Pair | None:
    return words.refusal(refusal, {}) if refusal is not None else None


def _fields(visitor: Visitor, asked: Any) -> list[Field]:
    with visitor.reading() as conn:
        policy = visitor.desk.county.world.policy(conn, "")
    return assumptions.fields(policy, asked)


def _run(visitor: Visitor, number: int) -> Run:
    _county(visitor)
    run = visitor.desk.stress.find(number)
    if run is None:
        raise NotFoundException
    return run


def _usable(own: Book) -> bool:
    return bool(own.loans) and any(pool.stake_fen for pool in own.pools)


def _county(visitor: Visitor) -> None:
    if not visitor.county_wide:
        raise NotFoundException
