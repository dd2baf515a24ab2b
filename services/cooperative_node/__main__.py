"""``python -m services.cooperative_node --data DIR --port P``: serve the node files of a folder.

Started by the supervisor, a village's desktop shortcut or a service unit; on loopback unless told
otherwise. Logs no body, no cookie and no name.
"""

from pathlib import Path

import click
import uvicorn

from services.cooperative_node.app import create_app
from services.cooperative_node.host import Host
from services.cooperative_node.ports import real_ports

_IDLE_SECONDS = 30
"""How long an idle connection is kept: longer than clients keep theirs (5), so that none is closed
just as the next request is sent on it."""


@click.command()
@click.option("--data", "folder", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--host", "address", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8210, show_default=True)
def main(folder: Path, address: str, port: int) -> None:
    """Serve every node of a folder until stopped."""
    app = create_app(Host(folder, real_ports()))
    uvicorn.run(
        app, host=address, port=port, log_level="warning", access_log=False,
        timeout_keep_alive=_IDLE_SECONDS,
    )  # fmt: skip


if __name__ == "__main__":
    main()
