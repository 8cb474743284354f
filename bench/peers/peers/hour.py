"""`run cifar-hour`: CIFAR-10 at 8/255, the same time for everyone: who stands under AutoAttack, ours against PyTorch's N-FGSM and TRADES. The time is
that of each training by itself, all on one kind of machine, or what an hour is in epochs by `--pace`."""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from . import parts, profiled
from .clock import LoadWatch, quiet
from .inputs import ROOT, cifar10, cores, first
from .judge import Judge, ahead, share
from .loop import Recipe, Training, n_fgsm, trades
from .nets import ARCHITECTURES
from .ours import Hardened, PeerServer, estimate
from .pace import Pace

EPSILON = 8 / 255
ARCHITECTURE = "preact-resnet-18,width=16"
EXPERIMENT = ROOT / "bench" / "peers" / "cifar-hour.yaml"
RECIPES = {
    "n-fgsm": Recipe("n-fgsm[noise within the domain]", n_fgsm, EPSILON, peak_rate=0.2, augment=True, nesterov=False, rise=0.5),
    "trades": Recipe(
        "trades[steps=10,beta=6,passes=2]", trades(steps=10, beta=6.0), EPSILON, peak_rate=0.1, augment=True, nesterov=False, weight_decay=2e-4, drops=(0.75, 0.9)
    ),
}
CONTENDERS = ["ours", *RECIPES]
EPOCHS = "train.epochs"
JUDGED = 1000  # the first test images, which chose nothing
SAVED_EVERY = 30.0  # seconds of training
DEADLINE = 0.98  # of the budget, for our training; the rest is for start and end
WARM = 1.05  # steps of a warm process in the time of one that the estimate has seen, at least


@dataclass(frozen=True)
class Contest:
    """One contender with one seed; what is done is in files, so that nothing is repeated. With a pace it trains for so many epochs, whatever the clock."""

    folder: Path
    contender: str
    seed: int
    budget: float
    test: Path
    pace: Pace | None = None

    @property
    def name(self) -> str:
        return f"{self.contender}-{self.seed}"

    @property
    def weights(self) -> Path:
        return self.folder / f"{self.name}.safetensors"

    def run(self) -> dict:
        """Trains; the seconds that it took among others."""
        of = recipe_of(self.contender)
        if self.pace:
            self.pace.epochs()
            of |= {"pace": parts.hash_of(self.pace.file)}
        make = self._ours if self.contender == "ours" else self._pytorch
        code = parts.code()  # that of what runs now
        return parts.once(self.folder / f"{self.name}.json", lambda: self._watched(make) | {"code": code, "weights": parts.hash_of(self.weights)}, of)

    def _watched(self, make: Callable[[], dict]) -> dict:
        """By a pace it does not matter what else runs."""
        known = {"machine": parts.machine(), "processor": parts.processor(), "precision": parts.precision()}
        if self.pace:
            self.pace.require_precision()
            return make() | known
        watch = LoadWatch(list, quiet())
        found = make()
        warnings = watch.warnings()
        for warning in warnings:
            print(warning, flush=True)
        return found | known | {"warnings": warnings}

    def _pytorch(self) -> dict:
        """Under a schedule of time: the share of the budget that is spent is the share of training that is done. By a pace it is the share of the steps."""
        training = pytorch(self.contender, self.seed)
        steps = max(1, round(self.pace.epochs()[self.contender] * training.per_epoch)) if self.pace else None
        checkpoint = self.folder / f"{self.name}{self._which()}.pt"
        training.restore(checkpoint)
        saved = training.seconds
        while (done := training.step_number / steps if steps else training.seconds / self.budget) < 1:
            training.step(done)
            if training.seconds - saved > SAVED_EVERY:
                training.save(checkpoint)
                saved = training.seconds
                print(f"{self.name}: {done:.1%}, {training.seconds:.0f} s", flush=True)
        save_file({name: value.contiguous() for name, value in training.model.state_dict().items()}, self.weights)
        epochs = training.step_number / training.per_epoch
        print(f"{self.name}: {training.seconds:.0f} s, {epochs:.2f} epochs", flush=True)
        return {"seconds": training.seconds, "epochs": epochs}

    def _which(self) -> str:
        """A checkpoint of another pace is another one."""
        return f".{parts.hash_of(self.pace.file)[:8]}" if self.pace else ""

    def _ours(self) -> dict:
        """As many epochs as fill the budget, by our own estimate, which is made once; the governor takes off the steps for which there is no time, as
        PyTorch's schedule goes by time. By a pace as many as that says, without a governor. A trial that is shorter than an epoch takes fewer images."""
        of = {"recipe": parts.hash_of(EXPERIMENT), "budget": self.budget, "deadline": DEADLINE, "warm": WARM}
        settings = self._paced() if self.pace else parts.once(self.folder / f"{self.name}.plan", self._plan, of)
        settings = {key: value for key, value in settings.items() if key != "of"}
        hardened = Hardened(self.folder / self.name)
        seconds = hardened.train(EXPERIMENT, settings)
        course = hardened.course()
        governed = f"; the governor {course['governor']}" if course["governor"] else ""
        print(f"{self.name}: {seconds:.0f} s, {course['epochs']:.2f} epochs{governed}", flush=True)
        hardened.save_weights(self.weights)
        return {"seconds": seconds} | course

    def _paced(self) -> dict:
        return self._epochs(ours_settings(self.seed, self.test), self.pace.epochs()["ours"])

    def _plan(self) -> dict:
        settings = ours_settings(self.seed, self.test) | {EPOCHS: 1, "governor.deadline": f"{math.floor(DEADLINE * self.budget)}s"}
        return self._epochs(settings, WARM * DEADLINE * self.budget / sum(estimate(EXPERIMENT, settings)))

    def _epochs(self, settings: dict, epochs: float) -> dict:
        train = settings["data.train"]
        if epochs < 1:
            count = len(load_file(train)["labels"])
            settings = settings | {"data.train": first(train, max(256, int(count * epochs)))}
        return {key: str(value) for key, value in settings.items()} | {EPOCHS: str(max(1, math.ceil(epochs)))}


