"""`run distance`: attacks that look for the smallest change, at equal steps on the same points; success, distance, time, optimality."""

import argparse
import os
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from . import parts
from .clock import LoadWatch
from .inputs import WORK, Workload, cores, fashion
from .minimal import (
    NORMS, WEIGHT, Minimal, advlib_attack, art_attack, foolbox_attack, foolbox_brendel_bethge, foolbox_fmn, optimality,
)
from .ours import PeerServer

MODEL = "fmnist-trades"
PART, WARMUP = 50, 4
SHIRT = 6  # a class that most others are near to
NEARER, FASTER = 1.02, {"art": 3.0, "foolbox": 1.5, "advlib": 1.5}
ROUNDING, PATIENCE = 1e-6, 3600


@dataclass(frozen=True)
class Contest:
    """One attack in all libraries that have it, with the same numbers of steps."""

    norm: str
    ours: str
    peers: dict[str, Minimal]
    target: int | None = None  # the class that is wanted

    @property
    def threat(self) -> str:
        return f"{self.norm}:inf" + ("" if self.target is None else f"[goal=class:{self.target}]")


def _cw(steps: int, rounds: int, rate: float) -> Contest:
    return Contest("l2", f"cw[steps={steps},rounds={rounds},rate={rate},weight={WEIGHT},abort_early=false]", {
        "foolbox": foolbox_attack(lambda a, n: a.L2CarliniWagnerAttack(
            rounds, steps, rate, initial_const=WEIGHT, abort_early=False)),
        "art": art_attack(lambda e, c, n: e.CarliniL2Method(
            c, binary_search_steps=rounds, max_iter=steps, learning_rate=rate, initial_const=WEIGHT, batch_size=n, verbose=False)),
        "advlib": advlib_attack("carlini_wagner_l2", binary_search_steps=rounds, max_iterations=steps, learning_rate=rate,
                                initial_const=WEIGHT, abort_early=False),
    })


def _ead(steps: int, rounds: int, rate: float, beta: float) -> Contest:
    return Contest("l1", f"ead[steps={steps},rounds={rounds},rate={rate},weight={WEIGHT},beta={beta},rule=l1,abort_early=false]", {
        "foolbox": foolbox_attack(lambda a, n: a.EADAttack(
            rounds, steps, rate, initial_const=WEIGHT, regularization=beta, decision_rule="L1", abort_early=False)),
        "art": art_attack(lambda e, c, n: e.ElasticNet(
            c, binary_search_steps=rounds, max_iter=steps, learning_rate=rate, initial_const=WEIGHT, beta=beta, decision_rule="L1",
            batch_size=n, verbose=False)),
    })


def _fmn(norm: str, steps: int) -> Contest:
    theirs = {"foolbox": foolbox_fmn(norm, steps), "advlib": advlib_attack("fmn", norm=NORMS[norm], steps=steps)}
    return Contest(norm, f"fmn[steps={steps}]", theirs)


def _deepfool(norm: str, steps: int) -> Contest:
    name = {"l2": "L2DeepFoolAttack", "linf": "LinfDeepFoolAttack"}[norm]
    theirs = {
        "foolbox": foolbox_attack(lambda a, n: getattr(a, name)(steps=steps, candidates=10)),
        "advlib": advlib_attack("df", norm=NORMS[norm], steps=steps),
    }
    if norm == "l2":
        theirs["art"] = art_attack(lambda e, c, n: e.DeepFool(c, max_iter=steps, epsilon=0.02, nb_grads=10, batch_size=n, verbose=False))
    return Contest(norm, f"deepfool[steps={steps}]", theirs)


def _fab(norm: str, steps: int) -> Contest:
    return Contest(norm, f"fab[steps={steps}]", {"advlib": advlib_attack("fab", norm=NORMS[norm], n_iter=steps)})


def _brendel_bethge(norm: str, steps: int, radius: float) -> Contest:
    theirs = {"foolbox": foolbox_brendel_bethge(norm, steps, radius)}
    return Contest(norm, f"brendel-bethge[steps={steps},radius={radius},start=images]", theirs)


def _alma(norm: str, steps: int, first: float) -> Contest:
    settings = dict(distance=norm, num_steps=steps, α=0.5, init_lr_distance=first)
    return Contest(norm, f"alma[steps={steps},smoothing=0.5,first={first}]", {"advlib": advlib_attack("alma", **settings)})


def _pdpgd(norm: str, steps: int) -> Contest:
    # in L0 by the operator of the power 2/3, as the paper and ours have it
    settings = dict(norm=NORMS[norm], num_steps=steps) | ({"proximal_operator": 23} if norm == "l0" else {})
    return Contest(norm, f"pdpgd[steps={steps}]", {"advlib": advlib_attack("pdpgd", **settings)})


