"""The original AutoAttack (PyPI `pyautoattack`): the standard version, or each of its components alone."""

import logging

import torch
from torch import nn

NORMS = {"linf": "Linf", "l2": "L2", "l1": "L1"}
COMPONENTS = ["apgd-ce", "apgd-dlr", "apgd-t", "fab-t", "square"]
BATCH = 250


def robust(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, adversarial: torch.Tensor) -> str:
    """One digit per image: 1 where both the image and the adversarial one are classified as labelled."""
    with torch.no_grad():
        held = (model(images).argmax(1) == labels) & (model(adversarial).argmax(1) == labels)
    return "".join(str(int(h)) for h in held)


def standard(model: nn.Module, images, labels, norm: str, epsilon: float, seed: int = 0, component: str | None = None) -> str:
    """Who stands after the standard version, or after one component with the standard version's settings."""
    from pyautoattack import AutoAttack

    logging.getLogger("auto-attack").setLevel(logging.ERROR)
    attack = AutoAttack(model, norm=NORMS[norm], eps=epsilon, seed=seed, version="standard")
    if component:
        attack.attacks_to_run = [component]
    adversarial, _ = attack.run_standard_evaluation(images, labels, batch_size=BATCH)
    return robust(model, images, labels, adversarial)


def agreement(a: str, b: str) -> float:
    """The share of images with the same verdict."""
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)
