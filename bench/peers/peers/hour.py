"""`run cifar-hour`: CIFAR-10 at 8/255, the same time for everyone: who stands under AutoAttack, ours against PyTorch's N-FGSM and TRADES."""

import argparse
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from . import parts
from .clock import LoadWatch
from .inputs import ROOT, cifar10, cores, first
from .judge import Judge, ahead, share
from .loop import Recipe, Training, n_fgsm, trades
from .nets import ARCHITECTURES
from .ours import Hardened, PeerServer, estimate

EPSILON = 8 / 255
ARCHITECTURE = "preact-resnet-18,width=16"
EXPERIMENT = ROOT / "bench" / "peers" / "cifar-hour.yaml"
RECIPES = {
    "n-fgsm": Recipe("n-fgsm", n_fgsm, EPSILON, peak_rate=0.2, augment=True),
    "trades": Recipe("trades[steps=10,beta=6]", trades(steps=10, beta=6.0), EPSILON, peak_rate=0.1, augment=True),
}
CONTENDERS = ["ours", *RECIPES]
EPOCHS = "stages[0].epochs"  # of our recipe: those that its other stages leave time for
SAVED_EVERY = 30.0  # seconds of training
# Of the budget: by the estimate of our side, and for its training; the rest is for start and end. With a search of one step a governor gives up steps of
# training, so that the plan must hold on a machine that wavers by some percent if the recipe is to be trained as it stands.
MARGIN, DEADLINE = 0.95, 0.98


@dataclass(frozen=True)
class Contest:
    """One contender with one seed; what is done is in files, so that nothing is repeated."""

    folder: Path
    contender: str
    seed: int
    budget: float
    test: Path

    @property
    def name(self) -> str:
        return f"{self.contender}-{self.seed}"

    @property
    def weights(self) -> Path:
        return self.folder / f"{self.name}.safetensors"

    def run(self) -> dict:
        """Trains; the seconds that it took among others."""
        ours = self.contender == "ours"
        of = {"recipe": parts.hash_of(EXPERIMENT)} if ours else RECIPES[self.contender].told()
        return parts.once(self.folder / f"{self.name}.json", lambda: self._watched(self._ours if ours else self._pytorch), of)

    def _watched(self, make: Callable[[], dict]) -> dict:
        watch = LoadWatch(list, os.getloadavg()[0])
        found = make()
        for warning in watch.warnings():
            print(warning, flush=True)
        return found | {"machine": parts.machine(), "warnings": watch.warnings()}

    def _pytorch(self) -> dict:
        """Under a schedule of time: the share of the budget that is spent is the share of training that is done."""
        data = load_file(cifar10("train"))
        training = Training(RECIPES[self.contender], ARCHITECTURES[ARCHITECTURE], data["images"], data["labels"], self.seed)
        checkpoint = self.folder / f"{self.name}.pt"
        training.restore(checkpoint)
        saved = training.seconds
        while training.seconds < self.budget:
            training.step(training.seconds / self.budget)
            if training.seconds - saved > SAVED_EVERY:
                training.save(checkpoint)
                saved = training.seconds
        save_file({name: value.contiguous() for name, value in training.model.state_dict().items()}, self.weights)
        epochs = training.step_number / training.per_epoch
        print(f"{self.name}: {training.seconds:.0f} s, {epochs:.2f} epochs", flush=True)
        return {"seconds": training.seconds, "epochs": epochs}

    def _ours(self) -> dict:
        """As many epochs of the first stage as fit, by our own estimate, which is made once; a trial that is shorter than an epoch takes fewer images. Where
        the estimate was wrong, the governor keeps the deadline and says what it gave up."""
        settings = parts.once(self.folder / f"{self.name}.plan", self._plan, {"recipe": parts.hash_of(EXPERIMENT)})
        settings = {key: value for key, value in settings.items() if key != "of"}
        hardened = Hardened(self.folder / self.name)
        seconds = hardened.train(EXPERIMENT, settings)
        course = hardened.course()
        print(f"{self.name}: {seconds:.0f} s, {course['epochs']} epochs; the governor {course['governor']}", flush=True)
        hardened.save_weights(self.weights)
        return {"seconds": seconds} | course

    def _plan(self) -> dict:
        train = cifar10("train")
        settings = {"seed": self.seed, "data.train": train, "data.test": self.test, EPOCHS: 1, "governor.deadline": f"{math.floor(DEADLINE * self.budget)}s"}
        epoch, *later = estimate(EXPERIMENT, settings)
        epochs = int((MARGIN * self.budget - sum(later)) / epoch)
        if epochs < 1:
            count = len(load_file(train)["labels"])
            settings["data.train"] = first(train, max(256, int(count * MARGIN * self.budget / (epoch + sum(later)))))
        return {key: str(value) for key, value in settings.items()} | {EPOCHS: str(max(1, epochs))}


def arguments(parser: argparse.ArgumentParser) -> None:
    parts.trained_arguments(parser, CONTENDERS, seeds=2)
    parser.add_argument("--budget", type=float, default=3600, help="seconds of training for each contender and seed, 3600 by default")


def run(options: argparse.Namespace) -> int:
    torch.set_num_threads(cores())
    folder = parts.folder(f"cifar-hour-{options.budget:g}", options.afresh, options.recorded, parts.names(options, CONTENDERS))
    contenders = options.contender or CONTENDERS
    test = first(cifar10("test"), options.points)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; L-infinity 8/255; {options.budget:g} s each; judged on {options.points} test images")
    contests = {c: [Contest(folder, c, seed, options.budget, test) for seed in parts.seeds(options)] for c in contenders}
    trained = {c: [] for c in contenders}
    for turn in range(len(parts.seeds(options))):
        for contender in parts.rotated(contenders, turn):
            trained[contender].append(contests[contender][turn].run())
    with PeerServer() as server:
        judge = Judge(server, folder, f"linf:{EPSILON}", ARCHITECTURE, test, options.points)
        verdicts = {c: [judge.verdicts(contest.name, contest.weights) for contest in contests[c]] for c in contenders}
    print(summary(trained, verdicts, options.budget))
    return 0


def summary(trained: dict[str, list[dict]], verdicts: dict[str, list[str]], budget: float) -> str:
    """A line for each contender, and by how much ours is ahead of the better of the others, where all were given the same."""
    lines = [f"{'':<10} {'training s':>11} {'stand under AutoAttack, by seed':>32}"]
    unequal = parts.differing([part for found in trained.values() for part in found])
    for contender, found in trained.items():
        took = [part["seconds"] for part in found]
        if contender == "ours" and max(took) > budget:
            unequal = f"OVER THE BUDGET: ours took {max(took):.0f} s of {budget:g}"
        shares = ", ".join(f"{share(v):.2%}" for v in verdicts[contender])
        lines.append(f"{contender:<10} {sum(took) / len(took):>11.1f} {shares:>32}")
    others = [c for c in verdicts if c != "ours"]
    if unequal:
        lines.append(unequal)
    if "ours" not in verdicts or not others or unequal:
        return "\n".join([*lines, "points ahead=n/a ci95=n/a"])
    for other in others:
        lines.append(f"ours less {other}: {interval(ahead(verdicts['ours'], verdicts[other]))}")
    best = max(others, key=lambda c: share("".join(verdicts[c])))
    points, low, high = ahead(verdicts["ours"], verdicts[best])
    lines.append(f"points ahead={points:.2f} ci95={low:.2f}..{high:.2f}")
    return "\n".join(lines)


def interval(found: tuple[float, float, float]) -> str:
    points, low, high = found
    return f"{points:+.2f} points (95%: {low:+.2f} to {high:+.2f})"
