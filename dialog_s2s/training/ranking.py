"""Learns how alike two questions are: the vectors of their terms and the ranker's coefficients,
by the likelihood that memory, prior and generator together give to each reply, the example itself
left out (cf. TRIME, Zhong et al. 2022)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from dialog_s2s.memory.ranker import FEATURES, GATES, Ranker
from dialog_s2s.memory.similarity import Bags, Similarity
from dialog_s2s.training.neighbours import Neighbours
from dialog_s2s.training.withholding import Withheld, left, withheld

BATCH = 128
PASSES, UPDATES = 4, 200
"""At least so many of both."""

DROPPED = 0.5
"""Share of a question's terms that are left out while its vector is learnt."""

ANEW = 8
"""Batches after which other answers are withheld."""

FAR = 3.0
"""Length of the vector of a term that was never trained, in mean lengths of trained ones: most such
terms are parts of names, which tell more apart than any other."""

LEAST = {"meaning": 3.0, "named": 2.0}
"""Coefficients that do not go below this while vectors are learnt: the wordings of a corpus are
much alike, and would teach that to be spelt alike is all that counts. Tried on questions by another
hand; see the lab notes."""

SMALL = 1e-4
"""What a coefficient's square costs, in nats, where nothing else holds it back."""

LEARNED = FEATURES.index("learned")


Coefficients = tuple[Tensor, Tensor, Tensor]
"""Those of `Ranker`: of the features, of the prior's gates and of the generator's."""


class TorchRanker(nn.Module):
    """The ranker with the vectors it learns."""

    def __init__(self, similarity: Similarity):
        super().__init__()
        buckets, width = similarity.table_LD.shape
        self.learns = width > 0
        self.trained_B = torch.from_numpy(similarity.trained_B > 0)
        self.places_B = torch.from_numpy(similarity.places(np.arange(similarity.size)))
        self.table = nn.EmbeddingBag(buckets, max(width, 1), mode="sum")
        nn.init.normal_(self.table.weight, std=1 / math.sqrt(max(width, 1)))
        self.directions = torch.randn_like(self.table.weight) / math.sqrt(max(width, 1))
        self.features_F = nn.Parameter(torch.zeros(len(FEATURES)))
        self.prior_G = nn.Parameter(torch.zeros(len(GATES)))
        self.generator_G = nn.Parameter(torch.zeros(len(GATES)))
        with torch.no_grad():
            self.features_F[FEATURES.index("lexical")] = 8.0
            self.features_F[FEATURES.index("meaning")] = 4.0
            self.features_F[FEATURES.index("named")] = 2.0
            self.features_F[LEARNED] = 8.0 if self.learns else 0.0
            self.features_F[FEATURES.index("needs")] = -1.0
            self.features_F[FEATURES.index("astray")] = -4.0
            self.features_F[FEATURES.index("context")] = 2.0
            self.generator_G[0] = 4.0

    def hold(self) -> None:
        """Lifts coefficients that are below the least they may be."""
        with torch.no_grad():
            for name, least in LEAST.items():
                self.features_F[FEATURES.index(name)].clamp_(min=least)

    @property
    def length(self) -> Tensor:
        """Of the vector of a term that was never trained."""
        lengths: Tensor = self.table.weight.detach().norm(dim=1)
        return FAR * lengths.mean()

    @property
    def coefficients(self) -> Coefficients:
        """As they are now."""
        return self.features_F, self.prior_G, self.generator_G

    def vectors(
        self, bags: Bags, dropped: float = 0.0, novel_B: NDArray[np.bool_] | None = None
    ) -> Tensor:
        """Vectors of texts as `Similarity.learned` compares them, some of their terms left out, and
        the terms of `novel_B` pointing anywhere."""
        weights = torch.from_numpy(bags.trained)
        if dropped:
            weights = weights * (torch.rand(weights.shape) >= dropped)
        buckets = torch.from_numpy(bags.buckets.astype(np.int64))
        starts = torch.from_numpy(bags.starts)
        places = self.places_B[buckets]
        known = self.trained_B[buckets]
        never = weights * ~known
        length = self.length
        if novel_B is None:
            sums = self.table(places, starts[:-1], per_sample_weights=weights * known)
        else:
            novel = torch.from_numpy(novel_B)[buckets] & known
            sums = self.table(places, starts[:-1], per_sample_weights=weights * (known & ~novel))
            sums = sums + length * functional.embedding_bag(
                places,
                self.directions,
                starts[:-1],
                mode="sum",
                per_sample_weights=weights * novel,
            )
        squares = functional.pad((never**2).cumsum(0), (1, 0))[starts].diff() * length**2
        lengths = ((sums**2).sum(1) + squares).clamp(min=1e-12).sqrt()
        vectors: Tensor = sums / lengths[:, None]
        return vectors


