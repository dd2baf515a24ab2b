"""Facts of what a village says on a case whose home is the county (process ``voice``).

Written in N(i) by council, supervisors or meeting; performed at home by the county when it reads
the batch (decision 0030). Amounts are fen.
"""

import msgspec

from contracts.facts import Facts


class VoiceSay(Facts, frozen=True):
    """What is said: ``act`` on county case ``for``.

    ``terms`` is the digest of the terms that were shown and are signed (I14); ``amount`` goes
    with a wish to repay.
    """

    about: str = msgspec.field(name="for")
    process: str
    act: str
    votes: dict[str, str] = {}  # noqa: RUF012 - msgspec copies an empty default
    minutes: str = ""
    terms: str = ""
    amount: int = 0


FACTS: dict[tuple[str, str], type[Facts]] = {("voice", "say"): VoiceSay}
