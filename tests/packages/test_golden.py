"""The same content makes the same bytes, on any day and any machine."""

import time_machine

from contracts.codec import decode, encode
from contracts.package import GuaranteePackage
from services.federation.packages.build import build_files, file_name
from services.federation.packages.document import document
from services.federation.packages.workbook import workbook
from tests.packages import samples
from tests.packages.make_sample import FOLDER
from verifier import container, package


def test_the_package_is_the_golden_one_byte_for_byte(files: dict[str, bytes]) -> None:
    golden = container.unpack((FOLDER / file_name(samples.a_package())).read_bytes(), "golden")
    assert list(files) == list(golden) == list(package.FILES)
    again = "run: python -m tests.packages.make_sample docs/samples"
    assert [name for name in files if files[name] != golden[name]] == [], again


def test_the_clock_of_the_machine_changes_no_byte(files: dict[str, bytes]) -> None:
    with time_machine.travel("2031-07-04 12:00:00+00:00", tick=False):
        later = build_files(samples.a_package(), samples.keys().signing, samples.AT)
    assert [name for name in files if files[name] != later[name]] == []


def test_unsigned_pages_and_list_depend_on_what_is_said_alone(files: dict[str, bytes]) -> None:
    said, body = samples.a_package(), files[package.PACKAGE]
    pages = [document(said, body, "0" * 64, samples.AT) for _ in range(2)]
    assert pages[0] == pages[1]
    plain = decode(body, dict)
    assert workbook(plain, said.made_on) == files[package.EXCEL]


def test_the_json_reads_back_as_what_was_said(files: dict[str, bytes]) -> None:
    said = decode(files[package.PACKAGE], GuaranteePackage)
    assert said == samples.a_package()
    assert encode(said) == files[package.PACKAGE]