CONTESTS = {
    "ddn-l2": Contest("l2", "ddn[steps=100]", {
        "foolbox": foolbox_attack(lambda a, n: a.DDNAttack(steps=100)),
        "advlib": advlib_attack("ddn", steps=100, levels=None),
    }),
    "fmn-l2": _fmn("l2", 100),
    "fmn-linf": _fmn("linf", 100),
    "fmn-l1": _fmn("l1", 100),
    "fmn-l0": _fmn("l0", 100),
    "deepfool-l2": _deepfool("l2", 50),
    "deepfool-linf": _deepfool("linf", 50),
    "fab-l2": _fab("l2", 20),
    "fab-linf": _fab("linf", 20),
    "fab-l1": _fab("l1", 20),
    "newtonfool-l2": Contest("l2", "newtonfool[steps=100]", {
        "foolbox": foolbox_attack(lambda a, n: a.NewtonFoolAttack(steps=100)),
        "art": art_attack(lambda e, c, n: e.NewtonFool(c, max_iter=100, batch_size=n, verbose=False)),
    }),
    "brendel-bethge-l2": _brendel_bethge("l2", 100, 0.02),
    "brendel-bethge-linf": _brendel_bethge("linf", 100, 0.02),
    "brendel-bethge-l1": _brendel_bethge("l1", 100, 0.02),
    "brendel-bethge-l0": _brendel_bethge("l0", 100, 0.02),
    "alma-l2": _alma("l2", 100, 0.1),
    "alma-l1": _alma("l1", 100, 0.5),
    "pdpgd-l2": _pdpgd("l2", 100),
    "pdpgd-linf": _pdpgd("linf", 100),
    "pdpgd-l1": _pdpgd("l1", 100),
    "pdpgd-l0": _pdpgd("l0", 100),
    "sigma-zero-l0": Contest("l0", "sigma-zero[steps=200]", {"advlib": advlib_attack("sigma_zero", num_steps=200)}),
    "jsma-l0": Contest("l0", "jsma[gamma=0.5]", {
        "art": art_attack(lambda e, c, n: e.SaliencyMapMethod(c, theta=1.0, gamma=0.5, batch_size=n, verbose=False), target=SHIRT),
    }, target=SHIRT),
    # the longest, by ART's line searches and gradients class by class
    "ead-l1": _ead(50, 3, 0.05, 0.01),
    "cw-l2": _cw(100, 3, 0.05),
}


@dataclass(frozen=True)
class Points:
    """Those of some images that the network classifies as labelled, and the network itself, which judges what was found."""

    work: Workload
    model: torch.nn.Module
    first: int
    count: int
    right: torch.Tensor  # [count], bool
    images: torch.Tensor  # [right, C, H, W]
    labels: torch.Tensor  # [right]

    @staticmethod
    def of(work: Workload, first: int, count: int) -> "Points":
        model = work.model()
        images, labels = (t[first:] for t in work.batch(first + count))
        with torch.no_grad():
            right = model(images).argmax(1) == labels
        return Points(work, model, first, count, right, images[right], labels[right])

    def few(self, number: int) -> "Points":
        """The first images, among which there are so many right ones."""
        enough = int((self.right.cumsum(0) < number).sum()) + 1
        return Points.of(self.work, self.first, min(enough, self.count))

    def distances(self, adversarial: torch.Tensor, contest: Contest) -> list[float | None]:
        """How far each is from its image, where float32 confirms it and it lies in the box; null elsewhere."""
        found = adversarial.to(torch.float32)
        with torch.no_grad():
            classes = self.model(found).argmax(1)
        reached = classes != self.labels if contest.target is None else classes == contest.target
        reached &= ((found >= -ROUNDING) & (found <= 1 + ROUNDING)).flatten(1).all(1)
        change = (found.double() - self.images.double()).flatten(1)
        far = torch.linalg.vector_norm(change, NORMS[contest.norm], dim=1)
        return [d if ok else None for d, ok in zip(far.tolist(), reached.tolist())]


def theirs(contest: Contest, peer: str, points: Points) -> dict:
    attack = contest.peers[peer]
    few = points.few(WARMUP)
    attack(few.work.model(), few.images, few.labels)
    model = points.work.model()
    torch.manual_seed(0)
    begin = time.perf_counter()
    found = attack(model, points.images, points.labels)
    took = (time.perf_counter() - begin) * 1e3
    return {"ms": took, "distances": points.distances(found.detach(), contest)}


