"""Black-box attacks, as the peers' libraries ship them, before a network that counts what it is asked about one image."""

import logging
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from .attacks import art_classifier
from .minimal import NORMS

Search = Callable[[nn.Module, torch.Tensor, torch.Tensor, float], object]
ROUNDING = 1e-6


class Over(Exception):
    """The image has fallen, or as many questions as were allowed have been asked."""


class Counted(nn.Module):
    """
    Counts different inputs: whoever asks about the same point again, as some libraries do several times per step, pays once, and nothing
    for the image itself. Over as soon as a point inside the ball is taken for another class than the label.
    """

    def __init__(self, model: nn.Module, image: torch.Tensor, label: int, norm: str, epsilon: float, budget: int, probabilities: bool):
        super().__init__()
        self.model, self.image, self.label = model, image, label
        self.norm, self.epsilon, self.budget, self.probabilities = norm, epsilon, budget, probabilities
        self.seen = {image.numpy().tobytes()}
        self.asked = 0
        self.found: int | None = None  # questions up to the one that felled the image

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        points = x.detach().float()  # ART's Boundary asks about doubles
        with torch.no_grad():
            logits = self.model(points)
        for point, row in zip(points, logits):
            self._note(point, int(row.argmax()))
        return logits.softmax(1) if self.probabilities else logits

    def _note(self, point: torch.Tensor, found: int) -> None:
        key = point.numpy().tobytes()
        if key in self.seen:
            return
        self.seen.add(key)
        self.asked += 1
        far = torch.linalg.vector_norm((point.double() - self.image.double()).flatten(), NORMS[self.norm]).item()
        if found != self.label and far <= self.epsilon * (1 + ROUNDING):
            self.found = self.asked
            raise Over
        if self.asked >= self.budget:
            raise Over


def queries(
    search: Search, model: nn.Module, image: torch.Tensor, label: int, norm: str, epsilon: float, budget: int, probabilities: bool = False
) -> int | None:
    """How many questions it takes until one image falls; None where it stands when they are spent or the attack gives up."""
    counted = Counted(model, image, label, norm, epsilon, budget, probabilities).eval()
    try:
        search(counted, image[None], torch.tensor([label]), epsilon)
    except Over:
        pass
    except (ValueError, AssertionError) as failure:  # such as: no start was found
        logging.getLogger("peers").info("%s", failure)
    return counted.found


def foolbox_search(make: Callable) -> Search:
    def run(model, images, labels, _epsilon):
        import foolbox

        wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
        return make(foolbox.attacks)(wrapped, images, labels, epsilons=None)

    return run


def art_search(make: Callable) -> Search:
    """`make(evasion, classifier, epsilon)` gives the attack."""

    def run(model, images, labels, epsilon):
        from art.attacks import evasion

        logging.getLogger("art").setLevel(logging.ERROR)
        attack = make(evasion, art_classifier(model, images), epsilon)
        return attack.generate(images.numpy(), np.eye(10, dtype=np.float32)[labels.numpy()])

    return run