def recipe_of(contender: str) -> dict:
    """What tells its results from another recipe's."""
    return {"recipe": parts.hash_of(EXPERIMENT)} if contender == "ours" else RECIPES[contender].told()


def ours_settings(seed: int, test: Path) -> dict:
    return {"seed": seed, "data.train": cifar10("train"), "data.test": test}


def pytorch(contender: str, seed: int) -> Training:
    data = load_file(cifar10("train"))
    return Training(RECIPES[contender], ARCHITECTURES[ARCHITECTURE], data["images"], data["labels"], seed)


def loops() -> dict[str, Callable[[], Training]]:
    """The others' trainings."""
    return {contender: lambda contender=contender: pytorch(contender, 0) for contender in RECIPES}


def paced(folder: Path, budget: float, test: Path) -> Pace:
    return Pace(folder, budget, loops(), EXPERIMENT, ours_settings(0, test), {contender: recipe_of(contender) for contender in CONTENDERS})


def arguments(parser: argparse.ArgumentParser) -> None:
    parts.trained_arguments(parser, CONTENDERS, seeds=2)
    parser.add_argument("--budget", type=float, default=3600, help="seconds of training for each contender and seed, 3600 by default")
    parser.add_argument("--pace", action="store_true", help="measure once, in turn, how many epochs of each that is, and train for so many, whatever the clock")
    parser.add_argument("--profile", action="store_true", help="where the time of a step goes, in half a minute of each; nothing else is done")


