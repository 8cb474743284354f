"""Who stands under AutoAttack on the first test images: our `autoattack`, which gives the original's verdicts (`run autoattack`)."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import torch

from . import parts
from .inputs import Workload
from .ours import PeerServer

PART, PATIENCE = 250, 4 * 3600
RESAMPLES = 10_000


@dataclass(frozen=True)
class Judge:
    """Judges weights on some points, part by part, each of which is a JSON file as soon as it is done."""

    server: PeerServer
    folder: Path
    threat: str
    architecture: str
    data: Path
    points: int
    precisions: dict[str, set[str]] = field(default_factory=dict)

    def unlike(self) -> str:
        """A warning where attacks searched in several precisions; nothing where they did in one."""
        used = set().union(*self.precisions.values())
        return f"DIFFERENT PRECISIONS of the attacks: {self.precisions}" if len(used) > 1 else ""

    def verdicts(self, name: str, weights: Path, trained: str | None = None) -> str:
        """One digit per point: 1 where the network is right and no attack succeeds. Verdicts of other weights than those `trained` are refused."""
        files = {first: self.folder / f"{name}-judged-{first}-{self._end(first)}.json" for first in range(0, self.points, PART)}
        if not all(file.is_file() for file in files.values()):
            self.server.load(Workload(name, self.architecture, weights, self.data, "trained"))
        own = parts.hash_of(weights) if weights.is_file() else trained  # on record there are none
        if trained and own != trained:
            raise SystemExit(f"{weights} is not what {name} was trained to: move it away, or begin anew with --afresh")
        of = {"weights": own} if own else None
        found = [parts.once(file, lambda first=first: self._part(name, first), of) for first, file in files.items()]
        data = parts.hash_of(self.data)
        if any(part.get("data", data) != data for part in found):
            raise SystemExit(f"{name} was judged on other images than {self.data}: begin anew with --afresh")
        self.precisions[name] = {part["precision"] for part in found if "precision" in part}
        return "".join(part["robust"] for part in found)

    def _end(self, first: int) -> int:
        return min(first + PART, self.points)

    def _part(self, name: str, first: int) -> dict:
        count = self._end(first) - first
        code = parts.code()
        answer = self.server.call("attack", PATIENCE, name=name, first=first, count=count, threat=self.threat, attack="autoattack")
        held = answer["robust"]
        print(f"  {name} from {first}: {held.count('1')} of {count} stand, {answer['ms'] / 1e3:.0f} s", flush=True)
        return {"robust": held, "ms": answer["ms"], "code": code, "data": parts.hash_of(self.data), "precision": parts.precision()}


def share(verdicts: str) -> float:
    return verdicts.count("1") / len(verdicts)


def ahead(ours: list[str], theirs: list[str]) -> tuple[float, float, float]:
    """By how many points ours is ahead, and the 95% interval of that: per test point the difference of verdicts, its mean over the seeds,
    and the percentiles of the mean over points drawn with replacement. A point's verdicts of all seeds are drawn together."""
    difference = _mean(ours) - _mean(theirs)
    draws = torch.randint(len(difference), (RESAMPLES, len(difference)), generator=torch.Generator().manual_seed(0))
    means = difference[draws].mean(1).sort().values
    low, high = (means[math.floor(q * (RESAMPLES - 1))].item() for q in (0.025, 0.975))
    return 100 * difference.mean().item(), 100 * low, 100 * high


def _mean(seeds: list[str]) -> torch.Tensor:
    """`[points]`, the share of seeds under which each stands."""
    return torch.tensor([[int(v) for v in verdicts] for verdicts in seeds], dtype=torch.float64).mean(0)
