"""The protocol of README.md answered by PyTorch, so that the harness can be tested without Java."""

import json
import sys
import time
from pathlib import Path

import torch
from peers.attacks import Budget, TradesStep, Tuned, correct, cross_entropy, input_gradient
from peers.inputs import Workload
from safetensors.torch import load_file, save_file


class StandIn:
    def __init__(self):
        self.loaded: dict[str, Workload] = {}
        self.steps: dict[str, TradesStep] = {}

    def load(self, name, architecture, weights, data, threads):
        torch.set_num_threads(threads)
        self.loaded[name] = Workload(name, architecture, Path(weights), Path(data), "given")
        self.steps.pop(name, None)
        images, _ = self.loaded[name].batch(500)
        return {"images": len(images), "threads": threads, "precision": "float32"}

    def pgd(self, name, batch, steps, epsilon, step_size, start, start_file=None, precision="auto", out=None):
        model = self.loaded[name].model()
        images, labels = self.loaded[name].batch(batch)
        first = load_file(start_file)["pgd_start"][:batch] if start == "file" else None
        logits = Tuned(model).logits if precision == "auto" else model
        begin = time.perf_counter()
        end = Budget(epsilon, step_size, steps).descend(images, input_gradient(logits, cross_entropy(labels)), first)
        took = (time.perf_counter() - begin) * 1e3
        if out:
            save_file({"pgd_end": end.contiguous()}, out)
        return {"ms": took, "robust": correct(model, end, labels) / batch, "sample_steps": batch * steps}

    def attack(self, name, first, count, threat, attack, shard=32, seed=0, workers=None, out=None):
        """No attack at all: who is classified as labelled stands."""
        images, labels = self.loaded[name].batch(first + count)
        with torch.no_grad():
            right = self.loaded[name].model()(images[first:]).argmax(1) == labels[first:]
        if out:
            save_file({"adversarial": images[first:].contiguous()}, out)
        tally = {"attacked": count, "fell": 0, "least_gradients": 0, "least_queries": 1}
        robust = "".join(str(int(r)) for r in right)
        spent = [int(r) for r in right]
        return {"ms": 1.0, "model_ms": 0.8, "robust": robust, "queries": spent, "gradients": [0] * count, "stages": {"none": tally}}

    def values(self, name, batch, out):
        model = self.loaded[name].model()
        images, labels = self.loaded[name].batch(batch)
        gradient = input_gradient(model, cross_entropy(labels))(images)
        with torch.no_grad():
            save_file({"logits": model(images), "input_gradient_of_summed_cross_entropy": gradient}, out)
        return {}

    def trades_step(self, name, batch, steps, epsilon, step_size, beta, learning_rate, momentum):
        if name not in self.steps:
            self.steps[name] = TradesStep(self.loaded[name].model(), Budget(epsilon, step_size, steps), beta)
        begin = time.perf_counter()
        step = self.steps[name]
        loss = step(*self.loaded[name].batch(batch))
        return {"ms": (time.perf_counter() - begin) * 1e3, "search_ms": step.search_ms[-1], "loss": loss}


def main() -> None:
    server = StandIn()
    for line in sys.stdin:
        fields = json.loads(line)
        command = fields.pop("cmd")
        if command == "quit":
            return
        try:
            answer = getattr(server, command)(**fields)
        except Exception as failure:  # the protocol answers every failure
            answer = {"error": f"{type(failure).__name__}: {failure}"}
        print(json.dumps(answer), flush=True)


main()
