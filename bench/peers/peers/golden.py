"""`run golden`: makes the small model of our tests, and the original AutoAttack's verdicts on it."""

import argparse
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from .inputs import ROOT, cores
from .original import COMPONENTS, agreement, standard

FOLDER = ROOT / "testkit" / "src" / "test" / "resources" / "autoattack"
CLASSES, SIDE, POINTS = 10, 16, 100  # the original's Square fails on images of 12 pixels a side
RADII = {"linf": 0.035, "l2": 0.36, "l1": 1.8}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--jobs", type=int, default=cores(), help="processes that run the original")
    parser.add_argument("--seeds", type=int, default=2, help="the first makes the verdicts, the others tell how often the original agrees with itself")


def run(options: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    templates = F.interpolate(torch.rand(CLASSES, 1, 4, 4), SIDE, mode="bilinear")
    model = _train(templates)
    labels = torch.arange(POINTS) % CLASSES
    codes = _draw(templates, labels).mul(255).round().to(torch.uint8)
    images = codes.float() / 255
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        asked = {
            (norm, name): [pool.submit(_verdicts, model, images, labels, norm, name, seed) for seed in range(options.seeds)]
            for name in ["standard", *COMPONENTS]
            for norm in RADII
        }
        verdicts = {norm: {"epsilon": epsilon, "attacks": {}} for norm, epsilon in RADII.items()}
        for (norm, name), answers in asked.items():
            first, *others = (answer.result() for answer in answers)
            itself = min((agreement(first, other) for other in others), default=None)
            verdicts[norm]["attacks"][name] = {"robust": first, "itself": itself}
            print(norm, name, first, itself, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    names = {"0": "conv1", "2": "conv2", "6": "fc"}
    weights = {f"{names[key.split('.')[0]]}.{key.split('.')[1]}": value.clone() for key, value in model.state_dict().items()}
    save_file(weights | {"images": codes, "labels": labels}, options.out / "golden.safetensors")
    with torch.no_grad():
        clean = "".join(str(int(h)) for h in model(images).argmax(1) == labels)
    note = "made by bench/peers/run golden with pyautoattack 0.2.0, seed 0; one digit per image, 1 where it stands; itself: the least share of equal verdicts under other seeds"
    (options.out / "golden.json").write_text(json.dumps({"note": note, "clean": clean, "norms": verdicts}, indent=1) + "\n")
    return 0


def _draw(templates: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Images `[n, 1, SIDE, SIDE]` of a class: its template, shifted by at most a pixel, dimmed, under noise."""
    shifted = [templates[y].roll(tuple(torch.randint(-1, 2, (2,)).tolist()), (1, 2)) for y in labels]
    dim = 0.5 + 0.5 * torch.rand(len(labels), 1, 1, 1)
    return (0.2 + 0.6 * dim * torch.stack(shifted) + 0.08 * torch.randn(len(labels), 1, SIDE, SIDE)).clamp(0, 1)


def _train(templates: torch.Tensor) -> nn.Module:
    """Two convolutions and a linear layer, hardened a little by two steps of L-infinity PGD at 0.03."""
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(12 * (SIDE // 2 - 2) ** 2, CLASSES),
    )
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(250):
        labels = torch.randint(0, CLASSES, (128,))
        images = _draw(templates, labels)
        hard = images.clone()
        for _ in range(2):
            hard.requires_grad_(True)
            (slope,) = torch.autograd.grad(F.cross_entropy(model(hard), labels), hard)
            hard = (images + (hard.detach() + 0.02 * slope.sign() - images).clamp(-0.03, 0.03)).clamp(0, 1)
        optimiser.zero_grad()
        F.cross_entropy(model(hard), labels).backward()
        optimiser.step()
    return model.eval()


def _verdicts(model: nn.Module, images, labels, norm: str, name: str, seed: int) -> str:
    torch.set_num_threads(1)
    return standard(model, images, labels, norm, RADII[norm], seed, None if name == "standard" else name)
