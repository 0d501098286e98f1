"""How is a judge of behaviours taught?

The upper three of the sentence encoder's six layers and one linear answer for each behaviour are taught together from the
corpus (fine-tuning, as in Devlin et al. 2019; the lower layers know English already and stay as they are). A turn's answer
is that of its most telling window. Only this module needs torch and transformers; judging doesn't.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scoring.behaviours.turns import Heard, windows
from scoring.signals.bert import DIMENSIONS, packaged_model

LOWER = 3
LONGEST_TOKENS = 128
SEED = 7
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to teach. Windows a batch; learning rates of the layers and of the answers."""

    epochs: int = 3
    batch: int = 24
    layer_rate: float = 2e-4
    answer_rate: float = 1e-3
    decay: float = 0.01
    warm_up: float = 0.1
    dropout: float = 0.1


RECIPE = Recipe()


@dataclass
class Prepared:
    """A window as the lower layers leave it, float16 of shape (tokens, 384), and how many tokens are the turn's own."""

    turn: int
    states: Tensor
    own: int


class Upper(nn.Module):
    """The layers that are taught, and the answers."""

    def __init__(self, layers: nn.ModuleList, answers: int, dropout: float) -> None:
        super().__init__()
        self.layers = layers
        self.dropout = nn.Dropout(dropout)
        self.answers = nn.Linear(2 * DIMENSIONS, answers)

    def forward(self, states: Tensor, mask: Tensor, own: Tensor) -> Tensor:
        """Log-odds of shape (windows, answers), from states of shape (windows, tokens, 384)."""
        for layer in self.layers:
            states = layer(states, attention_mask=mask[:, None, None, :])
        mean = (states * own[..., None]).sum(1) / own.sum(1, keepdim=True)
        most = states.masked_fill(~own[..., None], -1e4).amax(1)
        return self.answers(self.dropout(torch.cat([mean, most], 1)))  # type: ignore[no-any-return]


@dataclass
class Base:
    """The packaged encoder in torch, its lower layers used as they are."""

    model: Any = field(init=False)

    def __post_init__(self) -> None:
        from transformers import BertModel

        self.model: Any = BertModel.from_pretrained(str(packaged_model()))
        self.model.eval()

    def prepare(self, turns: Sequence[Heard]) -> list[Prepared]:
        """Every window of every turn after the lower layers."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(packaged_model() / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST_TOKENS)
        found = windows(turns)
        encoded = tokenizer.encode_batch([(window.text, window.before) for window in found])
        prepared: list[Prepared | None] = [None] * len(found)
        by_length: dict[int, list[int]] = {}
        for number, one in enumerate(encoded):
            by_length.setdefault(len(one.ids), []).append(number)
        with torch.no_grad():
            for places in by_length.values():
                for start in range(0, len(places), 32):
                    some = places[start : start + 32]
                    ids = torch.tensor([encoded[n].ids for n in some])
                    types = torch.tensor([encoded[n].type_ids for n in some])
                    states = self.model.embeddings(input_ids=ids, token_type_ids=types)
                    for layer in self.model.encoder.layer[:LOWER]:
                        states = layer(states)
                    for n, state in zip(some, states, strict=True):
                        prepared[n] = Prepared(found[n].turn, state.half(), encoded[n].type_ids.count(0))
        return [one for one in prepared if one is not None]

    def upper(self, answers: int, dropout: float) -> Upper:
        """Fresh upper layers, ready to be taught."""
        import copy

        return Upper(copy.deepcopy(self.model.encoder.layer[LOWER:]), answers, dropout)


def _together(some: Sequence[Prepared]) -> tuple[Tensor, Tensor, Tensor]:
    longest = max(len(one.states) for one in some)
    states = torch.zeros(len(some), longest, DIMENSIONS)
    mask = torch.zeros(len(some), longest, dtype=torch.bool)
    own = torch.zeros(len(some), longest, dtype=torch.bool)
    for row, one in enumerate(some):
        states[row, : len(one.states)] = one.states.float()
        mask[row, : len(one.states)] = True
        own[row, : one.own] = True
    return states, mask, own


def _most_telling(odds: Tensor, turns: Tensor, count: int) -> Tensor:
    """For each turn and answer the highest of its windows'."""
    start = torch.full((count, odds.shape[1]), -1e4)
    return start.scatter_reduce(0, turns[:, None].expand_as(odds), odds, "amax")


