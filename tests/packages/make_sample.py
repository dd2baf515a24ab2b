"""Writes the sample package that banks are given to try, which is also the golden one.

Beside it the digest of the stand-alone verifier, by which a bank knows the one it was given. Run by
hand after a change of what a package says or looks like, or of the verifier:
``python -m tests.packages.make_sample docs/samples``.
"""

import hashlib
import sys
from pathlib import Path

from services.federation.packages.build import build_package, file_name
from tests.packages import samples
from verifier import bundle

FOLDER = Path(__file__).parents[2] / "docs/samples"


def main(folder: Path) -> None:
    """Write the package and the fingerprint its certificate has."""
    said, keys = samples.a_package(), samples.keys().signing
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file_name(said)).write_bytes(build_package(said, keys, samples.AT))
    (folder / "county-fingerprint.txt").write_text(keys.fingerprint + "\n", encoding="ascii")
    digest = hashlib.sha256(bundle.zipapp()).hexdigest()
    (folder / "lianhe-verify.pyz.sha256").write_text(f"{digest}  lianhe-verify.pyz\n", "ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
