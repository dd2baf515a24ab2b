"""`lianhe demo`: a county's life on real input, through every real component.

Without a county named it plays the main job, Wen County, and beside it the risk pool's county.
Exit 0 only if every published figure and every proof holds; 1 if one does not; 2 if the county
directory has errors (see `lianhe county check`).
"""

import sys
from pathlib import Path

import click
from rich.console import Console

from infra.county_directory import CountyErrors
from infra.demonstration.beside import beside
from infra.demonstration.run import Wanted, demonstrate, write_summary

MAIN, POOL = "wenxian", "ningxia-pool"
"""What is played when no county is named."""


@click.command()
@click.option(
    "--county", help="县 A built-in county, or a directory. [wenxian, and ningxia-pool beside it]"
)
@click.option(
    "--days", type=click.IntRange(1), help="只演前几个业务日 Stop after N business dates."
)
@click.option("--serve", is_flag=True, help="演完后保持运行 Keep running for the console.")
@click.option("--open", "browse", is_flag=True, help="打开浏览器 Open the browser, with --serve.")
@click.option("--summary", type=click.Path(path_type=Path, dir_okay=False),
              help="结果写入 JSON Write the result as JSON.")  # fmt: skip
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False),
              help="保留数据目录 Leave the data directory here.")  # fmt: skip
def command(
    county: str | None,
    days: int | None,
    summary: Path | None,
    keep: Path | None,
    *,
    serve: bool,
    browse: bool,
) -> None:
    """演示一个县 Play a county's life and prove it."""
    wanted = Wanted(
        county=county or MAIN, days=days, serve=serve, browse=browse, summary=summary, keep=keep
    )
    console, code = Console(log_path=False, soft_wrap=True), 0
    try:
        if county is None and not serve and days is None:
            with beside(POOL, keep / POOL if keep else None, console) as other:
                found = demonstrate(wanted, console)
                code, pool = other.finish()
            if summary is not None:
                write_summary(summary, {**found.as_json(), "pool_county": pool})
        else:
            found = demonstrate(wanted, console)
        code = code if found.holds else 1
    except CountyErrors as refused:
        for problem in refused.problems:
            console.print(str(problem))
        code = 2
    sys.exit(code)
