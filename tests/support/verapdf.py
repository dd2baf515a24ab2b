"""veraPDF, the open PDF/A validator, from Maven Central: fetched once, checked by hash.

`make test` runs it as a program (`python -m tests.support.verapdf`) before pytest, so that no test
downloads anything. The jar lies in the project's cache folder; which registry or mirror serves it
is Maven's own setting. Where it cannot be had the tests that need it are left out and counted
aloud (tests/support/needs.py).
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

VERSION = "1.28.2"
_SHA256 = "687d4d8bcfec48c9f7e931cf78ed061f1eeccfba55d4cdc000ba9b4d8aa46ce6"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
_FETCH_SECONDS = 300


def jar(settings: Mapping[str, str]) -> Path:
    """Where the jar lies, or will lie."""
    return cache_folder(settings) / f"verapdf-{VERSION}.jar"


def missing(settings: Mapping[str, str]) -> str:
    """Why it cannot be used here, empty when it can."""
    if shutil.which("java", path=settings.get("PATH")) is None:
        return "no java; install a Java runtime"
    if not jar(settings).is_file():
        return "veraPDF is not in the cache; run `make test` where Maven can fetch it"
    return ""


def validate(file: Path, flavour: str) -> str:
    """What veraPDF says of a file: one line beginning with PASS or FAIL."""
    done = subprocess.run(
        ["java", "-cp", str(jar(os.environ)), _MAIN, "-f", flavour, "--format", "text", str(file)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip()


def fetch(settings: Mapping[str, str]) -> str:
    """Have Maven bring the jar into the cache; gives a sentence of what came of it."""
    kept = jar(settings)
    if kept.is_file():
        return f"veraPDF: ready, kept at {kept}"
    if shutil.which("mvn", path=settings.get("PATH")) is None:
        return "veraPDF: not fetched, no Maven (mvn) on this machine"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="maven-", dir=kept.parent) as work:
        done = subprocess.run(
            [
                *("mvn", "--batch-mode", "--quiet", "--strict-checksums", _COPY),
                f"-Dartifact=org.verapdf.apps:greenfield-apps:{VERSION}",
                *(f"-DoutputDirectory={work}", f"-Dmaven.repo.local={work}/repository"),
            ],
            cwd=work,
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
        )
        made = Path(work) / f"greenfield-apps-{VERSION}.jar"
        if done.returncode or not made.is_file():
            return f"veraPDF: not fetched, {(done.stdout + done.stderr).strip()[-300:]}"
        if hashlib.sha256(made.read_bytes()).hexdigest() != _SHA256:
            return "veraPDF: not taken, other bytes than locked"
        made.replace(kept)
    return f"veraPDF: fetched, kept at {kept}"


if __name__ == "__main__":
    sys.stdout.write(fetch(os.environ) + "\n")
