"""`run pgd`: the same weights and the same batch in both worlds, alternating; theirs over ours."""

import argparse
import os
import statistics
from contextlib import ExitStack

import torch

from .attacks import CONTENDERS, Budget, TradesStep, correct, processor_has_bf16, tuned
from .clock import LoadWatch, alternate, ratio, table, timed
from .inputs import Workload, cifar, cores, fashion
from .ours import OursFailed, PeerServer

SMALL = Budget(epsilon=0.1, step_size=0.025, steps=10)
RESNET = Budget(epsilon=8 / 255, step_size=2 / 255, steps=10)
BETA = 6.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=11, help="counted rounds, at least 9 for figures to quote")
    parser.add_argument("--without-ours", action="store_true", help="only the Python contenders")
    parser.add_argument("--only", choices=["pgd", "resnet", "trades_step"], action="append", help="parts to run")


def run(options: argparse.Namespace) -> int:
    load = os.getloadavg()[0]
    torch.set_num_threads(cores())
    torch.manual_seed(0)
    parts = options.only or ["pgd", "resnet", "trades_step"]
    with ExitStack() as stack:
        server = None if options.without_ours else stack.enter_context(PeerServer())
        watch = LoadWatch(lambda: [server.process.pid] if server else [], load)
        print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; "
              f"tuned: channels-last{' and bfloat16 autocast' if processor_has_bf16() else ', float32 (no bfloat16 here)'}; "
              f"{options.rounds} rounds")
        results = {part: PARTS[part](server, options.rounds) for part in parts}
        for warning in watch.warnings():
            print(warning)
    ratios = {name: ratio(results.get("pgd", {}), name) for name in CONTENDERS}
    ratios |= {part: ratio(results.get(part, {}), "tuned") for part in ("resnet", "trades_step")}
    print("ratios", *(f"{name}={value}" for name, value in ratios.items()))
    return 0


def _pgd(server: PeerServer | None, rounds: int) -> dict[str, list[float]]:
    return _attack(server, rounds, fashion(), SMALL, 128, list(CONTENDERS))


def _resnet(server: PeerServer | None, rounds: int) -> dict[str, list[float]]:
    return _attack(server, rounds, cifar(), RESNET, 64, ["tuned"])


def _attack(server, rounds: int, work: Workload, budget: Budget, batch: int, names: list[str]) -> dict[str, list[float]]:
    images, labels = work.batch(batch)
    attacks = {name: CONTENDERS[name](work.model, images, labels, budget) for name in names}
    contenders = {name: timed(attack) for name, attack in attacks.items()}
    robust = {name: correct(work.model(), attack().detach(), labels) for name, attack in attacks.items()}
    if server:
        answer = server.load(work)
        ask = dict(name=work.name, batch=batch, steps=budget.steps, epsilon=budget.epsilon, step_size=budget.step_size, start="none", shard=-(-batch // 2))
        first = server.call("pgd", **ask)
        robust["ours"] = round(first["robust"] * batch)
        if first["sample_steps"] != batch * budget.steps:
            raise OursFailed(f"ours took {first['sample_steps']} gradients where the work is {batch * budget.steps}: not the same work")
        contenders["ours"] = lambda: server.call("pgd", **ask)["ms"]
        print(f"ours: {answer}")
    times = alternate(contenders, rounds)
    title = f"PGD-{budget.steps} {work.architecture.split(',')[0]} x{batch}"
    print(f"\n{work.name}: {work.origin}", table(title, times), sep="\n")
    print("  still correct after the attack:", ", ".join(f"{name} {n}/{batch}" for name, n in robust.items()))
    return times


def _trades_step(server: PeerServer | None, rounds: int) -> dict[str, list[float]]:
    work, batch = fashion(), 128
    images, labels = work.batch(batch)
    step = TradesStep(work.model(), SMALL, BETA)
    contenders = {"tuned": timed(lambda: step(images, labels))}
    if server:
        server.load(work)
        ask = dict(name=work.name, batch=batch, steps=SMALL.steps, epsilon=SMALL.epsilon, step_size=SMALL.step_size,
                   beta=BETA, learning_rate=0.01, momentum=0.9)
        searches = []

        def ours() -> float:
            answer = server.call("trades_step", **ask)
            searches.append(answer["search_ms"])
            return answer["ms"]

        contenders["ours"] = ours
    times = alternate(contenders, rounds)
    print(f"\n{work.name}: {work.origin}", table(f"one TRADES step, small-cnn x{batch}", times), sep="\n")
    inner = {"tuned": step.search_ms, "ours": searches} if server else {"tuned": step.search_ms}
    for name, took in inner.items():
        search, whole = statistics.median(took[-rounds:]), statistics.median(times[name])
        print(f"  {name}: inner search {search:.1f} ms, the rest {whole - search:.1f} ms (medians)")
    return times


PARTS = {"pgd": _pgd, "resnet": _resnet, "trades_step": _trades_step}
