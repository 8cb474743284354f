"""`run queries`: black-box attacks: how many queries until an image falls, theirs over ours; what ours cost beside the model."""

import argparse
import itertools
import os
import statistics
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import parts
from .blackbox import Search, art_search, foolbox_search, queries
from .clock import LoadWatch
from .distance import Points
from .inputs import Workload, cores, fashion
from .ours import PeerServer

MODEL, PART, PATIENCE = "fmnist-trades", 10, 3600
BUDGET = 5000  # queries per image
SEEDS = 100_000  # images of a seed have numbers below that
BATCH, BATCHES = 128, 2
GOAL = 0.05

Results = dict[str, dict[int, list[float]]]  # queries by contender and seed


@dataclass(frozen=True)
class Contest:
    """
    One attack in all libraries that have it.

    - `ours`: its key; `{queries}` is filled in
    - `cost`, `costs`: a threat in which no image falls, so that all batches stay whole, and the queries per image of that measurement
    """

    norm: str
    epsilon: float
    ours: str
    peers: dict[str, Search]
    cost: str
    costs: int = 300
    probabilities: bool = False


CONTESTS = {
    "square": Contest("linf", 0.15, "square[queries={queries},resc_schedule=true]", {
        "art": art_search(lambda e, c, epsilon: e.SquareAttack(c, eps=epsilon, max_iter=BUDGET, batch_size=1, verbose=False)),
    }, "linf:0.001"),
    "hopskipjump": Contest("l2", 2.5, "hopskipjump[queries={queries}]", {
        "foolbox": foolbox_search(lambda a: a.HopSkipJumpAttack()),
        "art": art_search(lambda e, c, epsilon: e.HopSkipJump(c, verbose=False)),
    }, "l2:inf"),
    "boundary": Contest("l2", 2.5, "boundary[queries={queries}]", {
        "foolbox": foolbox_search(lambda a: a.BoundaryAttack()),
        "art": art_search(lambda e, c, epsilon: e.BoundaryAttack(c, targeted=False, verbose=False)),
    }, "l2:inf"),
    # a ball that no step leaves: SimBA has none
    "simba": Contest("l2", 10.0, "simba[queries={queries},step=0.2]", {
        "art": art_search(lambda e, c, epsilon: e.SimBA(c, attack="px", epsilon=0.2, max_iter=BUDGET, verbose=False)),
    }, "l2:0.001", probabilities=True),
}


def theirs(contest: Contest, peer: str, points: Points, seed: int) -> dict:
    found = []
    for i, (image, label) in enumerate(zip(points.images, points.labels.tolist())):
        own = SEEDS * seed + points.first + i
        torch.manual_seed(own)
        np.random.seed(own)
        found.append(queries(
            contest.peers[peer], points.model, image, label, contest.norm, contest.epsilon, BUDGET, contest.probabilities
        ))
    return {"queries": found}


def ours(contest: Contest, points: Points, server: PeerServer, seed: int) -> dict:
    answer = server.call(
        "attack", PATIENCE, name=points.work.name, first=points.first, count=points.count,
        threat=f"{contest.norm}:{contest.epsilon}", attack=contest.ours.format(queries=BUDGET), seed=seed,
    )
    rows = zip(answer["queries"], answer["robust"], points.right.tolist())
    return {"queries": [None if stands == "1" else asked for asked, stands, right in rows if right]}


def cost(contest: Contest, work: Workload, server: PeerServer, batches: int) -> dict:
    """
    What our attack takes beside the model, on one worker with batches of `BATCH` images of which none falls: its own time over the
    model's, and both per query in microseconds.
    """
    points = Points.of(work, 0, 500).few(BATCH * batches)
    ask = dict(name=work.name, first=0, count=points.count, threat=contest.cost, workers=1, shard=BATCH)
    for _ in range(2):  # the first until everything is compiled
        answer = server.call("attack", PATIENCE, **ask, attack=contest.ours.format(queries=contest.costs))
    asked, own = sum(answer["queries"]), answer["ms"] - answer["model_ms"]
    return {"overhead": own / answer["model_ms"], "own_us": 1e3 * own / asked, "model_us": 1e3 * answer["model_ms"] / asked}


