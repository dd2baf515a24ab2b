"""The command line `lianhe`: a list of names, each imported only when it is called.

Called by people, the Makefile and scripts. A command is a module of `lianhe/commands` that holds
a click command named `command`; a name whose module does not exist is not listed. Nothing is
imported here that a `lianhe --help` or a village computer would have to wait for.
"""

import importlib
import importlib.util
import io
import sys

import click

# Order of the help page; the summary stands here so that the page needs no import.
_COMMANDS = {
    "demo": "演示 Play a county's life on real input, with proofs.",
    "county": "县目录 Check a county's input directory.",
    "federation": "联合社 Set up and run the county federation.",
    "node": "互助社 Set up and run a village node.",
    "verify": "核验 Verify a package, a batch or an export offline.",
    "message": "报文 Read and write ISO 20022 guarantee messages.",
    "export": "导出 Export books from a kept data directory.",
    "simulate": "模拟 Run the seeded county simulation.",
}


class LazyGroup(click.Group):
    """A click group whose commands are modules, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the names whose modules are there."""
        return [name for name in _COMMANDS if _module_exists(name)]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's signature)
        cmd_name: str,
    ) -> click.Command | None:
        """Import the module of a command and return what it calls `command`."""
        if cmd_name not in _COMMANDS or not _module_exists(cmd_name):
            return None
        command: click.Command = importlib.import_module(_module(cmd_name)).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        if names := self.list_commands(ctx):
            with formatter.section("Commands 命令"):
                formatter.write_dl([(name, _COMMANDS[name]) for name in names])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lianhe")
def lianhe() -> None:
    """联合 Lianhe: clearing service of a county union of village mutual-aid cooperatives."""


def main() -> None:
    """Run the command line of this process; the entry point of the package."""
    # A terminal that cannot show Chinese shows question marks; it must not end the night.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    lianhe()


def _module(name: str) -> str:
    return f"lianhe.commands.{name}"


def _module_exists(name: str) -> bool:
    return importlib.util.find_spec(_module(name)) is not None


if __name__ == "__main__":
    main()
