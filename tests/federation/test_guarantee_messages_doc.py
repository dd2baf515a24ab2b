"""docs/guarantee-messages.md says what the code does, element by element."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from services.federation.guarantee_messages.exchange import FROM_BANK
from services.federation.guarantee_messages.forms import ENCLOSURE_MAX, MASK_SHOWS_MAX, Code
from services.federation.guarantee_messages.layout import Branch, Fixed, Leaf, Part, Passed
from services.federation.guarantee_messages.layouts import LAYOUTS, GuaranteeKind
from services.federation.guarantee_messages.messages import EndReason
from tests.federation.guarantee_builders import GOLDEN

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/guarantee-messages.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)` \| (.+?) \| (必填|可无) \|", re.MULTILINE)


def rows(
    parts: tuple[Part, ...], above: str = "", owner: str = "", *, needed: bool = True
) -> Iterator[tuple[str, str, str]]:
    """Element, what it says, whether it must stand: as the tables of the document give them."""
    for part in parts:
        path, must = f"{above}{part.name}", needed and part.least > 0
        if isinstance(part, Branch):
            many = "[]" if part.most > 1 else ""
            below = f"{owner}{part.attr}{many}." if part.makes else owner
            yield from rows(part.parts, f"{path}/", below, needed=must)
        elif isinstance(part, Fixed):
            yield path, f"= {part.value}", "必填" if must else "可无"
        elif not isinstance(part, Passed):
            many = "[]" if isinstance(part, Leaf) and part.most > 1 else ""
            yield path, f"`{owner}{part.attr}{many}`", "必填" if must else "可无"


def table(kind: GuaranteeKind) -> list[tuple[str, str, str]]:
    """The rows of the document's section of a kind."""
    section = DOCUMENT.split(f"\n## {kind.value}", 1)[1].split("\n## ", 1)[0]
    return [(path, said, must) for path, said, must in ROW.findall(section)]


@pytest.mark.parametrize("kind", GuaranteeKind)
def test_every_element_is_in_the_table_of_its_message_in_order(kind: GuaranteeKind) -> None:
    (message,) = LAYOUTS[kind].parts
    assert isinstance(message, Branch)
    (details,) = message.parts
    assert isinstance(details, Branch)
    assert f"`{message.name}/{details.name}`" in DOCUMENT
    assert table(kind) == list(rows(details.parts))


def test_every_code_golden_file_and_limit_is_named() -> None:
    words = {word for layout in LAYOUTS.values() for word in codes(layout.parts)}
    assert {word for word in words if f"`{word}`" not in DOCUMENT} == set()
    assert len(words) > len(EndReason)
    names = {path.name for path in GOLDEN.glob("*.xml")}
    assert {name for name in names if name not in DOCUMENT} == set()
    assert f"{ENCLOSURE_MAX // 2**20} MiB" in DOCUMENT
    assert f"at most {MASK_SHOWS_MAX} characters" in DOCUMENT
    assert all(f"| {kind.value} | bank → county" in DOCUMENT for kind in FROM_BANK[:2])


def codes(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Branch):
            yield from codes(part.parts)
        elif isinstance(part, Leaf) and isinstance(part.form, Code):
            yield from part.form.words.values()


def test_a_row_left_out_of_a_table_is_seen() -> None:
    planted = (*LAYOUTS[GuaranteeKind.DEMAND].parts, Fixed("Planted", "X"))
    layout = msgspec.structs.replace(LAYOUTS[GuaranteeKind.DEMAND], parts=planted)
    assert list(rows(layout.parts))[-1] == ("Planted", "= X", "必填")
