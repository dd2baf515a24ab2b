"""What must be true inside a package: sums, limits, shares, dates, counted again from its lines.

Called after the form has been checked, so that every field is there and of its kind. The order of
the checks is the order in which a reader would want to be told.
"""

from collections.abc import Callable
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from verifier.falsehood import Falsehood, require

Part = dict[str, Any]
PPM = 1_000_000
_LEVERAGE = (5 * PPM, 10 * PPM)
"""Five to ten times, inclusive (R-083)."""
_BASES = {1: ("deposits",), 2: ("stake", "stake_and_match")}


def check(package: Part) -> None:
    """Raise Falsehood for the first statement of the package that is not true."""
    for one in _CHECKS:
        one(package)


def half_up(numerator: int, denominator: int) -> int:
    """The quotient of two non-negative numbers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def line_limit(agreement: Part, headroom: Part) -> int:
    """The credit line: base × leverage, whole fen; variant 1 also members × cap (R-083, E2)."""
    line: int = headroom["base_fen"] * agreement["leverage_ppm"] // PPM
    usable: int = headroom["pooled_members"] * agreement["loan_cap_fen"]
    return min(line, usable) if agreement["variant"] == 1 else line


def _lines(package: Part) -> None:
    cap, term = package["agreement"]["loan_cap_fen"], package["letter"]["term_months_max"]
    for number, line in enumerate(package["lines"], 1):
        place = f"package.json · lines [{number}]"
        _same(line["line"], number, f"{place} · line", "行序", "the order of the lines")
        _at_most(line["principal_fen"], cap, f"{place} · principal_fen",
                 "单户上限", "the cap per borrower")  # fmt: skip
        _at_most(line["term_months"], term, f"{place} · term_months",
                 "担保函期限", "the letter's longest term")  # fmt: skip


def _borrowers_once(package: Part) -> None:
    _once(package, "guarantee", itemgetter("guarantee"))
    _once(package, "person", itemgetter("person"))
    # Two neighbours may share a name and what is left of an ID number, but not the card as well.
    _once(package, "name, id_masked, card_masked",
          lambda line: f"{line['name']} {line['id_masked']} {line['card_masked']}")  # fmt: skip


def _once(package: Part, what: str, value: Callable[[Part], str]) -> None:
    seen: dict[str, int] = {}
    for line in package["lines"]:
        found = value(line)
        if found in seen:
            place = f"package.json · lines [{line['line']}] · {what}"
            raise Falsehood("twice", place, what=what, value=found, line=seen[found])
        seen[found] = line["line"]


def _letter(package: Part) -> None:
    letter, agreement = package["letter"], package["agreement"]
    total = sum(line["principal_fen"] for line in package["lines"])
    bank = half_up(total * agreement["bank_part_ppm"], PPM)
    place = "package.json · letter · {}".format
    _same(letter["amount_fen"], total, place("amount_fen"), "各行合计", "the sum of the lines")
    _same(letter["bank_part_fen"], bank, place("bank_part_fen"), "银行分担比例", "the bank's share")
    _same(letter["pool_part_fen"], total - bank, place("pool_part_fen"),
          "合计减银行分担", "the sum less the bank's part")  # fmt: skip
    _at_most(letter["term_months_max"], agreement["term_months_max"], place("term_months_max"),
             "协议期限", "the agreement's longest term")  # fmt: skip


def _agreement(package: Part) -> None:
    agreement, place = package["agreement"], "package.json · agreement · {}".format
    low, high = _LEVERAGE
    _at_least(agreement["leverage_ppm"], low, place("leverage_ppm"), "五倍", "five times")
    _at_most(agreement["leverage_ppm"], high, place("leverage_ppm"), "十倍", "ten times")
    variant, base = agreement["variant"], agreement["base"]
    require(base in _BASES[variant], "base_not_of_variant", place("base"),
            variant=variant, base=base)  # fmt: skip
    grade, allowed = package["village"]["grade"], agreement["grades"]
    require(grade in allowed, "grade_not_eligible", "package.json · village · grade",
            grade=grade, allowed=" ".join(allowed))  # fmt: skip


def _capital(package: Part) -> None:
    """The stake and the match are what their receipts say, less what left them since."""
    headroom, agreement = package["headroom"], package["agreement"]
    paid = {}
    for layer in ("stake", "match"):
        paid[layer] = sum(one["amount_fen"] for one in package[f"{layer}_receipts"])
        gone = headroom[f"{layer}_given_back_fen"] + headroom[f"{layer}_called_fen"]
        _same(headroom[f"{layer}_fen"], paid[layer] - gone,
              f"package.json · headroom · {layer}_fen",
              "到账回执减退回减代偿", "receipts less given back less called")  # fmt: skip
    _at_most(paid["match"], half_up(paid["stake"] * agreement["match_ppm"], PPM),
             "package.json · match_receipts", "配套比例", "the agreed match")  # fmt: skip
    base = headroom["stake_fen"]
    if agreement["base"] == "stake_and_match":
        base += headroom["match_fen"]
    _same(headroom["base_fen"], base, "package.json · headroom · base_fen", "授信基数", "the base")


def _headroom(package: Part) -> None:
    headroom, amount = package["headroom"], package["letter"]["amount_fen"]
    own = headroom["cooperative"]
    _same(own["line_fen"], line_limit(package["agreement"], headroom),
          "package.json · headroom · cooperative · line_fen",
          "基数×倍数", "base × leverage")  # fmt: skip
    for scope in ("cooperative", "bank", "county"):
        one, place = headroom[scope], f"package.json · headroom · {scope} · {{}}".format
        used = one["guaranteed_fen"] + one["reserved_fen"]
        _same(one["free_before_fen"], one["line_fen"] - used, place("free_before_fen"),
              "额度减在保减占用", "line less guaranteed less reserved")  # fmt: skip
        _at_most(amount, one["free_before_fen"], place("free_before_fen"),
                 "可用额度", "the free line")  # fmt: skip
        _same(one["free_after_fen"], one["free_before_fen"] - amount, place("free_after_fen"),
              "此前可用减本函金额", "free before less this letter")  # fmt: skip


def _votes(package: Part) -> None:
    for name in ("member_vote", "council_vote"):
        vote, place = package[name], f"package.json · {name} · {{}}".format
        cast = vote["agreed"] + vote["against"] + vote["abstained"]
        _same(
            cast, vote["present"], place("agreed, against, abstained"), "到会人数", "those present"
        )
        _at_most(vote["present"], vote["entitled"], place("present"), "应到人数", "those entitled")
        require(2 * vote["agreed"] > vote["present"], "not_carried", place("agreed"),
                agreed=vote["agreed"], present=vote["present"])  # fmt: skip


def _recovery(package: Part) -> None:
    told, place = package["recovery"], "package.json · recovery · {}".format
    _at_most(told["own_repaid_fen"], told["own_due_fen"], place("own_repaid_fen"),
             "已到期", "what fell due")  # fmt: skip
    _at_most(told["guaranteed_repaid_fen"], told["guaranteed_paid_out_fen"],
             place("guaranteed_repaid_fen"), "已发放", "what was paid out")  # fmt: skip
    _at_most(told["claims_recovered_fen"], told["claims_paid_fen"],
             place("claims_recovered_fen"), "已代偿", "claims paid")  # fmt: skip
    due = told["own_due_fen"]
    rate = half_up(told["own_repaid_fen"] * PPM, due) if due else PPM
    _same(told["recovery_ppm"], rate, place("recovery_ppm"), "已收÷到期", "repaid ÷ due")
    net = told["claims_paid_fen"] - told["claims_recovered_fen"]
    paid_out = told["guaranteed_paid_out_fen"]
    claims = net * PPM // paid_out if paid_out else 0
    _same(told["claim_ppm"], claims, place("claim_ppm"), "净代偿÷发放", "net claims ÷ paid out")
    _at_most(claims, package["agreement"]["stop_rate_ppm"], place("claim_ppm"),
             "停办线", "the stop rate")  # fmt: skip


def _dates(package: Part) -> None:
    letter, agreement = package["letter"], package["agreement"]
    made, issued = _day(package["made_on"]), _day(letter["issued_on"])
    place = "package.json · letter · {}".format
    reported = _day(letter["valid_until"]) + timedelta(days=letter["grace_days"])
    _same(letter["report_until"], reported.isoformat(), place("report_until"),
          "有效期加宽限", "validity plus grace")  # fmt: skip
    _not_after(letter["issued_on"], letter["valid_until"], place("issued_on"), "有效期", "validity")
    _not_after(letter["issued_on"], package["made_on"], place("issued_on"), "成文日", "its making")
    _not_after(package["made_on"], letter["valid_until"], "package.json · made_on",
               "有效期", "validity")  # fmt: skip
    _not_after(agreement["signed_on"], issued.isoformat(),
               "package.json · agreement · signed_on", "出函日", "the letter")  # fmt: skip
    for where, said in _said_days(package):
        _not_after(said, made.isoformat(), f"package.json · {where}", "成文日", "its making")


def _said_days(package: Part) -> list[tuple[str, str]]:
    days = [("village · registered_on", package["village"]["registered_on"])]
    days += [(f"{name} · as_of", package[name]["as_of"]) for name in ("headroom", "recovery")]
    days += [
        (f"{name} · held_on", package[name]["held_on"]) for name in ("member_vote", "council_vote")
    ]
    for name, field in (
        ("stake_receipts", "booked_on"),
        ("match_receipts", "booked_on"),
        ("signers", "signed_on"),
    ):
        days += [(f"{name} [{n}] · {field}", one[field]) for n, one in enumerate(package[name], 1)]
    return days


def _notices(package: Part) -> None:
    issued, days = package["letter"]["issued_on"], package["agreement"]["notice_days"]
    for line in package["lines"]:
        notice, place = line["notice"], f"package.json · lines [{line['line']}] · notice · {{}}"
        _not_after(notice["until"], issued, place.format("until"), "出函日", "the letter")
        first = (_day(notice["posted_on"]) + timedelta(days=days)).isoformat()
        require(notice["until"] >= first, "too_early", place.format("until"),
                said=notice["until"], limit=first,
                because=f"公示满 {days} 天", because_en=f"{days} days of notice")  # fmt: skip
        _at_most(notice["objections"], 0, place.format("objections"),
                 "未答复异议", "objections open")  # fmt: skip


def _same(said: Any, true: Any, place: str, because: str, because_en: str) -> None:
    require(said == true, "differs", place, said=said, true=true,
            because=because, because_en=because_en)  # fmt: skip


def _at_most(said: int, limit: int, place: str, because: str, because_en: str) -> None:
    require(said <= limit, "above", place, said=said, limit=limit,
            because=because, because_en=because_en)  # fmt: skip


def _at_least(said: int, limit: int, place: str, because: str, because_en: str) -> None:
    require(said >= limit, "below", place, said=said, limit=limit,
            because=because, because_en=because_en)  # fmt: skip


def _not_after(said: str, limit: str, place: str, because: str, because_en: str) -> None:
    require(said <= limit, "too_late", place, said=said, limit=limit,
            because=because, because_en=because_en)  # fmt: skip


def _day(text: str) -> date:
    return date.fromisoformat(text)


_CHECKS: tuple[Callable[[Part], None], ...] = (
    _lines,
    _borrowers_once,
    _letter,
    _agreement,
    _capital,
    _headroom,
    _votes,
    _recovery,
    _dates,
    _notices,
)
