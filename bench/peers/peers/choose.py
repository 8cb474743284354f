"""`run cifar-recipes`: recipes of ours for `cifar-hour`, compared on training images that were held out."""

import argparse
from pathlib import Path

from safetensors.torch import load_file, save_file

from . import parts
from .inputs import ROOT, WORK, cifar10, cores
from .ours import holdfast

BOOKS = {name: ROOT / "bench" / "peers" / f"cifar-{name}.yaml" for name in ("recipes", "searches")}
HELD_OUT = 2000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--book", choices=BOOKS, default="recipes", help="recipes of ten minutes, or searches for examples at a quarter of an hour")
    parser.add_argument("--afresh", action="store_true", help="do not take over what an earlier run finished")
    parser.add_argument("--train-limit", type=int, help="only the first training images (a trial)")


def run(options: argparse.Namespace) -> int:
    source = BOOKS[options.book]
    folder = parts.folder(f"{source.stem}{options.train_limit or ''}", options.afresh)
    train, held_out = split(options.train_limit)
    book = folder / source.name
    book.write_text(with_data(source.read_text(), train, held_out))
    holdfast("objectives", "--measure", book, "--out", folder / "out", "--resume", "--workers", str(cores()))
    return 0


def with_data(text: str, train: Path, held_out: Path) -> str:
    return text.replace("HELD-OUT", str(held_out)).replace("TRAIN", str(train))


def split(limit: int | None) -> tuple[Path, Path]:
    """The training images but the last ones, and those."""
    source = cifar10("train")
    files = tuple(WORK / f"{source.stem}-{name}{limit or ''}.safetensors" for name in ("learned", "held-out"))
    if not all(file.is_file() for file in files):
        data = load_file(source)
        kept = min(limit or len(data["labels"]), len(data["labels"]) - HELD_OUT)
        save_file({name: value[:kept].contiguous() for name, value in data.items()}, files[0])
        save_file({name: value[-HELD_OUT:].contiguous() for name, value in data.items()}, files[1])
    return files
