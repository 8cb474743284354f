"""What is attacked: recorded weights and images where they are, seeded stand-ins elsewhere."""

import gzip
import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from .nets import ARCHITECTURES

ROOT = Path(__file__).resolve().parents[3]
RECORDED = ROOT.parent / "shared" / "peers"
DATA = ROOT.parent / "shared" / "data"
WORK = Path(os.environ.get("PEERS_WORK", ROOT / "bench" / "peers" / "work"))
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


def cores() -> int:
    """How many cores both worlds may use; the script pins itself to those of `PEERS_CPUS`."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Workload:
    """One network with its images; both worlds load these two files."""

    name: str
    architecture: str
    weights: Path
    data: Path
    origin: str

    def model(self) -> nn.Module:
        """The network in evaluation mode, float32, parameters requiring gradients as PyTorch ships them."""
        model = ARCHITECTURES[self.architecture]()
        model.load_state_dict(load_file(self.weights))
        return model.eval()

    def batch(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The first n images in [0, 1] and their labels, `[n, C, H, W]` and `[n]`."""
        data = load_file(self.data)
        return data["images"][:n].float() / 255, data["labels"][:n]


def workload(architecture: str, weights: str, data: str, shape: tuple[int, int, int]) -> Workload:
    """The recorded workload, or a seeded random one of the same shape, made once."""
    files = RECORDED / f"{weights}.safetensors", RECORDED / f"{data}.safetensors"
    if all(f.is_file() for f in files):
        return Workload(weights, architecture, *files, "recorded weights and images")
    files = WORK / f"random-{weights}.safetensors", WORK / f"random-{data}.safetensors"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if not files[0].is_file():
            save_file(ARCHITECTURES[architecture]().state_dict(), files[0])
        if not files[1].is_file():
            images = torch.randint(0, 256, (500, *shape), dtype=torch.uint8)
            save_file({"images": images, "labels": torch.randint(0, 10, (500,))}, files[1])
    return Workload(weights, architecture, *files, "seeded random weights and images")


def fashion(weights: str = "fmnist-trades") -> Workload:
    return workload("small-cnn", weights, "fashion-mnist-500", (1, 28, 28))


def cifar() -> Workload:
    return workload("preact-resnet-18,width=16", "cifar-nfgsm", "cifar10-500", (3, 32, 32))


def fashion_mnist(split: str, limit: int | None = None) -> Path:
    """Fashion-MNIST (`train` or `t10k`) as safetensors, from the IDX files of Debian's package."""
    images, labels = (_idx(f"{split}-{kind}") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    n = min(limit or len(images), len(images))
    file = WORK / f"fashion-mnist-{split}-{n}.safetensors"
    if not file.is_file():
        save_file({"images": images[:n, None].contiguous(), "labels": labels[:n].long()}, file)
    return file


def cifar10(split: str) -> Path:
    """CIFAR-10 (`train` or `test`) as safetensors, in an order that mixes the classes, from the zips of `../shared/data`."""
    source = DATA / f"cifar10-{split}.zip"
    file = WORK / f"cifar10-{split}.safetensors"
    if not file.is_file():
        if not source.is_file():
            raise SystemExit(f"{source} is missing: CIFAR-10 as JPEG files, one folder per class")
        with zipfile.ZipFile(source) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
            pixels = [np.array(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names]
        folders = [Path(name).parent.name for name in names]
        classes = sorted(set(folders))
        order = torch.randperm(len(names), generator=torch.Generator().manual_seed(0))
        images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)[order].contiguous()
        save_file({"images": images, "labels": torch.tensor([classes.index(f) for f in folders])[order]}, file)
    return file


def first(file: Path, points: int) -> Path:
    """The first so many images of such a file, as a file of their own."""
    part = WORK / f"{file.stem}-first{points}.safetensors"
    if not part.is_file():
        save_file({name: value[:points].contiguous() for name, value in load_file(file).items()}, part)
    return part


def _idx(name: str) -> torch.Tensor:
    file = FASHION_MNIST / f"{name}.gz"
    if not file.is_file():
        raise SystemExit(f"{file} is missing: install Debian's package dataset-fashion-mnist")
    raw = gzip.decompress(file.read_bytes())
    rank = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8, offset=4 + 4 * rank).reshape(shape)
