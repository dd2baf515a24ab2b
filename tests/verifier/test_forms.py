"""Strict readers: the schema is the types', JSON and DER have one form each, texts are complete."""

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import encode
from contracts.package import GuaranteePackage
from infra.package_schema import schemas
from tests.architecture.source import ROOT
from tests.packages import samples
from tests.support.json_places import places, put
from verifier import form, strict_json
from verifier.der import INTEGER, SEQUENCE, Reader, tlv
from verifier.falsehood import Falsehood
from verifier.texts import TEXTS

SOURCES = {path.name: path.read_text("utf-8") for path in (ROOT / "verifier").glob("*.py")}
PLAIN: dict[str, Any] = json.loads(encode(samples.a_package()))


def test_the_schemas_that_ship_are_those_of_the_types() -> None:
    folder = ROOT / "verifier/schemas"
    shipped = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert shipped == schemas(), "run: python -m infra.package_schema verifier/schemas"


def test_the_verifier_imports_nothing_but_python_itself() -> None:
    allowed = {*sys.stdlib_module_names, "verifier"}
    used = {
        name.partition(".")[0]
        for node in (node for text in SOURCES.values() for node in ast.walk(ast.parse(text)))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert len(SOURCES) > 10
    assert used - allowed == set()


def test_every_false_fact_is_raised_somewhere_and_has_both_texts() -> None:
    text = "\n".join(text for name, text in SOURCES.items() if name != "texts.py")
    assert [name for name in TEXTS if f'"{name}"' not in text] == []
    for zh, en in TEXTS.values():
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert not re.search(r"[\u4e00-\u9fff]", en)
        holes = [set(re.findall(r"\{(\w+)\}", one)) for one in (zh, en)]
        assert {hole.removesuffix("_en") for hole in holes[1]} == holes[0]


@given(
    path=st.sampled_from(places(PLAIN)),
    new=st.one_of(
        st.none(), st.booleans(), st.integers(-2, 2**60),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=12), st.sampled_from(["2026-02-30", "2026-1-1", "A", "2026-03-01"]),
        st.just([]), st.just({}), st.just({"extra": 1}),
    ),
)  # fmt: skip
def test_the_verifier_and_the_types_refuse_the_same_values(
    path: tuple[str | int, ...], new: object
) -> None:
    body = json.dumps(put(PLAIN, path, new)).encode()
    try:
        msgspec.json.decode(body, type=GuaranteePackage)
        expected = True
    except msgspec.DecodeError:
        expected = False
    try:
        form.check(strict_json.read(body, "x"), "package", "x")
        found = True
    except Falsehood:
        found = False
    # A whole float is an integer to msgspec, and never stands in what it writes.
    if not isinstance(new, float):
        assert found == expected
    else:
        assert not found


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a":1,"a":2}', b'{"a":1.0}', b'{"a":1e2}', b'{"a":NaN}', b'{"a":Infinity}',
     b"\xff", b"[" * 100_000, b"1" * 5000, b'{"a":1}x', b'"\x01"'],
)  # fmt: skip
def test_json_of_another_form_is_a_false_fact(body: bytes) -> None:
    with pytest.raises(Falsehood, match=r"^p: ") as caught:
        strict_json.read(body, "p")
    assert caught.value.name == "not_json"


def test_spans_are_the_bytes_that_stand_there() -> None:
    body = '{"a":[1,{"b":"],}"}],"c":"中\\"","d":{}}'.encode()
    assert strict_json.spans(body, "x") == {
        "a": b'[1,{"b":"],}"}]', "c": '"中\\""'.encode(), "d": b"{}",
    }  # fmt: skip
    assert strict_json.items(b'[1,{"b":"],}"},[]]', "x") == [b"1", b'{"b":"],}"}', b"[]"]
    for false in (b'{"a":1,}', b'{"a":1 }', b'{"a":1}}', b"{1:2}", b'{"a":1,"a":1}', b"[]"):
        with pytest.raises(Falsehood):
            strict_json.spans(false, "x")
    for false in (b"[1,]", b"[1 ]", b"[1]]", b"{}", b"["):
        with pytest.raises(Falsehood):
            strict_json.items(false, "x")


@given(number=st.integers(0, 2**300))
def test_der_reads_what_it_writes(number: int) -> None:
    content = number.to_bytes(number.bit_length() // 8 + 1, "big")
    reader = Reader(tlv(SEQUENCE, tlv(INTEGER, content)), "x").enter(SEQUENCE)
    assert reader.integer() == number
    reader.end()


@pytest.mark.parametrize(
    "body",
    ["", "02", "0200", "020200ff00", "02020001", "0201ff", "028101ff", "0280", "02850100000000",
     "0202ff", "300102"],
)  # fmt: skip
def test_der_of_another_form_is_a_false_fact(body: str) -> None:
    with pytest.raises(Falsehood):
        only_integer(bytes.fromhex(body))


def only_integer(body: bytes) -> int:
    """The number that is all of these bytes."""
    reader = Reader(body, "x")
    number = reader.integer()
    reader.end()
    return number


def test_the_schema_folder_ships_in_the_wheel() -> None:
    assert (Path(form.__file__).parent / "schemas/package.schema.json").is_file()
