"""Parts of long runs: each is a JSON file as soon as it is done, so that a run that is started again goes on."""

import argparse
import json
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
    path.mkdir(parents=True, exist_ok=True)
    if afresh:
        for old in path.glob("*.json"):
            old.unlink()
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
