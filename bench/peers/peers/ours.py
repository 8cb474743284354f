"""Our side: the command line, and a long-lived Java process that answers one JSON line per command."""

import json
import os
import select
import shlex
import subprocess
import sys
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
        self.log = WORK / "peer-server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
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
    _require_launcher()
    command = [str(LAUNCHER), *map(str, arguments)]
    code = subprocess.run(command).returncode
    if code:
        raise OursFailed(f"exit code {code} from {shlex.join(command)}")


def evaluate(model: Path, architecture: str | None, data: Path, threat: str, attack: str, examples: int, out: Path) -> dict:
    """The scorecard of `./holdfast evaluate`."""
    named = ["--architecture", architecture] if architecture else []
    holdfast(
        "evaluate", "--model", model, *named, "--data", data, "--threat", threat,
        "--attack", attack, "--examples", str(examples), "--out", out,
    )
    return json.loads((out / "scorecard.json").read_text())
