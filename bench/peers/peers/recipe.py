"""`run recipe`: the PGD-7 training recipe on Fashion-MNIST in PyTorch and here, several seeds, one evaluator."""

import argparse
import json
import statistics
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load, load_file, save_file
from torch import nn
from torch.nn import functional as F

from .attacks import Budget, Tuned, channels_last, correct, cross_entropy
from .inputs import ROOT, WORK, cores, fashion_mnist
from .nets import small_cnn
from .ours import holdfast

EPSILON, BATCH, INNER_STEPS = 0.1, 128, 7
PEAK_RATE, MOMENTUM, WEIGHT_DECAY = 0.05, 0.9, 5e-4
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


def epsilon_at(done: float) -> float:
    """The radius when this share of all steps is done: from 5% of it, whole after 19%."""
    return EPSILON * min(1.0, done / 0.2 + 0.05)


def rate_at(done: float) -> float:
    """The learning rate: linear from 0 to its peak over 30% of the steps, then back to 0."""
    return PEAK_RATE * min(done / 0.3, (1 - done) / 0.7)


def _by_pytorch(run: Run) -> nn.Module:
    images, labels = _images(fashion_mnist("train", run.train_limit))
    model = train(images, labels, run.epochs, run.seed)
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, run.folder / "weights.safetensors")
    return model


def train(images: torch.Tensor, labels: torch.Tensor, epochs: int, seed: int) -> nn.Module:
    """PGD-AT (Madry et al. 2018) on uint8 images, tuned by hand; the attack runs in evaluation mode, the update with dropout."""
    torch.manual_seed(seed)
    model = small_cnn()
    tuned = Tuned(model)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0, momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY)
    per_epoch = len(images) // BATCH
    for step in range(epochs * per_epoch):
        if step % per_epoch == 0:
            order = torch.randperm(len(images))
        batch = order[step % per_epoch * BATCH :][:BATCH]
        done = step / (epochs * per_epoch)
        optimiser.param_groups[0]["lr"] = rate_at(done)
        x, y = channels_last(images[batch].float() / 255), labels[batch]
        epsilon = epsilon_at(done)
        model.eval()
        adversarial = tuned.pgd(x, y, Budget(epsilon, epsilon / 4, INNER_STEPS), random_start(x, epsilon))
        model.train()
        optimiser.zero_grad()
        F.cross_entropy(tuned.logits(adversarial), y).backward()
        optimiser.step()
    return model.eval()


def random_start(x: torch.Tensor, epsilon: float, generator: torch.Generator | None = None) -> torch.Tensor:
    noise = torch.empty_like(x).uniform_(-epsilon, epsilon, generator=generator)
    return noise.add_(x).clamp_(0, 1)


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
    holdfast(
        "harden", EXPERIMENT, "--out", run.folder / "run", "--resume",
        "--set", f"seed={run.seed}", "--set", f"train.epochs={run.epochs}",
        "--set", f"data.train={fashion_mnist('train', run.train_limit)}",
        "--set", f"data.test={fashion_mnist('t10k', run.test_limit)}",
    )
    with zipfile.ZipFile(run.folder / "run" / "model.holdfast") as bundle:
        return as_pytorch(load(bundle.read("weights.safetensors")))


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
