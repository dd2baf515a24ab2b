"""The bank's guide is followed word by word: every command in it is run and says what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.packages.make_sample import FOLDER
from verifier import package

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
def test_a_bank_officer_follows_the_guide_and_sees_what_it_shows(tmp_path: Path) -> None:
    for file in FOLDER.iterdir():
        shutil.copy(file, tmp_path)
    # `python`, `lianhe` and `unzip` as they stand beside this interpreter.
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "unzip").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zipfile -e "$2" .\n')
    (tools / "lianhe").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lianhe "$@"\n')
    (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
    }
    assert len(steps()) == 7
    printed = ""
    for command, said in steps():
        done = subprocess.run(
            command.split(), cwd=tmp_path, env=environment, capture_output=True,
            text=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, command + done.stdout + done.stderr
        printed = done.stdout + done.stderr
        assert said in {"", printed}, command
    digests = printed.split()[::2]
    manifest = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    assert len(digests) == 6
    assert all(digest in manifest for digest in digests)


def test_the_guide_names_every_file_and_only_those() -> None:
    told = re.findall(r"^\| `([\w.]+)` \|", GUIDE, re.MULTILINE)
    assert sorted(told) == sorted(package.FILES)
