"""The policy loader: exact values of every kind, travel, digest, the release's defaults (1.13)."""

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import data
from kernel import policy_schema
from kernel.errors import InvariantViolation
from kernel.policy import (
    Policy,
    Sources,
    from_json,
    in_force,
    parse,
)
from kernel.policy_kinds import KINDS, display, read

SCHEMA = policy_schema.load(data.kernel_file("policies/default.toml"))


def test_amounts_are_fen_and_rates_are_exact_ppm() -> None:
    policy = data.policy("DEFAULT")
    assert policy.fen("loan.cap") == 20_000_00
    assert policy.ppm("fee.monthly_permille") == 7_000
    assert policy.ppm("recovery.min") == 700_000
    assert policy.ppm("wholesale.max_multiple") == 1_000_000
    assert policy.numbers("level.factors") == (600_000, 700_000, 800_000, 900_000, 1_000_000)
    assert policy.numbers("overdue.steps") == (1, 7, 15, 30, 90)
    assert policy.ranges("provision.days")["loss"] == (361, None)


def test_every_kind_of_accessor_answers() -> None:
    policy = data.policy("NINGXIA")
    assert policy.days("notice.days") == 5
    assert policy.kind("notice.days") == "business_days"
    assert policy.days("revisit.days") == 30
    assert policy.kind("revisit.days") == "days"
    assert policy.months("loan.term_max") == 24
    assert policy.count("pool.leverage") == 5
    assert policy.flag("insurance.required") is True
    assert policy.text("guarantee.mode") == "g5"
    assert policy.text("report.due_annual") == "01-31"
    assert policy.list("pool.v2_grades") == ("A", "B")
    assert policy.day("account.cutover") == date(2017, 12, 31)
    assert policy.table("provision.rates")["substandard"] == 250_000
    assert policy.words("rating.caps")["diversion"] == "D"
    assert policy.get("fee.bank_rate") is None
    assert not policy.has("fee.bank_rate")


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (lambda p: p.fen("loan.capp"), "policy_key_is_known"),
        (lambda p: p.fen("recovery.min"), "policy_key_is_of_this_kind"),
        (lambda p: p.ppm("fee.bank_rate"), "policy_value_was_entered"),
        (lambda p: p.steps("loan.counsel", {}), "signature_set_is_known"),
    ],
)
def test_a_wrong_question_is_a_bug_not_a_default(ask: Any, name: str) -> None:
    with pytest.raises(InvariantViolation) as raised:
        ask(data.policy("DEFAULT"))
    assert raised.value.name == name


def test_overrides_may_be_flat_or_nested_as_toml_reads_them() -> None:
    flat = data.policy("DEFAULT", {"loan.cap": "12345.67", "fee.by_purpose.种植": "6.5"})
    nested = data.policy(
        "DEFAULT", {"loan": {"cap": "12345.67"}, "fee": {"by_purpose": {"种植": "6.5"}}}
    )
    assert flat == nested
    assert flat.fen("loan.cap") == 12_345_67
    assert flat.table("fee.by_purpose") == {"种植": 6_500}
    assert flat.source("loan.cap").startswith("county: L §一(四)")


@given(st.integers(0, 10**12), st.sampled_from([("percent", 4), ("permille", 3), ("factor", 6)]))
def test_a_rate_read_is_the_rate_shown(ppm: int, kind: tuple[str, int]) -> None:
    name, digits = kind
    whole, rest = divmod(ppm % 10**9, 10**digits)
    text = f"{whole}.{rest:0{digits}d}"
    value = read(name, text)
    assert value == ppm % 10**9
    assert read(name, display(name, value)[:-1]) == value


def test_a_policy_travels_as_json_and_comes_back_the_same() -> None:
    policy = data.policy("LINYI", {"loan.cap": "25000"}, starts=date(2017, 3, 20))
    body = json.loads(json.dumps(policy.as_json()))
    back = from_json(body)
    assert back == policy
    assert back.digest() == policy.digest()
    assert back.ranges("provision.days") == policy.ranges("provision.days")
    assert back.steps("loan.council", {"amount": 1}) == policy.steps("loan.council", {"amount": 1})


@pytest.mark.parametrize(
    ("key", "value"),
    [("loan.cap", "2500000"), ("loan.cap", 1.5), ("loan.cap", None), ("purpose.list", "种植")],
)
def test_a_policy_that_changed_its_types_on_the_way_is_refused(key: str, value: object) -> None:
    body = json.loads(json.dumps(data.policy("LINYI").as_json()))
    body["settings"][key][1] = value
    with pytest.raises(msgspec.ValidationError):
        from_json(body)


def test_the_digest_changes_with_any_value_and_not_with_the_order_of_overrides() -> None:
    one = data.policy("DEFAULT", {"loan.cap": "15000", "notice.days": 6})
    same = data.policy("DEFAULT", {"notice.days": 6, "loan.cap": 15000})
    other = data.policy("DEFAULT", {"loan.cap": "15000", "notice.days": 7})
    assert one.digest() == same.digest()
    assert one.digest() != other.digest()
    assert one.digest() != msgspec.structs.replace(one, starts=date(2018, 1, 1)).digest()


def test_a_loan_keeps_the_values_of_its_approval_day() -> None:
    old = data.policy("DEFAULT", {"fee.monthly_permille": "7.0"}, starts=date(2016, 1, 1))
    new = data.policy("DEFAULT", {"fee.monthly_permille": "6.0"}, starts=date(2017, 1, 1))
    versions = [new, old]
    assert in_force(versions, date(2016, 12, 31)) is old
    assert in_force(versions, date(2017, 1, 1)) is new
    with pytest.raises(InvariantViolation):
        in_force(versions, date(2015, 12, 31))


def test_a_profile_is_frozen() -> None:
    policy = data.policy("DEFAULT")
    with pytest.raises(AttributeError):
        policy.profile = "X"  # type: ignore[misc]


def with_default(row: str) -> Policy:
    base = data.sources("DEFAULT")
    text = base.default.decode()
    start = text.index('"loan.cap" =')
    end = text.index("\n", start)
    changed = (text[:start] + row + text[end:]).encode()
    return parse(Sources(default=changed, roles=base.roles, signatures=base.signatures))


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ('"loan.cap" = ["fen", "1", "2..3", "lower", "PD: x", "a", "b"]', "default_is_allowed"),
        ('"loan.cap" = ["fen", "x", "", "lower", "PD: x", "a", "b"]', "default_is_allowed"),
        ('"loan.cap" = ["fen", "1", "1-3", "lower", "PD: x", "a", "b"]', "default_is_allowed"),
        ('"loan.cap" = ["yuan", "1", "", "lower", "PD: x", "a", "b"]', "kind_is_known"),
        ('"loan.cap" = ["fen", "1", "", "down", "PD: x", "a", "b"]', "direction_is_known"),
        ('"loan.cap" = ["fen", "1", "", "lower", "", "a", "b"]', "row_names_its_source"),
        ('"loan.cap" = ["fen", "1"]', "row_has_its_cells"),
    ],
)
def test_a_wrong_row_of_the_defaults_stops_the_release(row: str, name: str) -> None:
    with pytest.raises(InvariantViolation) as raised:
        with_default(row)
    assert raised.value.name.endswith(name)


def test_every_kind_is_used_and_every_default_is_of_its_type() -> None:
    used = {spec.kind.removesuffix("?") for spec in SCHEMA.values()}
    assert used == set(KINDS)
    for spec in SCHEMA.values():
        if spec.value is not None:
            kind = KINDS[spec.kind.removesuffix("?")]
            assert msgspec.convert(spec.value, kind.type) == spec.value
