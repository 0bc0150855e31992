"""The second reader while it learns (PyTorch): twelve layers, the mean over the pieces, one linear head."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from tests.reading.base import Base

LAYERS = 12
#: The lower layers know words and grammar, and keep what they know; a third less to compute, too.
FROZEN = 5
_DROPPED = 0.1


class Layer(nn.Module):
    """One layer of a BERT, begun as the pre-trained one."""

    def __init__(self, base: Base, number: int) -> None:
        super().__init__()
        width, inner = base.width, base.inner
        self.heads = base.heads
        self.qkv, self.o = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.i, self.f = nn.Linear(width, inner), nn.Linear(inner, width)
        self.n1, self.n2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)
        self.drop = nn.Dropout(_DROPPED)
        for layer, names in ((self.qkv, "qkv"), (self.o, ("ao",)), (self.i, ("fi",)), (self.f, ("fo",))):
            _begin(layer, base, *(f"l{number}.{name}" for name in names))
        for norm, name in ((self.n1, "aln"), (self.n2, "oln")):
            _begin(norm, base, f"l{number}.{name}")

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Shapes: ``x`` texts × pieces × width; ``mask`` texts × 1 × 1 × pieces, true where a piece is."""
        texts, pieces, width = x.shape
        q, k, v = self.qkv(x).view(texts, pieces, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=_DROPPED if self.training else 0.0
        )
        x = self.n1(x + self.drop(self.o(seen.transpose(1, 2).reshape(texts, pieces, width))))
        return self.n2(x + self.drop(self.f(functional.gelu(self.i(x)))))


class Network(nn.Module):
    """From the pieces' vectors to a score for each label and, last, for "urgent"."""

    def __init__(self, base: Base, labels: int) -> None:
        super().__init__()
        places = base.of("emb.pos").reshape(-1, base.width) + base.of("emb.type").reshape(-1, base.width)[0]
        self.pos = nn.Parameter(torch.tensor(places[:512]), requires_grad=False)
        self.n0 = nn.LayerNorm(base.width, eps=1e-12)
        _begin(self.n0, base, "emb.ln")
        self.blocks = nn.ModuleList(Layer(base, number) for number in range(LAYERS))
        self.head = nn.Linear(base.width, labels + 1)
        self.drop = nn.Dropout(_DROPPED)
        for module in (self.n0, *self.blocks[:FROZEN]):
            module.requires_grad_(False)

    def forward(self, vectors: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Shapes: ``vectors`` texts × pieces × width; ``there`` texts × pieces."""
        mask = there[:, None, None, :]
        x = self.n0(vectors + self.pos[: vectors.shape[1]])
        for block in self.blocks:
            x = block(x, mask)
        mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
        scores: torch.Tensor = self.head(self.drop(mean))
        return scores

    def numbers(self) -> dict[str, Any]:
        """Every weight by its name, as arrays."""
        return {name: np.array(one.detach()) for name, one in self.state_dict().items()}


def _begin(module: nn.Linear | nn.LayerNorm, base: Base, *names: str) -> None:
    with torch.no_grad():
        weights = torch.tensor(np.concatenate([base.of(f"{name}.w") for name in names]))
        module.weight.copy_(weights.reshape(module.weight.shape))
        module.bias.copy_(torch.tensor(np.concatenate([base.of(f"{name}.b") for name in names])))
