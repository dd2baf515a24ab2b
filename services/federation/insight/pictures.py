"""A stress result as pictures and sentences: figures of an SVG, and what they mean in words.

Called by the console's stress page. Positions are whole thousandths of the picture; nothing is
computed here that the tables do not show as well.
"""

import msgspec

from contracts.money import PPM, show
from kernel.policy_kinds import display
from services.federation.insight.model import (
    LARGER_LOANS,
    LEVERAGES,
    NOW,
    STAKE_AND_MATCH,
    Advice,
    Chance,
    PlanResult,
    StressResult,
)
from services.federation.insight.stress import round_width

Pair = tuple[str, str]
WIDE, HIGH = 1000, 240
TICKS = 8
_WAN = 1_000_000
"""Fen of 10,000 yuan (万元)."""
_TINY = 0.0001
_ROOM = 1.08

MEASURED: dict[str, Pair] = {
    "worst": ("最差的一个社的缴存和配套", "the worst cooperative's stake and match"),
    "any": ("任何一个社的缴存和配套", "any cooperative's stake and match"),
    "pooled": ("全县合并的缴存和配套", "all stakes and matches taken as one"),
}


class Rect(msgspec.Struct, frozen=True, kw_only=True):
    """A bar: ``x``, ``wide`` and ``high`` of the picture, and what it says when pointed at."""

    x: int
    wide: int
    high: int
    says: Pair
    tone: str = ""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A line across the picture at ``at``, with its label."""

    at: int
    label: Pair
    tone: str = ""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """Bars with ticks along the foot and marks across."""

    bars: tuple[Rect, ...]
    ticks: tuple[Mark, ...]
    marks: tuple[Mark, ...]
    beyond: tuple[Pair, ...] = ()


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """The chance at one leverage: a bar with the two ends of its error."""

    leverage: int
    x: int
    wide: int
    high: int
    low_end: int
    high_end: int
    label: str
    safe: bool


class Chances(msgspec.Struct, frozen=True, kw_only=True):
    """Chance of running dry by leverage; ``tolerance`` is the height of what is tolerated."""

    columns: tuple[Column, ...]
    tolerance: int


def percent(share: float) -> str:
    """A chance as people read it; below a hundredth of a percent it says so."""
    if 0 < share < _TINY:
        return "<0.01%"
    return f"{100 * share:.2f}%"


def with_error(chance: Chance) -> str:
    """The estimate and its standard error."""
    return f"{percent(chance.share)} ± {100 * chance.error:.2f}"


def plan_name(plan: PlanResult) -> Pair:
    """What a plan is called."""
    if plan.name == NOW:
        return ("现状", "as it stands")
    return (f"{plan.leverage} 倍", f"{plan.leverage} times")


def losses(result: StressResult, plan: PlanResult) -> Picture:
    """The distribution of what the pools are asked for, with stake, match and tail across it."""
    lines = (
        (plan.mean_fen, ("平均", "mean"), ""),
        (plan.quantiles["990000"], ("99%", "99 %"), "tail"),
        (result.stake_fen, ("各社缴存合计", "all stakes"), "fund"),
        (result.stake_fen + result.match_fen, ("缴存加配套合计", "all stakes and matches"), "fund"),
    )
    shown = [bar for bar in plan.histogram if bar.count]
    reach = max(bar.end_fen for bar in shown)
    reach = max(reach, *(at for at, _, _ in lines if at <= 2 * reach))
    most = max(bar.count for bar in shown)
    scenarios = plan.chances["any"].scenarios
    width = round_width(reach, TICKS)
    return Picture(
        bars=tuple(
            Rect(
                x=bar.start_fen * WIDE // reach,
                wide=max((bar.end_fen - bar.start_fen) * WIDE // reach - 2, 1),
                high=max(bar.count * HIGH // most, 1),
                says=_said(bar.start_fen, bar.end_fen, bar.count, scenarios),
                tone="tail" if bar.start_fen >= plan.quantiles["990000"] else "",
            )
            for bar in shown
        ),
        ticks=tuple(
            Mark(at=at * WIDE // reach, label=wan(at)) for at in range(0, reach + 1, width)
        ),
        marks=tuple(
            Mark(at=at * WIDE // reach, label=label, tone=tone)
            for at, label, tone in lines
            if at <= reach
        ),
        beyond=tuple(
            (f"{label[0]} {wan(at)[0]}", f"{label[1]} {wan(at)[1]}")
            for at, label, _ in lines
            if at > reach
        ),
    )


def chances(result: StressResult) -> Chances:
    """The chance of running dry at five to ten times, with its error, beside the tolerance."""
    assumed = result.assumptions
    plans = [plan for plan in result.plans if plan.leverage]
    found = [plan.chances[assumed.measure] for plan in plans]
    tolerance = assumed.tolerance_ppm / PPM
    most = _ROOM * max(tolerance, *(one.share + 2 * one.error for one in found))
    step = WIDE // len(plans)

    def high(share: float) -> int:
        return round(max(share, 0) * HIGH / most)

    return Chances(
        tolerance=high(tolerance),
        columns=tuple(
            Column(
                leverage=plan.leverage,
                x=number * step + step // 5,
                wide=3 * step // 5,
                high=high(one.share),
                low_end=high(one.share - 2 * one.error),
                high_end=high(one.share + 2 * one.error),
                label=percent(one.share),
                safe=one.below(assumed.tolerance_ppm),
            )
            for number, (plan, one) in enumerate(zip(plans, found, strict=True))
        ),
    )


def verdict(result: StressResult) -> Pair:
    """Whether ten times is safe under these assumptions."""
    assumed = result.assumptions
    ten = next(plan for plan in result.plans if plan.leverage == LEVERAGES[-1])
    chance = ten.chances[assumed.measure]
    zh, en = MEASURED[assumed.measure]
    tolerated = display("percent", assumed.tolerance_ppm)
    safe = chance.below(assumed.tolerance_ppm)
    months, said = assumed.horizon_months, with_error(chance)
    is_zh, is_en = ("安全", "safe") if safe else ("不安全", "not safe")
    told_zh = f"在这些假设下,10 倍{is_zh}:{months} 个月内{zh}被赔光的概率为 {said} 个百分点"
    told_en = f"Under these assumptions ten times is {is_en}: within {months} months {en} run dry"
    return (
        f"{told_zh}(标准误),可容忍 {tolerated}。",
        f"{told_en} with a chance of {said} points (standard error); {tolerated} is tolerated.",
    )


def remedies(result: StressResult, *, match_most_ppm: int) -> list[Pair]:
    """What would make ten times safe, each alone; ``match_most_ppm`` is the document's limit."""
    advice = result.advice
    if advice is None or not advice.match_tried:
        return []
    return [
        _leverage(advice),
        _match(result, advice, match_most_ppm),
        *_cap(result, advice),
    ]


