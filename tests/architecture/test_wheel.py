"""What the code reads beside itself is in the wheel it is installed from."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source import ROOMS, ROOT, all_files

DATA = {
    *(".toml", ".sql", ".xsd", ".html", ".css", ".js", ".lock", ".csv", ".typ", ".svg"),
    *(".json", ".txt"),
}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built here, with the tools of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = Path(folder).glob("lianhe-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_every_room_ships_code_and_data_alike(shipped: set[str]) -> None:
    wanted = {
        str(path)
        for path in all_files()
        if path.parts[0] in ROOMS and path.suffix in {".py", ".typed", *DATA}
    }
    assert {"infra/warden.py", "infra/go_toolchain.lock", "kernel/chart.toml"} <= wanted
    assert wanted - shipped == set()


def test_tests_and_settings_of_developers_do_not_ship(shipped: set[str]) -> None:
    tops = {name.split("/")[0] for name in shipped if ".dist-info/" not in name}
    assert tops == set(ROOMS)