def ours(contest: Contest, points: Points, server: PeerServer) -> dict:
    out = WORK / "distance-ours.safetensors"
    ask = dict(name=points.work.name, first=points.first, threat=contest.threat, attack=contest.ours, out=str(out))
    few = points.few(WARMUP)
    server.call("attack", PATIENCE, count=few.count, shard=-(-few.count // cores()), **ask)
    answer = server.call("attack", PATIENCE, count=points.count, shard=-(-len(points.images) // cores()), **ask)
    adversarial = load_file(out)["adversarial"][points.right]
    return {"ms": answer["ms"], "distances": points.distances(adversarial, contest)}


def arguments(parser: argparse.ArgumentParser) -> None:
    parts.arguments(parser, 50, list(CONTESTS))


def run(options: argparse.Namespace) -> int:
    load = os.getloadavg()[0]
    torch.set_num_threads(cores())
    folder = parts.folder(f"distance-{options.points}", options.afresh)
    work, names = fashion(MODEL), options.only or list(CONTESTS)
    results = {name: {} for name in names}
    with ExitStack() as stack:
        server = None if options.without_ours else stack.enter_context(PeerServer())
        watch = LoadWatch(lambda: [server.process.pid] if server else [], load)
        print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, float32; {work.name}: {work.origin}")
        if server:
            print(f"ours: {server.load(work)}")
        for first in range(0, options.points, PART):
            points = Points.of(work, first, min(PART, options.points - first))
            for turn, name in enumerate(names):
                _contest(results[name], folder, name, points, server, turn + first // PART)
        for warning in watch.warnings():
            print(warning)
    for name in names:
        print(table(name, results[name]))
    print(optimality_table({name: found for name, found in results.items() if CONTESTS[name].target is None}))
    print("ratios", *ratios(results))
    return 0


def _contest(results: dict, folder: Path, name: str, points: Points, server: PeerServer | None, turn: int) -> None:
    """All contenders on some points, beginning with another one in each turn."""
    contest = CONTESTS[name]
    for contender in parts.rotated([*contest.peers, "ours"], turn):
        if contender == "ours":
            made = parts.once(folder / f"{name}-ours-{points.first}.json", lambda: ours(contest, points, server) if server else None)
        else:
            made = _theirs(folder / f"{name}-{contender}-{points.first}.json", contest, contender, points)
        if made is None:
            continue
        result = results.setdefault(contender, {"seconds": 0.0, "distances": []})
        result["seconds"] += made["ms"] / 1e3
        result["distances"] += [float("inf") if d is None else d for d in made["distances"]]
        print(f"  {name} from {points.first}: {contender} {made['ms'] / 1e3:.2f} s, "
              f"median {statistics.median(result['distances']):.5g}", flush=True)


def _theirs(result: Path, contest: Contest, peer: str, points: Points) -> dict | None:
    """A peer that fails on some points says so and leaves the others their comparison."""
    try:
        return parts.once(result, lambda: theirs(contest, peer, points))
    except Exception as failure:
        print(f"  {result.stem}: {peer} failed: {type(failure).__name__}: {failure}", flush=True)
        return None


def table(name: str, results: dict[str, dict]) -> str:
    """Success, median distance and time of each, and how ours compares."""
    own = results.get("ours")
    lines = [f"\n{name + ' (' + CONTESTS[name].ours + ')':<78} {'success':>8} {'median':>9} {'seconds':>8} {'theirs/ours':>12}  goals"]
    for contender, found in results.items():
        success = sum(d < float("inf") for d in found["distances"]) / len(found["distances"])
        median = statistics.median(found["distances"])
        verdict = _verdict(contender, found, own) if own and contender != "ours" else ("", "")
        lines.append(f"  {contender:<76} {success:>8.1%} {median:>9.5g} {found['seconds']:>8.2f} {verdict[0]:>12}  {verdict[1]}")
    return "\n".join(lines)


def _verdict(peer: str, found: dict, own: dict) -> tuple[str, str]:
    ratio = found["seconds"] / own["seconds"]
    near = statistics.median(own["distances"]) <= NEARER * statistics.median(found["distances"])
    fast = ratio >= FASTER[peer]
    return f"{ratio:.2f}", f"{'as near' if near else 'FARTHER'}, {'fast' if fast else 'SLOWER than'} {FASTER[peer]}x"


def optimality_table(results: dict[str, dict[str, dict]]) -> str:
    """AttackBench's local optimality against the best of all attacks in the same norm."""
    lines = ["\nLocal optimality (AttackBench) against the best of all attacks here, by norm"]
    for norm in NORMS:
        distances = {
            f"{name} {contender}": result["distances"]
            for name, found in results.items() if CONTESTS[name].norm == norm for contender, result in found.items()
        }
        for attack, score in sorted(optimality(distances, norm).items(), key=lambda item: -item[1]):
            lines.append(f"  {norm:<5} {attack:<40} {score:.4f}")
    return "\n".join(lines)


def ratios(results: dict[str, dict[str, dict]]) -> list[str]:
    """Theirs over ours in seconds, one for each peer of each attack."""
    found = []
    for name, contest in CONTESTS.items():
        own = results.get(name, {}).get("ours")
        for peer in contest.peers:
            other = results.get(name, {}).get(peer)
            found.append(f"{name}-{peer}=" + (f"{other['seconds'] / own['seconds']:.2f}" if own and other else "n/a"))
    return found