def log_weights(
    coefficients: Coefficients, features_QKF: Tensor, there_QK: Tensor, gates_QG: Tensor
) -> Tensor:
    """Log-weights of K candidates, the prior and the generator: the logarithm of what
    `Ranker.weights` gives for one query and no bonus."""
    features_F, prior_G, generator_G = coefficients
    scores_QK = (features_QKF @ features_F).masked_fill(~there_QK, -1e9)
    others = torch.stack([gates_QG @ prior_G, gates_QG @ generator_G], 1)
    return torch.log_softmax(torch.cat([scores_QK, others], 1), 1)


def joined(
    weights_QW: Tensor, right_QK: Tensor, log_prior_Q: Tensor, log_generator_Q: Tensor
) -> Tensor:
    """Log-probability of each reply under the mixture of memory, prior and generator."""
    remembered = weights_QW[:, :-2].masked_fill(~right_QK, -1e9).logsumexp(1)
    return torch.stack(
        [remembered, weights_QW[:, -2] + log_prior_Q, weights_QW[:, -1] + log_generator_Q]
    ).logsumexp(0)


def fit_ranker(
    similarity: Similarity,
    stored: Bags,
    near: Neighbours,
    log_generator_Q: NDArray[np.float64],
    groups_N: NDArray[np.int64],
    seed: int,
) -> tuple[Ranker, Similarity]:
    """The coefficients and the learned vectors; `stored` and `groups_N` (see `groups_of`)
    are of the same rows.

    `log_generator_Q` is what a generator that has not seen the replies would give them.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = TorchRanker(similarity)
    optimizers = [torch.optim.Adam(model.coefficients, lr=5e-2, fused=True)]
    if model.learns:
        optimizers.append(torch.optim.Adam([model.table.weight], lr=1e-2, fused=True))
    without = None
    highest = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    a_pass = math.ceil(len(near.rows_QK) / BATCH)
    passes = max(PASSES, math.ceil(UPDATES / a_pass))
    with _one_thread():
        for turn in range(passes):
            order = random.permutation(len(near.rows_QK))
            for step in range(a_pass):
                left = 1 - (turn * a_pass + step) / (passes * a_pass)
                for optimizer, rate in zip(optimizers, highest, strict=True):
                    optimizer.param_groups[0]["lr"] = rate * left
                    optimizer.zero_grad(set_to_none=True)
                part = order[step * BATCH : (step + 1) * BATCH]
                if model.learns and step % ANEW == 0:
                    without = withheld(groups_N, stored, similarity.size, random)
                    model.directions.normal_(std=1 / math.sqrt(model.directions.shape[1]))
                loss = -_likelihood(model, stored, near, log_generator_Q, without, part).mean()
                loss.backward()  # type: ignore[no-untyped-call]
                for optimizer in optimizers:
                    optimizer.step()
                model.hold()
    ranker = _ranker(model.coefficients)
    if not model.learns:
        return ranker, similarity
    # only how long they are beside those of terms never trained matters
    table_LD = (model.table.weight / model.length).detach().numpy()
    return ranker, Similarity(
        similarity.trained_B, similarity.trained_texts, table_LD, similarity.thesaurus
    )


def refit_all(
    ranker: Ranker,
    features_QKF: NDArray[np.float32],
    near: Neighbours,
    log_generator_Q: NDArray[np.float64],
) -> Ranker:
    """All coefficients fitted anew by likelihood, beginning with those of `ranker`; `features_QKF`
    hold learned likenesses that are as good as those of new questions will be."""
    coefficients = _coefficients(ranker)
    for each in coefficients:
        each.requires_grad_()
    optimizer = torch.optim.LBFGS(coefficients, max_iter=150, line_search_fn="strong_wolfe")
    features, gates = torch.from_numpy(features_QKF), torch.from_numpy(near.gates_QG)
    there, alike = torch.from_numpy(near.there_QK), torch.from_numpy(near.alike_QK)
    log_prior = _log(near.prior_Q)
    log_generator = torch.from_numpy(log_generator_Q).float()

    def loss() -> Tensor:
        optimizer.zero_grad()
        weights = log_weights(coefficients, features, there, gates)
        value = -joined(weights, alike, log_prior, log_generator).mean()
        value = value + SMALL * torch.stack([(each**2).sum() for each in coefficients]).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    with _one_thread():
        optimizer.step(loss)  # type: ignore[no-untyped-call]
    return dataclasses.replace(_ranker(coefficients), wordings=ranker.wordings)


def refit_gates(
    ranker: Ranker,
    features_QKF: NDArray[np.float32],
    near: Neighbours,
    log_generator_Q: NDArray[np.float64],
) -> Ranker:
    """The same ranking, with the scores of prior and generator fitted anew, by likelihood, to
    what a trained generator gives to replies it has not seen.

    With few replies to go by, only how much: two constants, and one sharpness for all features.
    """
    features_F, prior_G, generator_G = _coefficients(ranker)
    constant_G = torch.eye(len(GATES))[GATES.index("constant")]
    sharpness = torch.zeros((), requires_grad=True)
    shifts = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.LBFGS([sharpness, shifts], max_iter=50, line_search_fn="strong_wolfe")
    features, gates = torch.from_numpy(features_QKF), torch.from_numpy(near.gates_QG)
    there, right = torch.from_numpy(near.there_QK), torch.from_numpy(near.right_QK)
    log_prior = _log(near.prior_Q)
    log_generator = torch.from_numpy(log_generator_Q).float()

    def changed() -> Coefficients:
        return (
            features_F * sharpness.exp(),
            prior_G + constant_G * shifts[0],
            generator_G + constant_G * shifts[1],
        )

    def loss() -> Tensor:
        optimizer.zero_grad()
        weights = log_weights(changed(), features, there, gates)
        value = -joined(weights, right, log_prior, log_generator).mean()
        value = value + 0.01 * (sharpness**2 + (shifts**2).sum())
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return dataclasses.replace(_ranker(changed()), wordings=ranker.wordings)


def with_learned(similarity: Similarity, stored: Bags, near: Neighbours) -> NDArray[np.float32]:
    """The neighbours' features with the learned likeness filled in."""
    features_QKF = near.features_QKF.copy()
    if similarity.table_LD.shape[1]:
        learned_QK = similarity.learned(near.asked, stored, near.rows_QK)
        features_QKF[:, :, LEARNED] = learned_QK * near.there_QK
    return features_QKF