def arguments(parser: argparse.ArgumentParser) -> None:
    parts.arguments(parser, 40, list(CONTESTS))
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0, 1, ... for each image; 1 by default")


def run(options: argparse.Namespace) -> int:
    load = os.getloadavg()[0]
    torch.set_num_threads(1)  # theirs ask about one image at a time
    folder = parts.folder(f"queries-{options.points}", options.afresh)
    work, names = fashion(MODEL), options.only or list(CONTESTS)
    results, costs = {}, {}
    with ExitStack() as stack:
        server = None if options.without_ours else stack.enter_context(PeerServer())
        watch = LoadWatch(lambda: [server.process.pid] if server else [], load)
        print(f"{work.name}: {work.origin}; at most {BUDGET} queries per image; {cores()} cores")
        if server:
            print(f"ours: {server.load(work)}")
            for name in names:
                costs[name] = parts.once(
                    folder / f"{name}-cost.json", lambda: cost(CONTESTS[name], work, server, BATCHES if options.points >= PART else 1)
                )
        for name in names:
            results[name] = _contest(folder, name, work, options, server)
            print(table(name, results[name], costs.get(name)), flush=True)
        for warning in watch.warnings():
            print(warning)
    print("overhead", *(f"{name}={found['overhead']:.1%}" for name, found in costs.items()))
    print("ratios", *ratios(results))
    return 0


def _contest(folder: Path, name: str, work: Workload, options: argparse.Namespace, server: PeerServer | None) -> Results:
    contest, results = CONTESTS[name], {}
    turns = itertools.product(range(options.seeds), range(0, options.points, PART))
    for turn, (seed, first) in enumerate(turns):
        points = Points.of(work, first, min(PART, options.points - first))
        for contender in parts.rotated([*contest.peers, "ours"], turn):
            part = folder / f"{name}-{contender}-{seed}-{first}.json"
            if contender == "ours":
                made = parts.once(part, lambda: ours(contest, points, server, seed) if server else None)
            else:
                made = parts.once(part, lambda: theirs(contest, contender, points, seed))
            if made is not None:
                found = (float("inf") if q is None else q for q in made["queries"])
                results.setdefault(contender, {}).setdefault(seed, []).extend(found)
    return results


def table(name: str, results: Results, cost: dict | None) -> str:
    """Median queries until an image falls, an infinite number for those that stand; the medians of single seeds; and our own time."""
    contest, own = CONTESTS[name], results.get("ours")
    title = f"{name}, {contest.norm}:{contest.epsilon}"
    lines = [f"\n{title:<34} {'fell':>10} {'median queries':>15} {'of one seed':>18} {'theirs/ours':>12}"]
    for contender, by_seed in results.items():
        found = _all(by_seed)
        fell = sum(q < float("inf") for q in found)
        single = sorted(statistics.median(some) for some in by_seed.values())
        ratio = _ratio(by_seed, own) if own and contender != "ours" else ""
        lines.append(
            f"  {contender:<32} {f'{fell}/{len(found)}':>10} {statistics.median(found):>15.5g} "
            f"{f'{single[0]:.5g} to {single[-1]:.5g}':>18} {ratio:>12}"
        )
    if cost:
        verdict = "below" if cost["overhead"] < GOAL else "NOT BELOW"
        lines.append(f"  ours beside the model: {cost['own_us']:.1f} us per query, {cost['overhead']:.1%} of the model's "
                     f"{cost['model_us']:.1f} us: {verdict} {GOAL:.0%}")
    return "\n".join(lines)


def ratios(results: dict[str, Results]) -> list[str]:
    """Theirs over ours in median queries, one for each peer of each attack."""
    return [
        f"{name}-{peer}={_ratio(results.get(name, {}).get(peer), results.get(name, {}).get('ours'))}"
        for name, contest in CONTESTS.items() for peer in contest.peers
    ]


def _all(by_seed: dict[int, list[float]]) -> list[float]:
    return [q for found in by_seed.values() for q in found]


def _ratio(their: dict[int, list[float]] | None, own: dict[int, list[float]] | None) -> str:
    if not their or not own or statistics.median(_all(own)) == float("inf"):
        return "n/a"
    return f"{statistics.median(_all(their)) / statistics.median(_all(own)):.2f}"
