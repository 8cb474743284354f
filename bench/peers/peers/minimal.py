"""Attacks that look for the smallest change, as the peers' libraries ship them: from model, images and labels to images."""

import sys
import types
import warnings
from collections.abc import Callable

import torch
from torch import nn

from .attacks import art_classifier

Minimal = Callable[[nn.Module, torch.Tensor, torch.Tensor], torch.Tensor]

NORMS = {"l0": 0, "l1": 1, "l2": 2, "linf": float("inf")}
# The first weight of the margin in C&W and EAD, so that few rounds are enough to find the right one.
WEIGHT = 1.0


def stand_in(name: str, **content: object) -> None:
    """A module with nothing else in it, in place of one that a library imports for plots or uploads, which nothing here asks for."""
    module = types.ModuleType(name)
    vars(module).update(content)
    sys.modules.setdefault(name, module)


# ---- adv-lib


def advlib_attack(name: str, **settings: object) -> Minimal:
    def run(model, images, labels):
        stand_in("visdom")
        from adv_lib import attacks

        return getattr(attacks, name)(model, images, labels, **settings).detach()

    return run


# ---- Foolbox


def foolbox_attack(make: Callable, prepare: Callable | None = None) -> Minimal:
    """`make(foolbox.attacks, number of images)` gives the attack."""

    def run(model, images, labels):
        import foolbox

        wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            attack = make(foolbox.attacks, len(images))
            more = prepare(foolbox.attacks, wrapped, images, labels) if prepare else {}
            return attack(wrapped, images, labels, epsilons=None, **more)[0]

    return run


def foolbox_fmn(norm: str, steps: int) -> Minimal:
    name = {"l0": "L0", "l1": "L1", "l2": "L2", "linf": "LInf"}[norm] + "FMNAttack"
    return foolbox_attack(lambda a, n: getattr(a, name)(steps=steps))


def foolbox_brendel_bethge(norm: str, steps: int, radius: float) -> Minimal:
    """Foolbox multiplies the first region's radius by the size of the batch, which is taken out here."""
    name = {"l0": "L0", "l1": "L1", "l2": "L2", "linf": "Linfinity"}[norm] + "BrendelBethgeAttack"
    return foolbox_attack(lambda a, n: getattr(a, name)(steps=steps, lr=radius / n), _other_images)


def _other_images(attacks, model, images, labels) -> dict:
    """Starting points: for each image the nearest of the others that the model takes for another class."""
    with torch.no_grad():
        found = model(images).argmax(1)
    far = torch.cdist(images.flatten(1), images.flatten(1))
    far[found[None, :] == labels[:, None]] = float("inf")
    if not far.isfinite().any(1).all():
        return {}
    return {"starting_points": images[far.argmin(1)]}


# ---- ART


def art_attack(make: Callable, target: int | None = None) -> Minimal:
    """`make(evasion, classifier, number of images)` gives the attack; `target` is the class that is wanted."""

    def run(model, images, labels):
        from art.attacks import evasion

        attack = make(evasion, art_classifier(model, images), len(images))
        wanted = labels if target is None else torch.full_like(labels, target)
        return torch.from_numpy(attack.generate(images.numpy(), wanted.numpy()))

    return run


# ---- AttackBench


def optimality(distances: dict[str, list[float]], norm: str) -> dict[str, float]:
    """
    The local optimality of each attack (Cinà et al. 2025, AttackBench, equation 5, by its own program): 1 where it is as good as the
    best of all these attacks on every point, 0 where it finds nothing. All points were classified as labelled.
    """
    if len(distances) < 2:
        return {}
    stand_in("wandb", Api=object)
    from attackbench.metrics import compare_attacks_optimality

    results = [{"distances": {norm: found}, "correct": [True] * len(found)} for found in distances.values()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # points that nothing broke: the area ends at the largest smallest distance
        return compare_attacks_optimality(results, norm, list(distances))["optimality_scores"]
