"""`lianhe verify`: proves a package, a batch or an export offline; writes the program alone.

Called by people; the same code as ``lianhe-verify.pyz``. Ends with 0 when all is true and signed by
whom it should be, 1 at the first false fact, 2 when it could not be judged or nobody was trusted.
"""

import sys
from pathlib import Path

import click

from verifier.app import verify
from verifier.bundle import zipapp


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--fingerprint", default="", help="县证书指纹 The county certificate's SHA-256.")
@click.option(
    "--key",
    default="",
    help="县证书文件或公钥 The certificate (PEM), or a key, hex (batch, export).",
)
@click.option("--make-zipapp", "target", type=click.Path(path_type=Path, dir_okay=False),
              help="写出独立核验程序 Write the stand-alone verifier to this file.")  # fmt: skip
def command(path: Path | None, fingerprint: str, key: str, target: Path | None) -> None:
    """核验 Verify a guarantee package, a batch or a proven export offline."""
    if (path is None) == (target is None):
        raise click.UsageError("PATH,或 or --make-zipapp FILE")
    if fingerprint and key:
        raise click.UsageError("--fingerprint 与 and --key: 只给一个 give one of them")
    if target is not None:
        target.write_bytes(zipapp())
        click.echo(str(target))
        return
    sys.exit(verify(path or Path(), fingerprint, key))
