"""What must not stand in any file, and what must stand in the tests."""

import re

import pytest

from contracts.rejections import RejectionCode
from tests.architecture.source import python, texts

# Put together here, so that this file does not break its own rule.
_HOSTS = (
    *("py" + "pi.org", "pythonhosted" + ".org", "npmjs" + ".org", "proxy.golang" + ".org"),
    *("crates" + ".io", "maven" + ".org", "debian" + ".org"),
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:wo" + r"rk|fa" + r"rm|ro" + r"ot|ho" + r"me)/[\w.]")
REGISTRY_HOST = re.compile("|".join(map(re.escape, _HOSTS)))


def found(pattern: re.Pattern[str]) -> list[str]:
    """Every line of the repository in which the pattern occurs."""
    return [
        f"{path}:{number}: {line.strip()[:80]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_one_machine() -> None:
    assert found(MACHINE_PATH) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert found(REGISTRY_HOST) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "cp /wo" + "rk/main/x"),
        (MACHINE_PATH, "DIR=/ro" + "ot/.cache"),
        (REGISTRY_HOST, "https://py" + "pi.org/simple"),
    ],
)
def test_a_planted_name_is_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_every_refusal_is_mentioned_by_a_test() -> None:
    tested = "\n".join(source.text for source in python() if source.room == "tests")
    words = set(re.findall(r"\w+", tested))
    assert " ".join(code.name for code in RejectionCode if code.name not in words) == ""
