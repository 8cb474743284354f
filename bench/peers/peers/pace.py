"""What the hour of `run cifar-hour` is in epochs: all contenders train in turn, within one run on one machine, so that trainings of that many epochs
may be made one by one, on any machine and beside any work."""

import math
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path

from . import parts
from .clock import LoadWatch, alternate, quiet
from .inputs import first
from .loop import Training
from .ours import Hardened

ROUNDS = 3
SLICE = 195  # steps of a turn: half an epoch
SLOW, SLOW_SLICE = "trades", 40
IMAGES = 25_000  # of a turn of ours, the same half
FIRST = 30  # steps in which a process of ours grows warm
ALL = 50_000


@dataclass(frozen=True)
class Pace:
    """Measured once; `file` says what was found, of what, and where.

    `loops` make the others' trainings, by name; `settings` are those of ours but for the number of epochs, with all training images.
    """

    folder: Path
    budget: float
    loops: dict
    experiment: Path
    settings: dict
    of: dict

    @property
    def file(self) -> Path:
        return self.folder / "pace.json"

    def epochs(self) -> dict[str, float]:
        """Of each contender in the budget; whole ones for ours, which has no other number."""
        return self._found()["epochs"]

    def require_precision(self) -> None:
        """Refuses to train on a machine to which the time is worth something else; what was trained elsewhere is read on any."""
        measured = self._found().get("precision")
        if measured != parts.precision():
            raise SystemExit(f"{self.file} was measured in {measured}, and this machine trains in {parts.precision()}: what the time is worth differs")

    def _found(self) -> dict:
        return parts.once(self.file, self._measured, self.of | {"budget": self.budget})

    def told(self) -> list[str]:
        """Lines for the reader of a result."""
        found = parts.once(self.file, self._measured)
        epochs = "; ".join(f"{name} {count:.2f}" for name, count in found["epochs"].items())
        return [f"{self.budget:g} s are, in epochs: {epochs} (measured in turn on {found['machine']}; code {found['code']})", *found["warnings"]]

    def _measured(self) -> dict:
        code = parts.code()
        watch = LoadWatch(list, quiet())
        loops = {name: make() for name, make in self.loops.items()}
        rests = []
        turns = {name: lambda name=name, loop=loop: 1e3 * loop_epoch(loop, SLOW_SLICE if name == SLOW else SLICE) for name, loop in loops.items()}
        took = alternate(turns | {"ours": lambda: 1e3 * self._ours(rests)}, ROUNDS, warmups=0)
        seconds = {name: statistics.median(milliseconds) / 1e3 for name, milliseconds in took.items()}
        epochs = {name: self.budget / epoch for name, epoch in seconds.items()}
        rest = statistics.median(rests)
        epochs["ours"] = whole_epochs(self.budget - rest, seconds["ours"])
        for name in seconds:
            print(f"{name}: {seconds[name]:.1f} s an epoch ({spread(took[name])}), {epochs[name]:.2f} epochs in {self.budget:g} s", flush=True)
        warnings = watch.warnings()
        for warning in warnings:
            print(warning, flush=True)
        known = {"machine": parts.machine(), "processor": parts.processor(), "precision": parts.precision(), "warnings": warnings, "code": code}
        return {"seconds": seconds, "turns": took, "rest": rest, "epochs": epochs} | known

    def _ours(self, rests: list[float]) -> float:
        """Seconds of an epoch by the steps of a whole command on half of the images, in a process that has just begun. What else there is in the command
        is once in an hour: its start and end, and by how much its first steps are slower. It goes to `rests`. As of the others, what a checkpoint takes
        does not count."""
        run = self.folder / "pace"
        shutil.rmtree(run, ignore_errors=True)
        run.with_suffix(".clock").unlink(missing_ok=True)
        settings = self.settings | {"data.train": first(Path(self.settings["data.train"]), IMAGES), "train.epochs": 1}
        hardened = Hardened(run)
        whole = hardened.train(self.experiment, settings)
        steps = warm(hardened.steps())
        rests.append(whole - sum(steps))
        return sum(steps) * ALL / IMAGES


def warm(steps: list[float], slow: int = FIRST) -> list[float]:
    """Seconds of each step, the first ones as the half of training behind them takes in the median: what comes late, as perturbed weights, has its share."""
    usual = statistics.median(steps[slow : max(slow + 1, len(steps) // 2)])
    return [min(step, usual) if number < slow else step for number, step in enumerate(steps)]


def loop_epoch(loop: Training, steps: int) -> float:
    """Seconds of an epoch, by so many steps in the middle of training."""
    before = loop.seconds
    for _ in range(steps):
        loop.step(0.5)
    return (loop.seconds - before) / steps * loop.per_epoch


def whole_epochs(budget: float, epoch: float) -> float:
    """As many as fit; a part of one where not even one does, in a trial."""
    return float(math.floor(budget / epoch)) if budget >= epoch else max(0.0, budget / epoch)


def spread(milliseconds: list[float]) -> str:
    return f"{min(milliseconds) / 1e3:.1f} to {max(milliseconds) / 1e3:.1f}"
