"""Training in PyTorch, tuned by hand: one loop, in which recipes differ by the loss of a batch."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from .attacks import Budget, Tuned, channels_last, cross_entropy, input_gradient, probabilities, trades_loss, trades_search
from .parts import require_same

MOMENTUM, BATCH = 0.9, 128
PAD = 4

Loss = Callable[[Tuned, torch.Tensor, torch.Tensor, float], torch.Tensor]


@dataclass(frozen=True)
class Recipe:
    """SGD with momentum; `done` is the share of training before a step. The name tells the loss with its settings, and changes with what it computes.

    `drops` are shares of training at which the learning rate, else constant, falls to a tenth; without them it is cyclic: linear from 0 to the peak over
    `rise`, then back to 0.
    """

    name: str
    loss: Loss
    epsilon: float
    peak_rate: float
    warm_up: float = 0.0
    augment: bool = False
    nesterov: bool = True
    weight_decay: float = 5e-4
    rise: float = 0.3
    drops: tuple[float, ...] = ()

    def told(self) -> dict:
        """What tells its results from another recipe's."""
        fixed = {"momentum": MOMENTUM, "batch": BATCH, "pad": PAD * self.augment}
        own = {key: value for key, value in vars(self).items() if key not in ("name", "loss", "drops")}
        return {"recipe": self.name, "drops": list(self.drops)} | fixed | own

    def rate_at(self, done: float) -> float:
        if self.drops:
            return self.peak_rate * 0.1 ** sum(done >= drop for drop in self.drops)
        return self.peak_rate * min(done / self.rise, (1 - done) / (1 - self.rise))

    def epsilon_at(self, done: float) -> float:
        """From 5% of the radius, whole when 95% of the warm-up are done."""
        return self.epsilon * min(1.0, done / self.warm_up + 0.05) if self.warm_up else self.epsilon


def pgd_at(steps: int) -> Loss:
    """PGD-AT (Madry et al. 2018): uniform start, steps of a quarter of the radius in evaluation mode, the update with dropout."""

    def loss(tuned: Tuned, x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
        tuned.model.eval()
        adversarial = tuned.pgd(x, y, Budget(epsilon, epsilon / 4, steps), random_start(x, epsilon))
        tuned.model.train()
        return F.cross_entropy(tuned.logits(adversarial), y)

    return loss


def trades(steps: int, beta: float) -> Loss:
    """TRADES (Zhang et al. 2019, equation 5), with steps of a quarter of the radius."""

    def loss(tuned: Tuned, x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
        tuned.model.eval()
        adversarial = trades_search(tuned, x, probabilities(tuned, x), Budget(epsilon, epsilon / 4, steps))
        tuned.model.train()
        return trades_loss(tuned, x, adversarial, y, beta)

    return loss


def n_fgsm(tuned: Tuned, x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
    """N-FGSM (de Jorge et al. 2022, algorithm 1): noise of two radii, a step of one, nothing projected onto the ball; in training mode. Noisy images are
    images, as in the authors' program: what leaves [0, 1] is cut before the gradient and after the step."""
    tuned.model.train()
    noisy = torch.empty_like(x).uniform_(-2 * epsilon, 2 * epsilon).add_(x).clamp_(0, 1)
    gradient = input_gradient(tuned.logits, cross_entropy(y))(noisy)
    adversarial = noisy.add_(gradient.sign_(), alpha=epsilon).clamp_(0, 1)
    return F.cross_entropy(tuned.logits(adversarial), y)


def random_start(x: torch.Tensor, epsilon: float, generator: torch.Generator | None = None) -> torch.Tensor:
    noise = torch.empty_like(x).uniform_(-epsilon, epsilon, generator=generator)
    return noise.add_(x).clamp_(0, 1)


class Training:
    """A training under way: what it needs to go on is one file, and a run that goes on equals one that was never stopped."""

    def __init__(self, recipe: Recipe, make: Callable[[], nn.Module], images: torch.Tensor, labels: torch.Tensor, seed: int):
        torch.manual_seed(seed)
        self.recipe, self.images, self.labels = recipe, images, labels
        self.model = make()
        self.tuned = Tuned(self.model)
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=0.0, momentum=MOMENTUM, nesterov=recipe.nesterov, weight_decay=recipe.weight_decay)
        self.per_epoch = len(images) // BATCH
        self.step_number, self.seconds = 0, 0.0
        self.order = torch.empty(0, dtype=torch.long)

    def step(self, done: float) -> None:
        """One step on the next batch; images are uint8 `[N, C, H, W]`. An epoch's last partial batch is dropped."""
        begin = time.perf_counter()
        within = self.step_number % self.per_epoch
        if within == 0:
            self.order = torch.randperm(len(self.images))
        batch = self.order[within * BATCH :][:BATCH]
        self.optimiser.param_groups[0]["lr"] = self.recipe.rate_at(done)
        images = self.images[batch]
        x = channels_last((pad_crop_flip(images) if self.recipe.augment else images).float() / 255)
        loss = self.recipe.loss(self.tuned, x, self.labels[batch], self.recipe.epsilon_at(done))
        if not torch.isfinite(loss):
            raise SystemExit(f"PyTorch's training diverged: the loss of step {self.step_number} is {loss.item()}")
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.step_number += 1
        self.seconds += time.perf_counter() - begin

    def save(self, file: Path) -> None:
        state = {
            "model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(), "random": torch.get_rng_state(),
            "step": self.step_number, "seconds": self.seconds, "order": self.order, "of": self.recipe.told(),
        }
        partial = file.with_suffix(".part")
        torch.save(state, partial)
        partial.rename(file)

    def restore(self, file: Path) -> None:
        """Goes on from there, where there is such a file; one that says that it is of another recipe is refused."""
        if file.is_file():
            state = torch.load(file)
            require_same(file, state, self.recipe.told())
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            torch.set_rng_state(state["random"])
            self.step_number, self.seconds, self.order = state["step"], state["seconds"], state["order"]


def pad_crop_flip(images: torch.Tensor) -> torch.Tensor:
    """Each image `[C, H, W]` shifted by up to four pixels into zeros, and mirrored with a chance of one half."""
    n, _, height, width = images.shape
    padded = F.pad(images, (PAD, PAD, PAD, PAD))
    rows = torch.randint(0, 2 * PAD + 1, (n, 1)) + torch.arange(height)
    columns = torch.randint(0, 2 * PAD + 1, (n, 1)) + torch.arange(width)
    flipped = torch.rand(n, 1) < 0.5
    columns = torch.where(flipped, columns.flip(1), columns)
    return padded[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