def run(options: argparse.Namespace) -> int:
    torch.set_num_threads(cores())
    if options.points > JUDGED:
        raise SystemExit(f"--points: at most {JUDGED}, since the test images behind them chose our recipe; found {options.points}")
    only = parts.names(options, CONTENDERS) + (["pace"] if not options.contender and options.seed is None else [])
    folder = parts.folder(f"cifar-hour-{options.budget:g}{'-pace' if options.pace else ''}", options.afresh, options.recorded, only)
    contenders = options.contender or CONTENDERS
    test = first(cifar10("test"), options.points)
    if options.profile:
        print(profiled.run(folder, loops(), EXPERIMENT, ours_settings(0, test)))
        return 0
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; L-infinity 8/255; {options.budget:g} s each; judged on {options.points} test images")
    pace = paced(folder, options.budget, test) if options.pace else None
    contests = {c: [Contest(folder, c, seed, options.budget, test, pace) for seed in parts.seeds(options)] for c in contenders}
    trained = {c: [] for c in contenders}
    for turn in range(len(parts.seeds(options))):
        for contender in parts.rotated(contenders, turn):
            trained[contender].append(contests[contender][turn].run())
    with PeerServer() as server:
        judge = Judge(server, folder, f"linf:{EPSILON}", ARCHITECTURE, test, options.points)
        verdicts = {
            c: [judge.verdicts(contest.name, contest.weights, part.get("weights")) for contest, part in zip(contests[c], trained[c], strict=True)]
            for c in contenders
        }
    if pace:
        print("\n".join(pace.told()))
    print(summary(trained, verdicts, None if pace else options.budget, judge.unlike()))
    return 0


def summary(trained: dict[str, list[dict]], verdicts: dict[str, list[str]], budget: float | None, unlike: str = "") -> str:
    """A line for each contender, and by how much ours is ahead of the better of the others, where all were given the same: those of one seed
    the same machine; seeds may have different ones. Where a pace has given each its epochs there is no budget, and any machine will do that computes in
    the pace's precision. `unlike` tells how they were judged differently."""
    lines = [f"{'':<10} {'training s':>11} {'stand under AutoAttack, by seed':>32}"]
    unequal = next((warning for turn in zip(*trained.values(), strict=True) if (warning := parts.differing(list(turn)))), "") if budget else ""
    unequal = unequal or unlike
    for contender, found in trained.items():
        took = [part["seconds"] for part in found]
        if budget and contender == "ours" and max(took) > budget:
            unequal = f"OVER THE BUDGET: ours took {max(took):.0f} s of {budget:g}"
        shares = ", ".join(f"{share(v):.2%}" for v in verdicts[contender])
        lines.append(f"{contender:<10} {sum(took) / len(took):>11.1f} {shares:>32}")
    lines += [line for contender, found in trained.items() for part in found for line in told(contender, part)]
    others = [c for c in verdicts if c != "ours"]
    if unequal:
        lines.append(unequal)
    if set(verdicts) != set(CONTENDERS):
        lines.append("NOT ALL CONTENDERS: no figure of the contest")
    if set(verdicts) != set(CONTENDERS) or unequal:
        return "\n".join([*lines, "points ahead=n/a ci95=n/a"])
    for other in others:
        lines.append(f"ours less {other}: {interval(ahead(verdicts['ours'], verdicts[other]))}")
    best = max(others, key=lambda c: share("".join(verdicts[c])))
    points, low, high = ahead(verdicts["ours"], verdicts[best])
    lines.append(f"points ahead={points:.2f} ci95={low:.2f}..{high:.2f}")
    return "\n".join(lines)


def told(contender: str, part: dict) -> list[str]:
    """What is to be known of one training beside its seconds."""
    course = [f"{part['epochs']:.2f} epochs"] if "epochs" in part else []
    course += [f"the governor {part['governor']}"] if part.get("governor") else []
    course += [f"code {part['code']}"] if part.get("code") else []
    return [f"{contender}: {'; '.join(course)}"] * bool(course) + [f"{contender}: {warning}" for warning in part.get("warnings", [])]


def interval(found: tuple[float, float, float]) -> str:
    points, low, high = found
    return f"{points:+.2f} points (95%: {low:+.2f} to {high:+.2f})"