def responsibilities(
    ranker: Ranker,
    features_QKF: NDArray[np.float32],
    near: Neighbours,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each query the log-probability that memory and prior give its reply, and the
    log-weight of the generator."""
    weights = log_weights(
        _coefficients(ranker),
        torch.from_numpy(features_QKF),
        torch.from_numpy(near.there_QK),
        torch.from_numpy(near.gates_QG),
    )
    nothing = torch.full((len(weights),), -1e9)
    known = joined(weights, torch.from_numpy(near.right_QK), _log(near.prior_Q), nothing)
    return known.double().numpy(), weights[:, -1].double().numpy()


def _likelihood(
    model: TorchRanker,
    stored: Bags,
    near: Neighbours,
    log_generator_Q: NDArray[np.float64],
    without: Withheld | None,
    part: NDArray[np.int64],
) -> Tensor:
    """The log-probability of the replies to a part of the queries, or of their like."""
    near = near.part(part)
    novel_B = None
    if without is not None:
        near, novel_B = left(near, without.alive_N), without.novel_B
    features = torch.from_numpy(near.features_QKF)
    if model.learns:
        rows = near.rows_QK
        unique, places = np.unique(rows, return_inverse=True)
        keys_ND = model.vectors(stored.rows(unique), 0.0, novel_B)
        questions_QD = model.vectors(near.asked, DROPPED, novel_B)
        alike_QK = torch.einsum(
            "qd,qkd->qk", questions_QD, keys_ND[torch.from_numpy(places.reshape(rows.shape))]
        )
        learned_F = torch.eye(len(FEATURES))[LEARNED]
        features = features + alike_QK[:, :, None] * learned_F
    weights = log_weights(
        model.coefficients,
        features,
        torch.from_numpy(near.there_QK),
        torch.from_numpy(near.gates_QG),
    )
    return joined(
        weights,
        torch.from_numpy(near.alike_QK),
        _log(near.prior_Q),
        torch.from_numpy(log_generator_Q[part]).float(),
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Gradients that several threads add up come out otherwise each time, and no sooner."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _log(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.log(np.maximum(values, 1e-300))).float()


def _coefficients(ranker: Ranker) -> Coefficients:
    return torch.tensor(ranker.features), torch.tensor(ranker.prior), torch.tensor(ranker.generator)


def _ranker(coefficients: Coefficients) -> Ranker:
    features, prior, generator = (tuple(each.detach().tolist()) for each in coefficients)
    return Ranker(features, prior, generator)
