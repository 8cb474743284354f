"""Our side: the command line, and a long-lived Java process that answers one JSON line per command."""

import ctypes
import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .inputs import ROOT, WORK, Workload, cores

LAUNCHER = ROOT / "holdfast"
ANSWER_SECONDS = 600


class OursFailed(SystemExit):
    """Our side could not be started, or answered with an error; ends the script with a message."""


class PeerServer:
    """Client of `io.holdfast.bench.PeerServer`; the protocol is in README.md."""

    def __init__(self):
        command, environment = _start()
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = WORK / "peer-server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1,
                preexec_fn=_end_with_parent,  # in the middle of an attack, too
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.communicate('{"cmd":"quit"}\n', timeout=20)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def load(self, workload: Workload) -> dict:
        return self.call(
            "load", name=workload.name, architecture=workload.architecture,
            weights=str(workload.weights), data=str(workload.data), threads=cores(),
        )

    def call(self, command: str, patience: float = ANSWER_SECONDS, /, **fields) -> dict:
        """The answer to a command, for which it waits so many seconds."""
        try:
            self.process.stdin.write(json.dumps({"cmd": command, **fields}) + "\n")
        except OSError:
            raise self._failed(command, "the process has ended") from None
        if not select.select([self.process.stdout], [], [], patience)[0]:
            raise self._failed(command, f"no answer in {patience} s")
        line = self.process.stdout.readline()
        try:
            answer = json.loads(line)
        except json.JSONDecodeError:
            raise self._failed(command, f"not JSON: {line!r}" if line else "the process has ended") from None
        if "error" in answer:
            raise self._failed(command, answer["error"])
        return answer

    def _failed(self, command: str, why: str) -> OursFailed:
        tail = "\n".join(self.log.read_text().splitlines()[-5:])
        return OursFailed(f"our side failed at {command!r}: {why}\n(log {self.log})\n{tail}")


def _start() -> tuple[list[str], dict[str, str]]:
    """The server's command and environment: the launcher starts it, so that it runs as every user's Holdfast does."""
    given = os.environ.get("PEERS_SERVER")
    if given:
        return shlex.split(given), dict(os.environ)
    _require_launcher()
    build = ["mvn", "-q", "-B", "-pl", "bench", "-am", "-Dmaven.test.skip=true", "-Dspotless.check.skip=true", "package"]
    if subprocess.run(build, cwd=ROOT, stdout=sys.stderr).returncode:
        raise OursFailed(f"our side could not be built: {shlex.join(build)}")
    classes = ROOT / "bench" / "target" / "classes"
    return [str(LAUNCHER)], os.environ | {"HOLDFAST_CLASSPATH": str(classes), "HOLDFAST_MAIN": "io.holdfast.bench.PeerServer"}


def _require_launcher() -> None:
    if not LAUNCHER.is_file():
        raise OursFailed(f"{LAUNCHER} is missing: our side cannot run here (try --without-ours or --contender pytorch)")


def holdfast(*arguments: str | Path) -> None:
    """Runs `./holdfast` with these arguments; its output goes where ours goes."""
    _holdfast(arguments, None)


def estimate(experiment: Path, settings: dict) -> list[float]:
    """Seconds of each stage of training by the plan that `harden --dry-run` makes."""
    plan = _holdfast(["harden", experiment, "--out", WORK / "estimate", "--dry-run", "--json", *_sets(settings)], subprocess.PIPE)
    return [took for phase, took in json.loads(plan)["seconds"].items() if phase.split()[0] == "training"]


def _holdfast(arguments, stdout: int | None, more: dict[str, str] | None = None) -> str:
    """What it prints, where it is asked for; with more in its environment. The command ends when this process does, however that ends."""
    _require_launcher()
    command = [str(LAUNCHER), *map(str, arguments)]
    done = subprocess.run(command, stdout=stdout, text=True, env=os.environ | (more or {}), preexec_fn=_end_with_parent)
    if done.returncode:
        raise OursFailed(f"exit code {done.returncode} from {shlex.join(command)}")
    return done.stdout


def _sets(settings: dict) -> list[str]:
    return [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]


def _end_with_parent() -> None:
    """Linux's PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass(frozen=True)
class Hardened:
    """A training by `./holdfast harden` in a folder of its own."""

    run: Path

    def train(self, experiment: Path, settings: dict) -> float:
        """Trains, or goes on where it was stopped; seconds of the whole command. What a run lost that was killed does not count: the
        clock goes on from the checkpoint that it goes on from."""
        _holdfast(["--version"], subprocess.PIPE)  # builds where that is needed
        clock = self.run.with_suffix(".clock")
        before = self._before(clock)
        self.run.parent.mkdir(parents=True, exist_ok=True)
        clock.write_text(json.dumps({"before": before, "since": time.time()}))
        begin = time.perf_counter()
        holdfast("harden", experiment, "--out", self.run, "--resume", *_sets(settings))
        return before + time.perf_counter() - begin

    def logged(self, experiment: Path, settings: dict) -> str:
        """Trains afresh; what oneDNN logs of it."""
        return _holdfast(["harden", experiment, "--out", self.run, *_sets(settings)], subprocess.PIPE, {"ONEDNN_VERBOSE": "1"})

    def course(self) -> dict:
        """How far it came, and what its governor gave up."""
        lines = [json.loads(line) for line in (self.run / "metrics.jsonl").read_text().splitlines()]
        ended = [line for line in lines if line["event"] == "epoch"]
        per_epoch = ended[0]["step"] / ended[0]["epoch"]
        journal = self.run / "journal.jsonl"
        decided = [json.loads(line) for line in journal.read_text().splitlines()] if journal.is_file() else []
        ends = [f"{d['phase'].removeprefix('training/')}: {d['why']}" for d in decided if d["what"] == "summary"]
        return {"steps": ended[-1]["step"], "epochs": ended[-1]["step"] / per_epoch, "governor": ". ".join(ends) or None}

    def steps(self) -> list[float]:
        """Seconds of each step."""
        lines = map(json.loads, (self.run / "metrics.jsonl").read_text().splitlines())
        return [line["seconds"] for line in lines if line["event"] == "step"]

    def save_weights(self, file: Path) -> Path:
        """Those of the finished bundle, under our names."""
        with zipfile.ZipFile(self.run / "model.holdfast") as bundle:
            file.write_bytes(bundle.read("weights.safetensors"))
        return file

    def _before(self, clock: Path) -> float:
        checkpoints = [*self.run.glob("checkpoint.safetensors"), *self.run.glob("stages/*/checkpoint.safetensors")]
        if not (clock.is_file() and checkpoints):
            return 0.0
        last = json.loads(clock.read_text())
        return last["before"] + max(0.0, max(file.stat().st_mtime for file in checkpoints) - last["since"])


def evaluate(model: Path, architecture: str | None, data: Path, threat: str, attack: str, examples: int, out: Path) -> dict:
    """The scorecard of `./holdfast evaluate`."""
    named = ["--architecture", architecture] if architecture else []
    holdfast(
        "evaluate", "--model", model, *named, "--data", data, "--threat", threat,
        "--attack", attack, "--examples", str(examples), "--out", out,
    )
    return json.loads((out / "scorecard.json").read_text())
