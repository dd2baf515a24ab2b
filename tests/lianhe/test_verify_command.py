"""`lianhe verify` and the stand-alone verifier: one code, three endings, nothing needed."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from lianhe.commands.verify import command
from tests.packages import samples
from tests.packages.make_sample import FOLDER
from verifier import bundle, container, package

ZIP = FOLDER / "guarantee-package-pkg-baiguo-2026-001.zip"
TRUST = (FOLDER / "county-fingerprint.txt").read_text("ascii").strip()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-alone verifier, in a folder of its own."""
    target = tmp_path_factory.mktemp("bank") / "lianhe-verify.pyz"
    done = CliRunner().invoke(command, ["--make-zipapp", str(target)])
    assert done.exit_code == 0, done.output
    return target


def run(alone: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it as a bank would: no packages, no environment, another working directory."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(alone), *map(str, arguments)],
        cwd=alone.parent,
        env={"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_it_is_the_same_bytes_each_time_it_is_made(alone: Path) -> None:
    assert alone.read_bytes() == bundle.zipapp() == bundle.zipapp()
    assert alone.stat().st_size < 200_000


def test_it_proves_the_sample_with_python_alone(alone: Path) -> None:
    spaced = " ".join(TRUST[at : at + 4].upper() for at in range(0, 64, 4))
    for trust in (TRUST, spaced, ":".join(TRUST[at : at + 2] for at in range(0, 64, 2))):
        done = run(alone, ZIP, "--fingerprint", trust)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "全部属实 TRUE" in done.stdout
        assert "60,000.00 元 yuan, 3 户 borrowers" in done.stdout


def test_nobody_named_to_be_trusted_is_said_aloud_and_is_not_a_yes(alone: Path) -> None:
    done = run(alone, ZIP)
    assert done.returncode == 2
    assert "CONSISTENT, SIGNER NOT TRUSTED" in done.stdout
    assert "签名人未经确认" in done.stdout
    assert TRUST[:4].upper() in done.stdout


def test_the_county_certificate_may_be_given_as_a_file(alone: Path, tmp_path: Path) -> None:
    (tmp_path / "county.pem").write_bytes(samples.keys().signing.pem)
    (tmp_path / "other.pem").write_bytes(samples.keys("other").signing.pem)
    assert run(alone, ZIP, "--key", tmp_path / "county.pem").returncode == 0
    done = run(alone, ZIP, "--key", tmp_path / "other.pem")
    assert done.returncode == 1
    assert "[another_key]" in done.stdout


def test_an_altered_package_names_the_first_false_fact_in_both_languages(
    alone: Path, tmp_path: Path
) -> None:
    files = container.unpack(ZIP.read_bytes(), "zip")
    body = bytearray(files[package.EXCEL])
    body[5000] ^= 1
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    assert run(alone, folder, "--fingerprint", TRUST).returncode == 0
    (folder / package.EXCEL).write_bytes(body)
    done = run(alone, folder, "--fingerprint", TRUST)
    assert done.returncode == 1
    assert "不成立 FALSE: borrowers.xlsx" in done.stdout
    assert "文件被改动" in done.stdout
    assert "the file was altered" in done.stdout
    assert "[file_altered]" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [(), ("--fingerprint", "zz"), ("absent.zip",), (str(ZIP), "--fingerprint", "12"),
     (str(ZIP), "--key", "absent.pem"), (__file__,), (str(Path(__file__).parent),)],
)  # fmt: skip
def test_what_cannot_be_judged_ends_with_two(alone: Path, arguments: tuple[str, ...]) -> None:
    done = run(alone, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_command_asks_for_one_thing() -> None:
    for arguments in ([], [str(ZIP), "--make-zipapp", "x"],
                      [str(ZIP), "--key", "a", "--fingerprint", "b"]):  # fmt: skip
        assert CliRunner().invoke(command, arguments).exit_code == 2
    done = CliRunner().invoke(command, [str(ZIP), "--fingerprint", TRUST])
    assert (done.exit_code, "TRUE" in done.output) == (0, True)
