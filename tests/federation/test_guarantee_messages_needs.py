"""What a machine lacks is left out aloud, and no other bytes are taken than those locked."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import iso20022_java

ROOT = Path(__file__).parents[2]
TESTS = "tests/federation/test_guarantee_messages_schemas.py"


def test_tests_without_their_schemas_are_counted_aloud(tmp_path: Path) -> None:
    """By a main process that leaves the collecting to its workers, as `make test` runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "1", TESTS],
        env={**os.environ, "LIANHE_ISO20022": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("NOT RUN: ")]
    assert said.endswith(f" tests: no ISO 20022 schemas in {tmp_path}; "
                         "name their folder by LIANHE_ISO20022")  # fmt: skip
    assert int(said.split()[2]) > 30


def test_java_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert iso20022_java.missing({"PATH": str(tmp_path)}).startswith("no java; ")
    for name in ("java", "javac"):
        (tmp_path / name).touch(mode=0o755)
    settings = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    assert "make test" in iso20022_java.missing(settings)
    assert iso20022_java.fetch(settings) == "not fetched: no Maven (mvn) on this machine"


def test_a_jar_of_other_bytes_is_not_taken(tmp_path: Path) -> None:
    lock = (iso20022_java.FOLDER / "jars.lock").read_text(encoding="ascii")
    names = sorted(line.split()[1] for line in lock.splitlines())
    assert iso20022_java.wrong_jars(tmp_path) == names
    (tmp_path / "more.jar").write_bytes(b"PK")
    (tmp_path / names[0]).write_bytes(b"PK")
    assert iso20022_java.wrong_jars(tmp_path) == sorted([*names, "more.jar"])


def test_jars_that_maven_brings_are_held_to_the_lock(tmp_path: Path) -> None:
    maven = tmp_path / "mvn"
    maven.write_text(
        "#!/bin/sh\nfor word; do\n"
        'case "$word" in -DoutputDirectory=*) to="${word#*=}";; esac\ndone\n'
        'mkdir -p "$to" && echo PK > "$to/gson-2.14.0.jar"\n'
    )
    maven.chmod(0o755)
    settings = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path)}
    said = iso20022_java.fetch(settings)
    assert said.startswith("not taken, other bytes than locked: ")
    assert "gson-2.14.0.jar" in said
    assert list((tmp_path / "lianhe").iterdir()) == []
