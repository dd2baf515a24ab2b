"""A policy parameter is read by a rule, a row or a page, or says which process will read it."""

import re

import pytest

from journal import data
from kernel import policy_schema
from tests.architecture.source import texts

_READERS = re.compile(r"(kernel|journal|services|workflows|infra|lianhe)/.*\.(py|toml|html)")
_SAYERS = re.compile(r"kernel/policies/(?!signatures)|infra/counties/")
_BUILT = {
    "guarantee.g3_households": "guarantee.{mode}_households",
    "guarantee.g5_households": "guarantee.{mode}_households",
    "pool.v1_grades": "pool.{facts.variant}_grades",
}
"""Keys whose reader puts them together, and how they stand there."""
SCHEMA = policy_schema.load(data.kernel_file("policies/default.toml"))


def readers() -> str:
    """All product text in which a key would stand where it is read."""
    return "\n".join(
        text
        for path, text in texts()
        if _READERS.fullmatch(str(path)) and not _SAYERS.match(str(path))
    )


@pytest.mark.parametrize("waiting", [False, True])
def test_a_parameter_is_read_or_says_what_will_read_it(waiting: bool) -> None:
    text = readers()
    assert len(text) > 1_000_000, "the product was looked at"
    keys = [key for key, spec in SCHEMA.items() if bool(spec.waits) is waiting]
    assert len(keys) > 40
    assert [key for key in keys if (_BUILT.get(key, key) in text) is waiting] == []
