"""Let Temporal's own SDK download the dev server's program into a folder, by starting it once.

Run as a program by infra/temporal_binary.py (`python -m infra.temporal_fetch FOLDER VERSION`),
which watches the folder and ends this process when nothing arrives: many sites have no way out
to the internet. Exit code 0 means that the program lies in the folder and has started.
"""

import asyncio
import sys

from temporalio.testing import WorkflowEnvironment


async def fetch(folder: str, version: str) -> None:
    """Download ``version`` into ``folder`` and start it once. Raises RuntimeError."""
    server = await WorkflowEnvironment.start_local(
        download_dest_dir=folder, dev_server_download_version=version
    )
    await server.shutdown()


if __name__ == "__main__":
    asyncio.run(fetch(sys.argv[1], sys.argv[2]))