def teach(
    base: Base,
    prepared: Sequence[Prepared],
    target: Array,
    weight: Array,
    turns: Sequence[int],
    recipe: Recipe,
    say: Callable[[str], None] = lambda _: None,
) -> Upper:
    """Upper layers and answers taught from those turns, the same to the byte every time on one thread of the same machine.

    Products are of bfloat16 numbers, which is more than twice as fast where the processor knows them.
    """
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    chance = random.Random(SEED)
    upper = base.upper(target.shape[1], recipe.dropout).train()
    optimiser = torch.optim.AdamW(
        [
            {"params": upper.layers.parameters(), "lr": recipe.layer_rate},
            {"params": upper.answers.parameters(), "lr": recipe.answer_rate},
        ],
        weight_decay=recipe.decay,
    )
    of_turn: dict[int, list[Prepared]] = {}
    for one in prepared:
        of_turn.setdefault(one.turn, []).append(one)
    usable = [turn for turn in turns if turn in of_turn]
    batches = len(list(_batches(usable, of_turn, recipe.batch, random.Random(SEED))))
    steps, step = recipe.epochs * batches, 0
    for epoch in range(recipe.epochs):
        lost = 0.0
        for some in _batches(usable, of_turn, recipe.batch, chance):
            rate = min((step + 1) / (recipe.warm_up * steps), max(0.0, 1 - step / steps))
            for group, full in zip(optimiser.param_groups, (recipe.layer_rate, recipe.answer_rate), strict=True):
                group["lr"] = full * rate
            parts = [one for turn in some for one in of_turn[turn]]
            rows = torch.tensor([row for row, turn in enumerate(some) for _ in of_turn[turn]])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                each = upper(*_together(parts)).float()
            odds = _most_telling(each, rows, len(some))
            wanted, known = torch.from_numpy(target[some]), torch.from_numpy(weight[some])
            loss = nn.functional.binary_cross_entropy_with_logits(odds, wanted, known, reduction="sum") / known.sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
            optimiser.step()
            lost += loss.item()
            step += 1
        say(f"epoch {epoch + 1} of {recipe.epochs}: loss {lost / batches:.4f}")
    return upper.eval()


def _batches(
    turns: Sequence[int], of_turn: dict[int, list[Prepared]], size: int, chance: random.Random
) -> Iterator[list[int]]:
    """The turns in random batches of similar length, so that little is padded."""
    order = list(turns)
    chance.shuffle(order)
    batches: list[list[int]] = []
    for start in range(0, len(order), size * 20):
        near = sorted(order[start : start + size * 20], key=lambda turn: max(len(one.states) for one in of_turn[turn]))
        batches += [near[place : place + size] for place in range(0, len(near), size)]
    chance.shuffle(batches)
    yield from batches


def answer(upper: Upper, prepared: Sequence[Prepared], count: int) -> Array:
    """Log-odds of shape (count, answers), -1e4 where a turn has no words."""
    order = sorted(range(len(prepared)), key=lambda n: len(prepared[n].states))
    best = torch.full((count, upper.answers.out_features), -1e4)
    with torch.no_grad():
        for start in range(0, len(order), 32):
            some = [prepared[n] for n in order[start : start + 32]]
            odds = upper(*_together(some))
            turns = torch.tensor([one.turn for one in some])
            best = best.scatter_reduce(0, turns[:, None].expand_as(odds), odds, "amax")
    return best.numpy()
