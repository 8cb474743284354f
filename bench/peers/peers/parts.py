"""Parts of long runs: each is a JSON file as soon as it is done, so that a run that is started again goes on."""

import argparse
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .attacks import processor_has_bf16
from .inputs import ROOT, WORK

RECORDS = ROOT / "bench" / "peers" / "records"


def once(result: Path, make: Callable[[], dict | None], of: dict | None = None) -> dict | None:
    """What the file says, or what is made now and written there; None where nothing can be made. `of` is what it is made of: a file that
    says that it was made of something else is refused; one that does not say is taken."""
    if result.is_file():
        found = json.loads(result.read_text())
        if of is not None:
            require_same(result, found, of)
        return found
    found = make()
    if found is not None:
        if of is not None:
            found = found | {"of": of}
        partial = result.with_suffix(".part")
        partial.write_text(json.dumps(found))
        partial.rename(result)
    return found


def require_same(file: Path, found: dict, of: dict) -> None:
    """Refuses what says that it was made of something else."""
    if found.get("of", of) != of:
        raise SystemExit(f"{file} is of {found['of']}, not of {of}: move it away, or begin anew with --afresh")


def hash_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def folder(name: str, afresh: bool, recorded: bool = False, only: list[str] | None = None) -> Path:
    """Where the parts of one run lie, emptied for one that begins anew, or only of what has one of these names; those on record stand for
    what was not run here, where that is wanted."""
    path = WORK / name
    if afresh and path.is_dir():
        for part in path.iterdir():
            if only is None or any(part.name.startswith((f"{own}.", f"{own}-judged-")) or part.name == own for own in only):
                shutil.rmtree(part) if part.is_dir() else part.unlink()
    path.mkdir(parents=True, exist_ok=True)
    if recorded:
        _take_over(RECORDS / name, path)
    return path


def _take_over(records: Path, path: Path) -> None:
    """Of each contender all or nothing: its verdicts are of its own training."""
    if not records.is_dir():
        raise SystemExit(f"nothing is on record for {path.name}: {records} is missing")
    here = {_whose(file) for file in path.glob("*.*") if file.is_file()}
    taken = [file for file in sorted(records.glob("*.json")) if _whose(file) not in here]
    for file in taken:
        shutil.copyfile(file, path / file.name)
    print(f"On record, not run here: {', '.join(file.stem for file in taken) or 'nothing'}. What is neither is run now.", flush=True)


def _whose(file: Path) -> str:
    return file.name.split(".")[0].split("-judged-")[0]


def rotated(names: list[str], turn: int) -> list[str]:
    """The same names, beginning with another one in each turn."""
    first = turn % len(names)
    return names[first:] + names[:first]


def arguments(parser: argparse.ArgumentParser, points: int, choices: list[str]) -> None:
    """What every run by parts takes."""
    parser.add_argument("--points", type=int, default=points, help=f"the first images, {points} by default; fewer make a trial")
    parser.add_argument("--only", choices=choices, action="append", help="what to run")
    parser.add_argument("--without-ours", action="store_true", help="only the peers")
    parser.add_argument("--afresh", action="store_true", help="do not take over what an earlier run finished")


def trained_arguments(parser: argparse.ArgumentParser, contenders: list[str], seeds: int) -> None:
    """What every run takes that trains its contenders and lets AutoAttack judge them."""
    parser.add_argument("--contender", choices=contenders, action="append", help="this one alone; it may stand more than once")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"seeds 0, 1, ...; {seeds} by default")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--points", type=int, default=1000, help="the first test images, 1000 by default; fewer make a trial")
    parser.add_argument("--afresh", action="store_true", help="do not take over what an earlier run finished")
    parser.add_argument("--recorded", action="store_true", help="take the results in records/ for what was not run here")


def names(options: argparse.Namespace, contenders: list[str]) -> list[str]:
    """Of what is run now: each contender with each seed."""
    return [f"{contender}-{seed}" for contender in options.contender or contenders for seed in seeds(options)]


def differing(found: list[dict]) -> str:
    """A warning where results are of several kinds of machine, which have no common time; nothing where they are of one."""
    kinds = max((sorted({part[key] for part in found if key in part}) for key in ("machine", "processor")), key=len)
    return f"DIFFERENT MACHINES, whose seconds are not to be compared: {'; '.join(kinds)}" if len(kinds) > 1 else ""


def machine() -> str:
    """The processor, as the kernel calls it, and what of it counts here."""
    known = _cpuinfo()
    flags = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in known.get("flags", "").split()]
    return " ".join([known.get("model name", "unknown"), *flags])


def processor() -> str:
    """Which one it is among those that the kernel calls alike."""
    known = _cpuinfo()
    return ", ".join(f"{key} {known[key]}" for key in ("cpu family", "model", "stepping", "cache size") if key in known)


def _cpuinfo() -> dict[str, str]:
    lines = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in lines.items()}


def code() -> str:
    """The commit of this checkout, marked where files differ from it; unknown without git."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def precision() -> str:
    """The numbers in which both sides train, and search for examples, on this machine."""
    return "bfloat16" if processor_has_bf16() else "float32"


def seeds(options: argparse.Namespace) -> list[int]:
    return list(range(options.seeds)) if options.seed is None else [options.seed]
