"""Parts of long runs: each is a JSON file as soon as it is done, so that a run that is started again goes on."""

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from .inputs import WORK


def once(result: Path, make: Callable[[], dict | None]) -> dict | None:
    """What the file says, or what is made now and written there; None where nothing can be made."""
    if result.is_file():
        return json.loads(result.read_text())
    found = make()
    if found is not None:
        partial = result.with_suffix(".part")
        partial.write_text(json.dumps(found))
        partial.rename(result)
    return found


def folder(name: str, afresh: bool) -> Path:
    """Where the parts of one run lie."""
    path = WORK / name
    if afresh and path.is_dir():
        shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


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


def seeds(options: argparse.Namespace) -> list[int]:
    return list(range(options.seeds)) if options.seed is None else [options.seed]
