"""`run time-to-target`: how soon our recipe is as robust as four epochs of TRADES by the hand-tuned PyTorch loop; theirs over ours."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from . import parts
from .clock import LoadWatch
from .inputs import ROOT, cores, fashion_mnist, first
from .judge import Judge, ahead, share
from .loop import Recipe, Training, trades
from .nets import small_cnn
from .ours import Hardened, PeerServer

EPSILON = 0.1
TRADES = Recipe("trades[steps=10,beta=6]", trades(steps=10, beta=6.0), EPSILON, peak_rate=0.05, warm_up=0.2)
EXPERIMENT = ROOT / "bench" / "peers" / "time-to-target.yaml"
CONTENDERS = ["pytorch", "ours"]
SAVED_EVERY = 30.0  # seconds of training


@dataclass(frozen=True)
class Contest:
    """One seed of both contenders; what is done is in files, so that nothing is repeated."""

    folder: Path
    seed: int
    epochs: int
    train_limit: int | None
    test: Path

    def pytorch(self, until: int) -> dict | None:
        """Trains until so many epochs are done; the result when all are. Its seconds are those of its steps alone."""
        return parts.once(self._file("pytorch", "json"), lambda: self._pytorch(until), TRADES.told() | {"epochs": self.epochs})

    def _pytorch(self, until: int) -> dict | None:
        data = load_file(fashion_mnist("train", self.train_limit))
        training = Training(TRADES, small_cnn, data["images"], data["labels"], self.seed)
        checkpoint = self._file("pytorch", "pt")
        training.restore(checkpoint)
        steps, saved = self.epochs * training.per_epoch, training.seconds
        while training.step_number < until * training.per_epoch:
            training.step(training.step_number / steps)
            if training.seconds - saved > SAVED_EVERY:
                training.save(checkpoint)
                saved = training.seconds
        training.save(checkpoint)
        print(f"pytorch seed {self.seed}: {until} of {self.epochs} epochs, {training.seconds:.1f} s", flush=True)
        if until < self.epochs:
            return None
        save_file({name: value.contiguous() for name, value in training.model.state_dict().items()}, self.weights("pytorch"))
        return self._told("pytorch", training.seconds)

    def ours(self) -> dict:
        """Its seconds are those of the whole command: start, reading, training, writing."""
        return parts.once(self._file("ours", "json"), self._ours, {"recipe": parts.hash_of(EXPERIMENT)})

    def _ours(self) -> dict:
        hardened = Hardened(self.folder / f"ours-{self.seed}")
        seconds = hardened.train(EXPERIMENT, {"seed": self.seed, "data.train": fashion_mnist("train", self.train_limit), "data.test": self.test})
        print(f"ours seed {self.seed}: {seconds:.1f} s", flush=True)
        hardened.save_weights(self.weights("ours"))
        return self._told("ours", seconds)

    def _told(self, contender: str, seconds: float) -> dict:
        trained = {"weights": parts.hash_of(self.weights(contender)), "code": parts.code()}
        return {"seconds": seconds, "machine": parts.machine(), "processor": parts.processor(), "precision": parts.precision()} | trained

    def weights(self, contender: str) -> Path:
        return self._file(contender, "safetensors")

    def run(self, contenders: list[str]) -> dict[str, dict]:
        """What each came to; ours runs in the middle of theirs, so that both see the same machine."""
        turns = {contender: None for contender in contenders}
        for epoch in range(1, self.epochs + 1):
            if "pytorch" in turns:
                turns["pytorch"] = self.pytorch(epoch)
            if "ours" in turns and turns["ours"] is None and 2 * epoch >= self.epochs:
                turns["ours"] = self.ours()
        return turns

    def _file(self, contender: str, kind: str) -> Path:
        return self.folder / f"{contender}-{self.seed}.{kind}"


def arguments(parser: argparse.ArgumentParser) -> None:
    parts.trained_arguments(parser, CONTENDERS, seeds=1)
    parser.add_argument("--epochs", type=int, default=4, help="of TRADES, 4 by default")
    parser.add_argument("--train-limit", type=int, help="only the first images (a trial)")


def run(options: argparse.Namespace) -> int:
    load = os.getloadavg()[0]
    torch.set_num_threads(cores())
    trial = f"-train{options.train_limit}" if options.train_limit else ""
    folder = parts.folder(f"time-to-target-epochs{options.epochs}{trial}", options.afresh, options.recorded, parts.names(options, CONTENDERS))
    contenders = options.contender or CONTENDERS
    test = first(fashion_mnist("t10k"), options.points)
    contests = [Contest(folder, seed, options.epochs, options.train_limit, test) for seed in parts.seeds(options)]
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; L-infinity {EPSILON}; judged on {options.points} test images")
    watch = LoadWatch(list, load)
    trained = [contest.run(contenders) for contest in contests]
    for warning in watch.warnings():
        print(warning)
    with PeerServer() as server:
        judge = Judge(server, folder, f"linf:{EPSILON}", "small-cnn", test, options.points)
        verdicts = {
            c: [judge.verdicts(f"{c}-{contest.seed}", contest.weights(c), t[c].get("weights")) for contest, t in zip(contests, trained, strict=True)]
            for c in contenders
        }
    print(summary({c: [t[c] for t in trained] for c in contenders}, verdicts))
    return 0


def summary(trained: dict[str, list[dict]], verdicts: dict[str, list[str]]) -> str:
    """A line for each contender, and the ratio of times where ours stands at least as often."""
    seconds = {contender: [part["seconds"] for part in found] for contender, found in trained.items()}
    unequal = parts.differing([part for found in trained.values() for part in found])
    lines = [f"{'':<10} {'training s':>11} {'stand under AutoAttack':>23}"]
    for contender, took in seconds.items():
        lines.append(f"{contender:<10} {sum(took) / len(took):>11.1f} {share(''.join(verdicts[contender])):>23.2%}")
    ratio = "n/a"
    if len(seconds) == len(CONTENDERS):
        points, low, high = ahead(verdicts["ours"], verdicts["pytorch"])
        lines.append(f"ours less PyTorch: {points:+.2f} points (95%: {low:+.2f} to {high:+.2f})")
        if unequal:
            lines.append(unequal)
        elif points >= 0:
            ratio = f"{sum(seconds['pytorch']) / sum(seconds['ours']):.2f}"
        else:
            lines.append(f"MISSED: the target was not reached in {sum(seconds['pytorch']) / sum(seconds['ours']):.2f} times less time")
    lines.append(f"ratios time_to_target={ratio}")
    return "\n".join(lines)
