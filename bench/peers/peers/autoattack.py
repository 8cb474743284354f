"""`run autoattack`: the original and ours on the same weights and points, part by part in turn; theirs over ours."""

import argparse
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch

from . import parts
from .clock import LoadWatch
from .inputs import Workload, cores, fashion
from .original import BATCH, agreement, standard
from .ours import PeerServer

MODELS = {"trades": "fmnist-trades", "standard": "fmnist-standard"}
CONTENDERS = {"original": None, "ours": "autoattack", "suite": "holdfast"}
EPSILON, PATIENCE = 0.1, 4 * 3600


@dataclass(frozen=True)
class Part:
    """Some points before one contender; its result is a JSON file, so a finished one is never repeated."""

    folder: Path
    work: Workload
    contender: str
    first: int
    count: int

    @property
    def result(self) -> Path:
        return self.folder / f"{self.work.name}-{self.contender}-{self.first}.json"

    def once(self, server: PeerServer | None) -> dict | None:
        return parts.once(self.result, lambda: self._made(server))

    def _made(self, server: PeerServer | None) -> dict | None:
        if self.contender == "original":
            return self._original()
        fields = dict(first=self.first, count=self.count, threat=f"linf:{EPSILON}", attack=CONTENDERS[self.contender])
        return server.call("attack", PATIENCE, name=self.work.name, **fields) if server else None

    def _original(self) -> dict:
        images, labels = (t[self.first:] for t in self.work.batch(self.first + self.count))
        model = self.work.model()
        begin = time.perf_counter()
        held = standard(model, images, labels, "linf", EPSILON)
        return {"ms": (time.perf_counter() - begin) * 1e3, "robust": held}


def arguments(parser: argparse.ArgumentParser) -> None:
    parts.arguments(parser, 500, list(MODELS))


def run(options: argparse.Namespace) -> int:
    load = os.getloadavg()[0]
    torch.set_num_threads(cores())
    folder = parts.folder(f"autoattack-{options.points}", options.afresh)
    names = options.only or list(MODELS)
    with ExitStack() as stack:
        server = None if options.without_ours else stack.enter_context(PeerServer())
        watch = LoadWatch(lambda: [server.process.pid] if server else [], load)
        print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, float32; L-infinity {EPSILON}; points in parts of {BATCH}")
        found = {name: _model(server, folder, fashion(MODELS[name]), options.points) for name in names}
        for warning in watch.warnings():
            print(warning)
    for name, results in found.items():
        print(_table(MODELS[name], results, options.points))
    print("ratios", *(f"{name}={_ratio(found.get(name, {}), 'ours')}" for name in MODELS), f"suite={_ratio(found.get('trades', {}), 'suite')}")
    return 0


def _model(server: PeerServer | None, folder: Path, work: Workload, points: int) -> dict[str, dict]:
    """Seconds and verdicts of each contender over all parts; each part begins with another contender."""
    print(f"{work.name}: {work.origin}")
    if server:
        print(f"ours: {server.load(work)}")
    results = {name: {"seconds": 0.0, "robust": "", "stages": {}} for name in CONTENDERS}
    names = list(CONTENDERS)
    for turn, first in enumerate(range(0, points, BATCH)):
        for name in parts.rotated(names, turn):
            part = Part(folder, work, name, first, min(BATCH, points - first)).once(server)
            if part is None:
                results.pop(name, None)
                continue
            result = results[name]
            result["seconds"] += part["ms"] / 1e3
            result["robust"] += part["robust"]
            for stage, numbers in part.get("stages", {}).items():
                result["stages"].setdefault(stage, []).append(numbers)
            print(f"  {work.name} from {first}: {name} {part['ms'] / 1e3:.1f} s, {part['robust'].count('1')} stand", flush=True)
    return results


def _table(name: str, results: dict[str, dict], points: int) -> str:
    theirs = results["original"]
    lines = [f"\n{name + f', {points} points':<34} {'seconds':>9} {'robust':>8} {'same verdict':>13} {'theirs/ours':>12}"]
    for contender, found in results.items():
        share = found["robust"].count("1") / points
        same = agreement(found["robust"], theirs["robust"])
        lines.append(f"  {contender:<32} {found['seconds']:>9.1f} {share:>8.2%} {same:>13.2%} {theirs['seconds'] / found['seconds']:>12.2f}")
        for stage, parts in found["stages"].items():
            attacked, fell = (sum(p[key] for p in parts) for key in ("attacked", "fell"))
            held = [p for p in parts if p["attacked"] > p["fell"]]
            least = [min((p[key] for p in held), default=0) for key in ("least_gradients", "least_queries")]
            lines.append(f"      {stage:<38} {attacked:>4} attacked, {fell:>4} fell; survivors spent at least {least[0]} gradients, {least[1]} queries")
    return "\n".join(lines)


def _ratio(results: dict[str, dict], contender: str) -> str:
    if "original" not in results or contender not in results:
        return "n/a"
    return f"{results['original']['seconds'] / results[contender]['seconds']:.2f}"
