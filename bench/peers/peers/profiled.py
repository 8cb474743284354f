"""`run cifar-hour --profile`: where the time of a step goes, by oneDNN's own log of each convolution; one contender after the other."""

import os
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path

import torch

from . import parts
from .clock import LoadWatch, quiet
from .inputs import cores, first
from .loop import BATCH, Training
from .ours import Hardened

WARM, STEPS, SLOW_STEPS = 10, 60, 12
SLOW = "trades"
NEVER = 0.999999  # of training: later than its last step begins
KINDS = {"forward_training": "forward", "forward_inference": "forward", "backward_data": "back to inputs", "backward_weights": "back to weights"}
COLUMNS = [*dict.fromkeys(KINDS.values()), "other"]


def run(folder: Path, loops: dict, experiment: Path, settings: dict) -> str:
    """A table: milliseconds of a batch, and what parts of them were spent in oneDNN."""
    watch = LoadWatch(list, quiet())
    lines = [f"{'ms of a batch':<14} {'all':>8} {'oneDNN':>8} " + " ".join(f"{c:>16}" for c in COLUMNS) + f" {'the rest':>9}"]
    for name, make in loops.items():
        lines.append(line(name, *of_loop(make(), SLOW_STEPS if name == SLOW else STEPS)))
    lines.append(line("ours", *of_ours(folder, experiment, settings)))
    lines += [f"({parts.machine()}; code {parts.code()}; AWP, which ours has at the end, is not in it)", *watch.warnings()]
    return "\n".join(lines)


def line(name: str, whole: float, kinds: Counter) -> str:
    within = sum(kinds.values())
    cells = " ".join(f"{kinds[c]:>16.1f}" for c in COLUMNS)
    return f"{name:<14} {whole:>8.1f} {within:>8.1f} {cells} {whole - within:>9.1f}"


def of_loop(training: Training, steps: int) -> tuple[float, Counter]:
    """Milliseconds of a step without the log, and those of its primitives with it: each of them has all threads."""
    took = []
    for number in range(WARM + steps):
        before = training.seconds
        training.step(0.5)
        if number >= WARM:
            took.append(training.seconds - before)
    log = logged(lambda: [training.step(0.5) for _ in range(steps)])
    return statistics.median(took) * 1e3, scaled(primitives(log), 1 / steps)


def of_ours(folder: Path, experiment: Path, settings: dict) -> tuple[float, Counter]:
    """The same of whole commands: workers run primitives side by side, so that their time is shared by as many."""
    run = folder / "profile"
    settings = settings | {"data.train": first(Path(settings["data.train"]), (WARM + STEPS) * BATCH), "train.epochs": 1, "train.weight_perturbation.from": NEVER}
    took, log = [], ""
    for logging in (False, True):
        shutil.rmtree(run, ignore_errors=True)
        run.with_suffix(".clock").unlink(missing_ok=True)
        hardened = Hardened(run)
        if logging:
            log = hardened.logged(experiment, settings)
        else:
            hardened.train(experiment, settings)
            took = hardened.steps()[WARM:]
    return statistics.median(took) * 1e3, scaled(primitives(log), 1 / (cores() * (WARM + STEPS)))


def logged(work) -> str:
    """What oneDNN writes to the process's own standard output meanwhile."""
    sys.stdout.flush()
    with tempfile.TemporaryFile() as file:
        kept = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):
                work()
        finally:
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        return file.read().decode(errors="replace")


def primitives(log: str) -> Counter:
    """Milliseconds by kind: of convolutions by their direction, of all others together."""
    found = Counter()
    for text in log.splitlines():
        fields = text[text.find("onednn_verbose") :].split(",") if "onednn_verbose" in text else []
        if "exec" in fields:
            kind, _, direction = fields[fields.index("exec") + 2 :][:3]
            found[KINDS.get(direction, "other") if kind == "convolution" else "other"] += float(fields[-1])
    return found


def scaled(found: Counter, factor: float) -> Counter:
    return Counter({kind: milliseconds * factor for kind, milliseconds in found.items()})
