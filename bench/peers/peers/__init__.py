"""Holdfast measured beside its peers: PyTorch, torchattacks, Foolbox and ART."""
