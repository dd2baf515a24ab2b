"""An ISO 20022 library of another language, from Maven Central: fetched once, checked by hash.

`make test` runs it as a program (`python -m tests.support.iso20022_java`) before pytest, so that no
test downloads anything. What to ask for is tests/federation/iso20022_java/pom.xml, which bytes are
taken is jars.lock beside it. The jars lie in the project's cache folder; which registry or mirror
serves them is Maven's own setting. Without Java or Maven it says so and ends well: the tests that
need it are then left out and counted aloud (tests/support/needs.py).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.temporal_binary import cache_folder

FOLDER = Path(__file__).parents[1] / "federation/iso20022_java"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_FETCH_SECONDS = 540


def environ() -> Mapping[str, str]:
    """The settings of this process."""
    return os.environ


def jars_folder(settings: Mapping[str, str]) -> Path:
    """Where the jars of this lock lie, or will lie."""
    version = hashlib.sha256((FOLDER / "jars.lock").read_bytes()).hexdigest()[:12]
    return cache_folder(settings) / f"iso20022-jars-{version}"


def missing(settings: Mapping[str, str]) -> str:
    """Why the library cannot be used here, empty when it can."""
    for program in ("java", "javac"):
        if shutil.which(program, path=settings.get("PATH")) is None:
            return f"no {program}; install a Java development kit (17 or newer)"
    if not jars_folder(settings).is_dir():
        return "the Java library is not in the cache; run `make test` where Maven can fetch it"
    return ""


def wrong_jars(folder: Path) -> list[str]:
    """Names of jars that are absent, different or not in the lock."""
    lines = (FOLDER / "jars.lock").read_text(encoding="ascii").split("\n")
    locked = {name: digest for digest, name in (line.split() for line in lines if line)}
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
    return sorted({name for name, _ in locked.items() ^ found.items()})


def fetch(settings: Mapping[str, str]) -> str:
    """Have Maven bring the jars into the cache; gives a sentence of what came of it."""
    kept = jars_folder(settings)
    if kept.is_dir():
        return f"ready, kept at {kept}"
    if shutil.which("mvn", path=settings.get("PATH")) is None:
        return "not fetched: no Maven (mvn) on this machine"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="maven-", dir=kept.parent) as work:
        made = Path(work) / "jars"
        if why := _copy_jars(Path(work), made, settings):
            return f"not fetched: {why}"
        if wrong := wrong_jars(made):
            return f"not taken, other bytes than locked: {' '.join(wrong)}"
        try:
            made.rename(kept)
        except OSError:  # another process was first; its jars passed the same lock
            return f"ready, kept at {kept}"
    return f"fetched, kept at {kept}"


def _copy_jars(work: Path, made: Path, settings: Mapping[str, str]) -> str:
    command = [
        *("mvn", "--batch-mode", "--quiet", "--strict-checksums"),
        *("--file", str(FOLDER / "pom.xml"), _COPY, "-DincludeScope=runtime"),
        *(f"-DoutputDirectory={made}", f"-Dmaven.repo.local={work / 'repository'}"),
    ]
    try:
        done = subprocess.run(
            command,
            env=dict(settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"Maven was not done after {_FETCH_SECONDS} seconds"
    if done.returncode == 0:
        return ""
    said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
    return said[0][:300] if said else f"Maven ended with {done.returncode}"


if __name__ == "__main__":
    sys.stdout.write(f"ISO 20022 library in Java: {fetch(environ())}\n")
