"""Whether gradients that differ lie on the two sides of a kink; `PeerValuesTest` of core judges by the same rule."""

import copy
from dataclasses import dataclass, field

import torch
from torch import nn

from .attacks import cross_entropy, input_gradient

TOLERANCE, NEAR, POINTS = 1e-5, 1e-6, 64


@dataclass
class Verdict:
    """Samples that differ by more than the tolerance: proved to lie on a kink, or wrong; the largest difference of the others."""

    on_kink: list[int] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    worst: float = 0.0


def differences(found: torch.Tensor, recorded: torch.Tensor) -> torch.Tensor:
    """The largest difference of each sample: absolute below 1, relative above it; NaN where either is not a number."""
    recorded = recorded.double()
    return ((found.double() - recorded).abs() / recorded.abs().clamp(min=1)).flatten(1).amax(1)


def judge(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, found: torch.Tensor, recorded: torch.Tensor) -> Verdict:
    """A sample whose gradient differs from the recorded one lies on a kink if float64 finds both next to its image."""
    verdict = Verdict()
    exact = copy.deepcopy(model).double()
    for i, apart in enumerate(differences(found, recorded).tolist()):
        if apart <= TOLERANCE:
            verdict.worst = max(verdict.worst, apart)
            continue
        near = _around(images[i], i)
        gradients = input_gradient(exact, cross_entropy(labels[i].expand(len(near))))(near)
        proved = all(differences(gradients, side[i].expand_as(gradients)).min() <= TOLERANCE for side in (found, recorded))
        (verdict.on_kink if proved else verdict.wrong).append(i)
    return verdict


def _around(image: torch.Tensor, seed: int) -> torch.Tensor:
    """Noise that is a part of each pixel: a black ground stays black, so that no ties of max-pooling come apart."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(POINTS, *image.shape, generator=generator, dtype=torch.float64) * 2 - 1
    return image.double() * (1 + NEAR * noise)
