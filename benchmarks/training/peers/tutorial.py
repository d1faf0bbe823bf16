"""A GRU trained the way PyTorch's chatbot tutorial does it.

A bidirectional GRU reads packed sources; a GRU with Luong's dot attention is fed the right pieces
one step at a time; each step's loss is a masked mean and is read out for the log; random batches
of 64, sorted within; two Adam optimizers, gradients clipped at 50. Variant `own` has the sizes of
the tutorial (two layers of 500), any other those of the model it is compared with.
"""

from __future__ import annotations

import random

import torch
from torch import Tensor, nn

from benchmarks.training.peers.job import BATCH, Clock, Job, Pairs


class Reader(nn.Module):
    """The encoder: both directions' states are summed, or side by side if they are half as wide."""

    def __init__(self, embedding: nn.Embedding, width: int, layers: int, summed: bool):
        super().__init__()
        self.embedding = embedding
        self.summed = summed
        half = width if summed else width // 2
        self.gru = nn.GRU(
            embedding.embedding_dim,
            half,
            layers,
            dropout=0.1 if layers > 1 else 0.0,
            bidirectional=True,
        )

    def forward(self, source_SB: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(source_SB), lengths)
        states, last = self.gru(packed)
        states, _ = nn.utils.rnn.pad_packed_sequence(states)
        if self.summed:
            ahead, back = states.chunk(2, -1)
            return ahead + back, last[: self.gru.num_layers]
        return states, torch.cat([last[-2], last[-1]], -1)[None]


class Speaker(nn.Module):
    """The decoder, one step a call."""

    def __init__(self, embedding: nn.Embedding, width: int, layers: int, vocabulary: int):
        super().__init__()
        self.embedding = embedding
        self.dropout = nn.Dropout(0.1)
        self.gru = nn.GRU(
            embedding.embedding_dim, width, layers, dropout=0.1 if layers > 1 else 0.0
        )
        self.combine = nn.Linear(2 * width, width)
        self.say = nn.Linear(width, vocabulary)

    def forward(self, piece_B: Tensor, hidden: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        output, hidden = self.gru(self.dropout(self.embedding(piece_B[None])), hidden)
        weights_BS = torch.softmax((output * states).sum(2).t(), 1)
        context_BD = torch.bmm(weights_BS[:, None], states.transpose(0, 1))[:, 0]
        feature = torch.tanh(self.combine(torch.cat([output[0], context_BD], 1)))
        return torch.softmax(self.say(feature), 1), hidden


def columns(rows: list[list[int]], padding: int) -> Tensor:
    """Time first, padded."""
    tensors = [torch.tensor(row) for row in rows]
    return nn.utils.rnn.pad_sequence(tensors, padding_value=padding)


def batch(pairs: Pairs, picks: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sources by falling length, their lengths, targets, and which of these count."""
    picks = sorted(picks, key=lambda pick: -len(pairs.sources[pick]))
    sources = [[*pairs.sources[pick], pairs.end] for pick in picks]
    targets = columns([pairs.targets[pick] for pick in picks], pairs.padding)
    lengths = torch.tensor([len(source) for source in sources])
    return columns(sources, pairs.padding), lengths, targets, targets != pairs.padding


def main() -> None:
    """Trains until time is up."""
    job = Job.given()
    pairs, own = job.pairs, job.variant == "own"
    width, inputs, layers = (500, 500, 2) if own else (384, 256, 1)
    torch.manual_seed(1)
    chance = random.Random(1)
    embedding = nn.Embedding(pairs.vocabulary, inputs)
    reader = Reader(embedding, width, layers, summed=own)
    speaker = Speaker(embedding, width, layers, pairs.vocabulary)
    reading = torch.optim.Adam(reader.parameters(), lr=1e-4)
    speaking = torch.optim.Adam(speaker.parameters(), lr=5e-4)
    weights = {id(weight): weight for part in (reader, speaker) for weight in part.parameters()}
    clock = Clock(job.seconds)
    over = False
    while not over:
        picks = [chance.randrange(len(pairs.sources)) for _ in range(BATCH)]
        source, lengths, target_TB, mask_TB = batch(pairs, picks)
        reading.zero_grad()
        speaking.zero_grad()
        states, hidden = reader(source, lengths)
        piece_B = torch.full((BATCH,), pairs.start)
        loss = torch.zeros(())
        shown = []
        for wanted_B, counts_B in zip(target_TB, mask_TB, strict=True):
            likely_BV, hidden = speaker(piece_B, hidden, states)
            right_B = torch.gather(likely_BV, 1, wanted_B[:, None])[:, 0]
            step = -torch.log(right_B).masked_select(counts_B).mean()
            loss = loss + step
            shown.append(step.item() * int(counts_B.sum()))
            piece_B = wanted_B
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 50.0)
        nn.utils.clip_grad_norm_(speaker.parameters(), 50.0)
        reading.step()
        speaking.step()
        over = clock.update(int(mask_TB.sum()))
    clock.answer(sum(weight.numel() for weight in weights.values()), precision="float32")


if __name__ == "__main__":
    main()
