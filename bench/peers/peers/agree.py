"""`run agree`: recorded logits, gradients and PGD end points, and robust accuracy against torchattacks."""

import argparse
import json
from contextlib import ExitStack

import torch
from safetensors.torch import load_file
from torch import nn

from . import kinks
from .attacks import Budget, correct, cross_entropy, input_gradient, torchattacks_pgd
from .inputs import RECORDED, WORK, Workload, cifar, cores, fashion, fashion_mnist
from .ours import PeerServer, evaluate

EPSILON = {"fmnist-trades": 0.1, "fmnist-standard": 0.1, "cifar-nfgsm": 8 / 255}
VALUES_TOLERANCE, PIXEL_TOLERANCE, PIXEL_SHARE, POINTS = kinks.TOLERANCE, 1e-4, 0.95, 0.2
GRADIENT = "input_gradient_of_summed_cross_entropy"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--without-ours", action="store_true", help="only PyTorch against the recorded values")
    parser.add_argument("--examples", type=int, default=1000, help="test images for the robust accuracy")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--attack", default="pgd[steps={steps},step_size=0.01,random_start=false,track=last]", help="ours, as --attack takes it")
    parser.add_argument("--random-start", action="store_true", help="torchattacks starts at random (give --attack too)")


def run(options: argparse.Namespace) -> int:
    torch.set_num_threads(cores())
    works = [w for w in (fashion("fmnist-trades"), fashion("fmnist-standard"), cifar()) if w.weights.parent == RECORDED]
    if not works:
        print(f"skipped: {RECORDED} is absent, so there is nothing recorded to agree with")
        return 0
    failures = []
    with ExitStack() as stack:
        server = None if options.without_ours else stack.enter_context(PeerServer())
        for work in works:
            recorded = load_file(RECORDED / f"{work.name}.values.safetensors")
            failures += _compare(work, "PyTorch", recorded, _by_pytorch(work, recorded))
            if server:
                failures += _compare(work, "ours", recorded, _by_ours(server, work))
    failures += _robust_accuracy(works[0], options)
    print("agree: ok" if not failures else f"agree: FAILED {', '.join(failures)}")
    return 1 if failures else 0


def _by_pytorch(work: Workload, recorded: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    model = work.model()
    images, labels = work.batch(len(recorded["pgd_start"]))
    n = len(recorded["logits"])
    epsilon = EPSILON[work.name]
    budget = Budget(epsilon, epsilon / 4, 10)
    with torch.no_grad():
        logits = model(images[:n])
    return {
        "logits": logits,
        GRADIENT: input_gradient(model, cross_entropy(labels[:n]))(images[:n]),
        "pgd_end": budget.descend(images, input_gradient(model, cross_entropy(labels)), recorded["pgd_start"]),
    }


def _by_ours(server: PeerServer, work: Workload) -> dict[str, torch.Tensor]:
    server.load(work)
    values, end = WORK / f"ours-{work.name}-values.safetensors", WORK / f"ours-{work.name}-end.safetensors"
    epsilon = EPSILON[work.name]
    server.call("values", name=work.name, batch=16, out=str(values))
    server.call(
        "pgd", name=work.name, batch=64, steps=10, epsilon=epsilon, step_size=epsilon / 4, precision="float32",
        start="file", start_file=str(RECORDED / f"{work.name}.values.safetensors"), out=str(end),
    )
    return load_file(values) | load_file(end)


def _compare(work: Workload, who: str, recorded: dict[str, torch.Tensor], found: dict[str, torch.Tensor]) -> list[str]:
    prefix = f"{work.name:<16} {who:<8}"
    failures = []
    worst = kinks.differences(found["logits"], recorded["logits"]).max().item()
    print(f"{prefix} {'logits':<40} largest difference {worst:.1e} (at most {VALUES_TOLERANCE:.0e})")
    if not worst <= VALUES_TOLERANCE:
        failures.append(f"{work.name} {who} logits")
    images, labels = work.batch(len(recorded[GRADIENT]))
    verdict = kinks.judge(work.model(), images, labels, found[GRADIENT], recorded[GRADIENT])
    print(f"{prefix} {GRADIENT:<40} largest difference {verdict.worst:.1e} (at most {VALUES_TOLERANCE:.0e}), "
          f"{len(verdict.on_kink)} of {len(images)} samples on a kink, {len(verdict.wrong)} wrong")
    if verdict.wrong:
        failures.append(f"{work.name} {who} {GRADIENT}")
    share = ((found["pgd_end"] - recorded["pgd_end"]).abs() <= PIXEL_TOLERANCE).float().mean().item()
    print(f"{prefix} {'pgd_end':<40} {share:.2%} of pixels within {PIXEL_TOLERANCE:.0e} (at least {PIXEL_SHARE:.0%})")
    return failures if share >= PIXEL_SHARE else [*failures, f"{work.name} {who} pgd_end"]


def _robust_accuracy(work: Workload, options: argparse.Namespace) -> list[str]:
    data = fashion_mnist("t10k", options.examples)
    test = Workload(work.name, work.architecture, work.weights, data, "Fashion-MNIST test images")
    images, labels = test.batch(options.examples)
    theirs = _torchattacks(test.model, images, labels, options)
    print(f"{work.name}: robust accuracy on {len(images)} test images, torchattacks PGD-{options.steps}: {theirs:.2%}")
    if options.without_ours:
        return []
    attack = options.attack.format(steps=options.steps)
    out = WORK / "agree-evaluate"
    card = evaluate(work.weights, work.architecture, data, "linf:0.1", attack, len(images), out)
    ours = card["robust_accuracy"]["value"]
    points = abs(ours - theirs) * 100
    print(f"{work.name}: robust accuracy, ours {attack}: {ours:.2%}; {points:.2f} points apart (at most {POINTS})")
    (WORK / "agree.json").write_text(json.dumps({"ours": ours, "torchattacks": theirs, "attack": attack}))
    return [] if points <= POINTS + 1e-9 else ["robust accuracy"]


def _torchattacks(make, images: torch.Tensor, labels: torch.Tensor, options: argparse.Namespace) -> float:
    torch.manual_seed(0)
    model: nn.Module = make()
    budget = Budget(epsilon=0.1, step_size=0.01, steps=options.steps)
    held = 0
    for x, y in zip(images.split(250), labels.split(250)):
        attack = torchattacks_pgd(lambda: model, x, y, budget, random_start=options.random_start)
        held += correct(model, attack(), y)
    return held / len(images)
