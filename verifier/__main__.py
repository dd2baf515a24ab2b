"""Run the verifier: ``python -m verifier PATH`` or ``python lianhe-verify.pyz PATH``."""

import sys

from verifier.app import main

if __name__ == "__main__":
    sys.exit(main())
