"""Who defaults together: a Gaussian copula with a county, a village and an industry factor.

Called by stress, block by block. A borrower's luck is
√c·county + √v·village + √i·industry + √(1−c−v−i)·his own, all standard normal; he defaults when
it falls below the threshold of his chance of default. Two loans of one village and one industry
so correlate by c+v+i, of one village by c+v, strangers by c. Decides nothing about money.
"""

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import msgspec
import numpy as np
import numpy.typing as npt

from contracts.money import PPM
from services.federation.insight.model import Assumptions

Normals = npt.NDArray[np.float32]
BLOCK = 8192
"""Scenarios of one block: the unit of seeding, small enough for a core's cache."""
_COMMON, _OWN, _GUARANTORS = range(3)


class Weights(msgspec.Struct, frozen=True):
    """How much of each factor is in a borrower's luck; their squares sum to 1."""

    county: float
    village: float
    industry: float
    own: float


def weights(assumed: Assumptions) -> Weights:
    """The factor weights of these assumptions; shares above 1 in sum are the form's to refuse."""
    shared = (assumed.county_share_ppm, assumed.village_share_ppm, assumed.industry_share_ppm)
    parts = (*shared, max(PPM - sum(shared), 0))
    return Weights(*(float(np.sqrt(part / PPM)) for part in parts))


def threshold(chance: float) -> float:
    """The luck below which a borrower of this chance of default defaults."""
    if chance <= 0:
        return -np.inf
    return np.inf if chance >= 1 else NormalDist().inv_cdf(chance)


class Block:
    """The random numbers of one block: the same for every leverage, match and cap compared.

    Every village has streams of its own, so that a longer list of loans in one changes nobody
    else's luck, and the first loans of the longer list keep theirs.
    """

    def __init__(
        self, seed: int, number: int, villages: int, industries: int, mix: Weights
    ) -> None:
        self.seed, self.number, self.mix = seed, number, mix
        common = self._stream(_COMMON, 0)
        county = common.standard_normal(BLOCK, np.float32)
        self.industry = common.standard_normal((industries, BLOCK), np.float32)
        self.industry *= np.float32(mix.industry)
        self.county = county * np.float32(mix.county)
        self._village = common.standard_normal((villages, BLOCK), np.float32)
        self._village *= np.float32(mix.village)

    def bounds(
        self, village: int, kinds: Mapping[tuple[int, int], float]
    ) -> dict[tuple[int, int], Normals]:
        """How low a borrower's own luck must be, for every (industry, class) of a village."""
        shared = self.county + self._village[village]
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                kind: (np.float32(limit) - shared - self.industry[kind[0]])
                / np.float32(self.mix.own)
                for kind, limit in kinds.items()
            }

    def own_luck(self, village: int) -> np.random.Generator:
        """The stream of a village's borrowers, one row of BLOCK normals a loan."""
        return self._stream(_OWN, village)

    def guarantors(self, village: int) -> np.random.Generator:
        """The stream of what guarantors pay, apart so that it never moves a default."""
        return self._stream(_GUARANTORS, village)

    def _stream(self, use: int, village: int) -> np.random.Generator:
        key: Sequence[int] = (self.number, use, village)
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key))
        )
