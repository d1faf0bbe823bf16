"""The generator's part in the joined likelihood, by expectation and maximisation.

The likelihood of a reply is K + G p, where K is what memory and prior give it with the example
left out, and G the weight of the generator, which gives it p. Its gradient is that of log p times
the generator's responsibility G p / (K + G p): what is remembered anyway need not be learnt by
heart. p is that of the last time the example was seen (Neal and Hinton 1998 show that such stale
expectations still climb the likelihood).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Joint:
    """Responsibilities of N examples: `known_N` is log K, `left_N` is log G, `nats_N` is -log p.

    An example never counts less than `floor`: the generator also learns the language from what is
    remembered.
    """

    def __init__(self, known_N: Floats, left_N: Floats, nats_N: Floats, floor: float):
        self._known_N = known_N
        self._left_N = left_N
        self.nats_N = nats_N
        self._floor = floor

    def with_arrays(self, changed: Callable[[bytes], bytes]) -> Joint:
        """The same, of arrays whose bytes were `changed`."""
        arrays = (self._known_N, self._left_N, self.nats_N)
        made = [np.frombuffer(changed(each.astype(np.float64).tobytes())).copy() for each in arrays]
        return Joint(made[0], made[1], made[2], self._floor)

    def weights(self, places_B: NDArray[np.int64]) -> NDArray[np.float32]:
        """What these examples count."""
        own_B = self._left_N[places_B] - self.nats_N[places_B]
        odds_B = np.clip(self._known_N[places_B] - own_B, -50.0, 50.0)
        share_B = self._floor + (1.0 - self._floor) / (1.0 + np.exp(odds_B))
        return share_B.astype(np.float32)

    def heard(self, places_B: NDArray[np.int64], nats_B: NDArray[np.float32]) -> None:
        """What the generator makes of them now."""
        self.nats_N[places_B] = nats_B
