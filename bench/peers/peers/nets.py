"""The two networks, with the parameter names that the recorded weights use."""

import torch
from torch import nn
from torch.nn import functional as F


def small_cnn(classes: int = 10) -> nn.Sequential:
    """The 28x28 network of TRADES (Zhang et al. 2019): 32-32-pool-64-64-pool-200-200, no padding."""

    def conv(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3), nn.ReLU()]

    return nn.Sequential(
        *conv(1, 32), *conv(32, 32), nn.MaxPool2d(2),
        *conv(32, 64), *conv(64, 64), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1024, 200), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, classes),
    )


class PreActBlock(nn.Module):
    """Two 3x3 convolutions, each behind batch norm and ReLU; the shortcut leaves after the first ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.c1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.c2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        same = stride == 1 and inputs == outputs
        self.sc = None if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        active = F.relu(self.bn1(x))
        shortcut = x if self.sc is None else self.sc(active)
        return self.c2(F.relu(self.bn2(self.c1(active)))) + shortcut


class PreActResNet18(nn.Module):
    """Pre-activation ResNet-18 (He et al. 2016b) for 32x32 images."""

    def __init__(self, width: int, classes: int = 10):
        super().__init__()
        self.c = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        widths = [width, width, 2 * width, 2 * width, 4 * width, 4 * width, 8 * width, 8 * width]
        strides = [1, 1, 2, 1, 2, 1, 2, 1]
        inputs = [width, *widths[:-1]]
        self.l = nn.Sequential(*map(PreActBlock, inputs, widths, strides))
        self.bn = nn.BatchNorm2d(widths[-1])
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn(self.l(self.c(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


ARCHITECTURES = {
    "small-cnn": small_cnn,
    "preact-resnet-18,width=16": lambda: PreActResNet18(16),
}