def _leverage(advice: Advice) -> Pair:
    if advice.leverage < 0:
        return (
            f"倍数:{LEVERAGES[0]} 至 {LEVERAGES[-1]} 倍都不安全。",
            f"Leverage: none from {LEVERAGES[0]} to {LEVERAGES[-1]} is safe.",
        )
    return (
        f"倍数:降到 {advice.leverage} 倍即安全。",
        f"Leverage: {advice.leverage} times is safe.",
    )


def _match(result: StressResult, advice: Advice, most_ppm: int) -> Pair:
    if advice.match_ppm < 0 or advice.match_chance is None:
        if result.assumptions.leverage_base == STAKE_AND_MATCH:
            return (
                "配套:基数已含配套,提高配套同时放大额度,多少都不够。",
                "Match: the base holds the match, so more match is more line; none suffices.",
            )
        return (
            "配套:在试算范围内,多少配套都不够。",
            "Match: none within the range that was tried suffices.",
        )
    share, chance = display("percent", advice.match_ppm), with_error(advice.match_chance)
    over = advice.match_ppm > most_ppm
    most = display("percent", most_ppm)
    return (
        f"配套:提高到缴存的 {share} 即安全(此时 {chance})"
        + (f",超出文件上限 {most}。" if over else f",在文件上限 {most} 之内。"),
        f"Match: {share} of the stake makes it safe ({chance} then), "
        + (f"above the document's {most}." if over else f"within the document's {most}."),
    )


def _cap(result: StressResult, advice: Advice) -> list[Pair]:
    if not advice.cap_tried:
        if result.assumptions.growth == LARGER_LOANS:
            return [
                (
                    "单户上限:按“贷款加大”测算时上限不起作用。",
                    "Cap: where loans grow larger, a cap does nothing.",
                )
            ]
        return []
    if advice.cap_fen > 0 and advice.cap_chance is not None:
        cap, chance = show(advice.cap_fen), with_error(advice.cap_chance)
        return [
            (
                f"单户上限:降到 {cap} 元(更多、更小的借款户)即安全(此时 {chance})。",
                f"Cap: {cap} yuan a borrower, with more of them, makes it safe ({chance} then).",
            )
        ]
    tried_zh, tried_en = "降到多低都不够", "none is low enough"
    if low := show(advice.cap_stopped_fen) if advice.cap_stopped_fen else "":
        tried_zh = f"降到 {low} 元仍不够(更低未试算:户数过多)"
        tried_en = f"{low} yuan is not enough (lower ones are too many loans to simulate)"
    return [
        (
            f"单户上限:{tried_zh}。分散只能消去各户自己的运气,消不去全村、全产业的共同风险。",
            f"Cap: {tried_en}. Spreading removes each borrower's own luck, not what they share.",
        )
    ]


def wan(fen: int) -> Pair:
    """An amount short enough for a picture: 万元, thousands of yuan."""
    whole, rest = divmod(fen, _WAN)
    decimals = f"{rest:06d}".rstrip("0")[:2]
    if not fen:
        return ("0", "0")
    return (f"{whole}{'.' if decimals else ''}{decimals} 万", f"{fen // 100_000:,}k")


def _said(start: int, end: int, count: int, scenarios: int) -> Pair:
    share = percent(count / scenarios)
    return (
        f"{show(start)} 至 {show(end)} 元:{count:,} 个场景({share})",
        f"{show(start)} to {show(end)} yuan: {count:,} scenarios ({share})",
    )
