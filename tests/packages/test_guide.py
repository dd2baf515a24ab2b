"""The bank's guide is followed word by word: every command in it is run and says what it says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.packages.make_sample import FOLDER
from verifier import bundle, package

GUIDE = (ROOT / "docs/guarantee-package.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, str]]:
    """The commands of the guide in their order, each with what it prints."""
    found: list[tuple[str, str]] = []
    for block in _BLOCK.findall(GUIDE):
        for line in block.splitlines(keepends=True):
            if line.startswith("$ "):
                found.append((line[2:].strip(), ""))
            else:
                command, output = found[-1]
                found[-1] = (command, output + line)
    return found


@pytest.mark.openssl
@pytest.mark.pdfsig
@pytest.mark.libreoffice
def test_a_bank_officer_follows_the_guide_and_sees_what_it_shows(tmp_path: Path) -> None:
    for file in FOLDER.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    (tmp_path / "lianhe-verify.pyz").write_bytes(bundle.zipapp())
    environment = tools_of(tmp_path)
    assert len(steps()) == 13
    for command, said in steps():
        done = subprocess.run(
            shlex.split(command), cwd=tmp_path, env=environment, capture_output=True,
            text=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip
        refused = said.startswith("不成立 FALSE")
        assert done.returncode == (1 if refused else 0), command + done.stdout + done.stderr
        assert said in {"", done.stdout + done.stderr}, command


def tools_of(folder: Path) -> dict[str, str]:
    """`python3` and `unzip` as they stand beside this interpreter, a clock and home of its own."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "unzip").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zipfile -e "$2" "$4"\n')
    (tools / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "TZ": "UTC",
        "PYTHONIOENCODING": "utf-8",
    }


def test_the_guide_names_every_file_and_only_those() -> None:
    told = re.findall(r"^\| `([\w.]+)` \|", GUIDE, re.MULTILINE)
    assert sorted(told) == sorted(package.FILES)
