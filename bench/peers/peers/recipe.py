"""`run recipe`: the PGD-7 training recipe on Fashion-MNIST in PyTorch and here, several seeds, one evaluator."""

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from .attacks import Budget, Tuned, correct
from .inputs import ROOT, WORK, cores, fashion_mnist
from .loop import Recipe, Training, pgd_at, random_start
from .nets import small_cnn
from .ours import Hardened

EPSILON, INNER_STEPS = 0.1, 7
RECIPE = Recipe(f"pgd-at[steps={INNER_STEPS}]", pgd_at(INNER_STEPS), EPSILON, peak_rate=0.05, warm_up=0.2)
EXPERIMENT = ROOT / "bench" / "peers" / "recipe.yaml"
# The evaluation of both: one uniform start in ball and box, seed 1000; bf16 search, verdict in float32.
EVALUATION, EVALUATION_SEED = Budget(EPSILON, 0.01, 50), 1000


@dataclass(frozen=True)
class Run:
    """One training of one contender; its result is a JSON file, so a finished run is never repeated."""

    contender: str
    seed: int
    epochs: int
    train_limit: int | None
    test_limit: int | None

    @property
    def folder(self) -> Path:
        size = f"-train{self.train_limit}" if self.train_limit else ""
        size += f"-test{self.test_limit}" if self.test_limit else ""
        return WORK / "recipe" / f"{self.contender}-epochs{self.epochs}{size}-seed{self.seed}"

    @property
    def result(self) -> Path:
        return self.folder / "result.json"

    def once(self) -> dict:
        if self.result.is_file():
            return json.loads(self.result.read_text())
        self.folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        model = {"pytorch": _by_pytorch, "ours": _by_ours}[self.contender](self)
        trained = time.perf_counter()
        found = evaluate(model, *_images(fashion_mnist("t10k", self.test_limit)))
        found |= {"contender": self.contender, "seed": self.seed, "train_seconds": round(trained - start, 1)}
        partial = self.result.with_suffix(".part")
        partial.write_text(json.dumps(found))
        partial.rename(self.result)
        return found


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, ...")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--contender", choices=["ours", "pytorch"], help="this one alone")
    parser.add_argument("--train-limit", type=int, help="only the first images (a trial)")
    parser.add_argument("--test-limit", type=int, help="only the first images (a trial)")


def run(options: argparse.Namespace) -> int:
    torch.set_num_threads(cores())
    contenders = [options.contender] if options.contender else ["pytorch", "ours"]
    seeds = range(options.seeds) if options.seed is None else [options.seed]
    results = []
    for seed in seeds:
        for contender in contenders:
            found = Run(contender, seed, options.epochs, options.train_limit, options.test_limit).once()
            print(f"{contender} seed {seed}: clean {found['clean']:.2%}, PGD-{EVALUATION.steps} {found['robust']:.2%}, "
                  f"{found['train_seconds']:.0f} s", flush=True)
            results.append(found)
    print(table(results))
    return 0


def table(results: list[dict]) -> str:
    """Means and ranges over seeds, and ours less theirs in points where both ran."""
    lines = [f"{'':<10} {'seeds':>5} {'clean %':>22} {f'PGD-{EVALUATION.steps} %':>22} {'training s':>11}"]
    means = {}
    for contender in ("pytorch", "ours"):
        rows = [r for r in results if r["contender"] == contender]
        if rows:
            columns = {key: [100 * r[key] for r in rows] for key in ("clean", "robust")}
            means[contender] = {key: statistics.mean(values) for key, values in columns.items()}
            cells = [f"{statistics.mean(v):.2f} ({min(v):.2f}-{max(v):.2f})" for v in columns.values()]
            seconds = statistics.mean(r["train_seconds"] for r in rows)
            lines.append(f"{contender:<10} {len(rows):>5} {cells[0]:>22} {cells[1]:>22} {seconds:>11.0f}")
    if len(means) == 2:
        clean, robust = (means["ours"][key] - means["pytorch"][key] for key in ("clean", "robust"))
        lines.append(f"ours less PyTorch, points: clean {clean:+.2f}, PGD-{EVALUATION.steps} {robust:+.2f}")
    return "\n".join(lines)


def _by_pytorch(run: Run) -> nn.Module:
    images, labels = _images(fashion_mnist("train", run.train_limit))
    model = train(images, labels, run.epochs, run.seed)
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, run.folder / "weights.safetensors")
    return model


def train(images: torch.Tensor, labels: torch.Tensor, epochs: int, seed: int) -> nn.Module:
    """The recipe on uint8 images."""
    training = Training(RECIPE, small_cnn, images, labels, seed)
    steps = epochs * training.per_epoch
    for step in range(steps):
        training.step(step / steps)
    return training.model.eval()


def evaluate(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Accuracy on the images, and at the last iterate of the evaluation's PGD."""
    x = images.float() / 255
    clean = correct(model, x, labels)
    start = random_start(x, EPSILON, torch.Generator().manual_seed(EVALUATION_SEED))
    tuned = Tuned(model.requires_grad_(False))
    held = sum(
        correct(model, tuned.pgd(xs, ys, EVALUATION, starts), ys)
        for xs, ys, starts in zip(x.split(250), labels.split(250), start.split(250))
    )
    return {"clean": clean / len(x), "robust": held / len(x)}


def _by_ours(run: Run) -> nn.Module:
    ours = Hardened(run.folder / "run")
    ours.train(EXPERIMENT, {
        "seed": run.seed, "train.epochs": run.epochs,
        "data.train": fashion_mnist("train", run.train_limit), "data.test": fashion_mnist("t10k", run.test_limit),
    })
    return as_pytorch(load_file(ours.save_weights(run.folder / "weights.safetensors")))


def as_pytorch(weights: dict[str, torch.Tensor]) -> nn.Module:
    """`small-cnn` with these weights, whatever their names: every weight of this network has its own shape."""
    stems = {tuple(t.shape): name.removesuffix("weight") for name, t in weights.items() if name.endswith("weight")}
    model = small_cnn()
    for layer in model:
        if hasattr(layer, "weight"):
            stem = stems[tuple(layer.weight.shape)]
            layer.load_state_dict({key: weights[f"{stem}{key}"] for key in ("weight", "bias")})
    return model.eval()


def _images(file: Path) -> tuple[torch.Tensor, torch.Tensor]:
    data = load_file(file)
    return data["images"], data["labels"]
