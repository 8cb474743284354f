"""PGD and one TRADES step in PyTorch: as written plainly (eager), tuned by hand, and as the libraries ship it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

Gradient = Callable[[torch.Tensor], torch.Tensor]


def processor_has_bf16() -> bool:
    """Without these instructions bfloat16 is emulated and slower than float32."""
    flags = Path("/proc/cpuinfo").read_text()
    return "avx512_bf16" in flags or "amx_bf16" in flags


@dataclass(frozen=True)
class Budget:
    """An L-infinity attack on pixels in [0, 1]."""

    epsilon: float
    step_size: float
    steps: int

    def descend(self, images: torch.Tensor, gradient: Gradient, start: torch.Tensor | None = None) -> torch.Tensor:
        """PGD (Madry et al. 2018): signed steps, projected onto ball and box after each; the last iterate."""
        low = (images - self.epsilon).clamp_(min=0)
        high = (images + self.epsilon).clamp_(max=1)
        x = images if start is None else start
        for _ in range(self.steps):
            x = torch.add(x, gradient(x).sign_(), alpha=self.step_size)
            x = torch.minimum(torch.maximum(x, low, out=x), high, out=x)
        return x


def input_gradient(logits: Callable, loss: Callable) -> Gradient:
    """The gradient of loss(logits(x)) by x alone; no parameter gradient is computed."""

    def gradient(x: torch.Tensor) -> torch.Tensor:
        x = x.detach().requires_grad_()
        return torch.autograd.grad(loss(logits(x)), x)[0]

    return gradient


def cross_entropy(labels: torch.Tensor) -> Callable:
    return lambda logits: F.cross_entropy(logits, labels, reduction="sum")


class Tuned:
    """A network tuned by hand: channels-last, bfloat16 autocast where the processor has it."""

    def __init__(self, model: nn.Module):
        self.model = model.to(memory_format=torch.channels_last)
        self.bf16 = processor_has_bf16()

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.model(x).float()

    def pgd(self, images, labels, budget: Budget, start=None) -> torch.Tensor:
        gradient = input_gradient(self.logits, cross_entropy(labels))
        return budget.descend(channels_last(images), gradient, None if start is None else channels_last(start))


def channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def probabilities(tuned: Tuned, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return F.softmax(tuned.logits(images), 1)


def trades_search(tuned: Tuned, images: torch.Tensor, natural: torch.Tensor, budget: Budget) -> torch.Tensor:
    """Images that maximise KL(natural, moved) (Zhang et al. 2019, algorithm 1), from a small Gaussian start; the model is in evaluation mode."""

    def divergence(logits):
        return F.kl_div(F.log_softmax(logits, 1), natural, reduction="sum")

    start = images + 0.001 * torch.randn_like(images)
    return budget.descend(images, input_gradient(tuned.logits, divergence), start)


def trades_loss(tuned: Tuned, images: torch.Tensor, adversarial: torch.Tensor, labels: torch.Tensor, beta: float) -> torch.Tensor:
    """Clean cross-entropy and `beta` times KL(clean, moved), the gradient through both. One pass for clean and moved images; where there is a batch norm
    one each, as in the authors' program: it takes each by its own statistics. Of the logarithms of both: the slope of p log p is infinite where float32
    rounds a probability to 0, and one such sample makes every weight NaN."""
    if any(isinstance(module, nn.BatchNorm2d) for module in tuned.model.modules()):
        clean, moved = tuned.logits(images), tuned.logits(adversarial)
    else:
        clean, moved = tuned.logits(torch.cat([images, adversarial])).chunk(2)
    robust = F.kl_div(F.log_softmax(moved, 1), F.log_softmax(clean, 1), reduction="batchmean", log_target=True)
    return F.cross_entropy(clean, labels) + beta * robust


class TradesStep:
    """One step of TRADES, tuned: search, then descend."""

    def __init__(self, model: nn.Module, budget: Budget, beta: float):
        self.tuned, self.budget, self.beta = Tuned(model), budget, beta
        self.optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        self.search_ms: list[float] = []

    def __call__(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        model = self.tuned.model.eval()
        images = channels_last(images)
        natural = probabilities(self.tuned, images)
        begin = time.perf_counter()
        adversarial = trades_search(self.tuned, images, natural, self.budget)
        self.search_ms.append((time.perf_counter() - begin) * 1e3)
        model.train()
        self.optimiser.zero_grad()
        loss = trades_loss(self.tuned, images, adversarial, labels, self.beta)
        loss.backward()
        self.optimiser.step()
        return loss.item()


def eager(make: Callable[[], nn.Module], images, labels, budget: Budget) -> Callable:
    gradient = input_gradient(make(), cross_entropy(labels))
    return lambda: budget.descend(images, gradient)


def tuned(make: Callable[[], nn.Module], images, labels, budget: Budget) -> Callable:
    contender = Tuned(make().requires_grad_(False))
    return lambda: contender.pgd(images, labels, budget)


def torchattacks_pgd(make: Callable[[], nn.Module], images, labels, budget: Budget, random_start=True) -> Callable:
    import torchattacks

    attack = torchattacks.PGD(make(), budget.epsilon, budget.step_size, budget.steps, random_start)
    return lambda: attack(images, labels)


def foolbox_pgd(make: Callable[[], nn.Module], images, labels, budget: Budget) -> Callable:
    import foolbox

    model = foolbox.PyTorchModel(make(), bounds=(0, 1))
    attack = foolbox.attacks.LinfPGD(abs_stepsize=budget.step_size, steps=budget.steps)
    return lambda: attack(model, images, labels, epsilons=budget.epsilon)[1]


def art_classifier(model: nn.Module, images: torch.Tensor, classes: int = 10):
    """ART's view of a network that takes such images in [0, 1]."""
    from art.estimators.classification import PyTorchClassifier

    shape = tuple(images.shape[1:])
    return PyTorchClassifier(model, nn.CrossEntropyLoss(), shape, classes, clip_values=(0, 1), device_type="cpu")


def art_pgd(make: Callable[[], nn.Module], images, labels, budget: Budget) -> Callable:
    from art.attacks.evasion import ProjectedGradientDescent

    attack = ProjectedGradientDescent(
        art_classifier(make(), images), eps=budget.epsilon, eps_step=budget.step_size, max_iter=budget.steps,
        batch_size=len(images), verbose=False,
    )
    x, y = images.numpy(), labels.numpy()
    return lambda: torch.from_numpy(attack.generate(x, y))


CONTENDERS = {
    "eager": eager, "tuned": tuned, "torchattacks": torchattacks_pgd, "foolbox": foolbox_pgd, "art": art_pgd,
}


def correct(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, batch: int = 500) -> int:
    """How many images the float32 network classifies as labelled."""
    with torch.no_grad():
        parts = zip(images.split(batch), labels.split(batch))
        return sum(int((model(x).argmax(1) == y).sum()) for x, y in parts)
