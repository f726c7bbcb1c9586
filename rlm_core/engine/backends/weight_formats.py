"""Formats in which a lean pass keeps the weights of its matrix products on a CPU. Activations stay in 32 bits.

Which is quickest depends on the processor and on the batch; `calibration` measures it. The operations are torch's own for compiled
models; a torch without one of them lacks that format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

Product = Callable[[torch.Tensor], torch.Tensor]
"""x [..., in] → x · weightᵀ + bias, [..., out]."""

FLOAT32, PACKED, BFLOAT16, INT8 = "float32", "packed float32", "bfloat16", "int8"
FEW_ROWS = 8
"""Rows up to which a product by 8-bit weights was quicker than one by 32-bit weights on processors without AVX-512."""
TYPICAL_ROWS = 64
"""Rows of inputs for which oneDNN lays packed weights out; any number can be multiplied."""


@dataclass(frozen=True, slots=True)
class Linear:
    """weight: [out, in], in the model's own number format. bias: [out], or None."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    @classmethod
    def fused(cls, *parts: Any) -> Linear:
        """Linear layers of one input as one; their weights become views of it, so that no memory is held twice."""
        weight = torch.cat([p.weight for p in parts])
        for part, view in zip(parts, weight.split([p.weight.shape[0] for p in parts]), strict=True):
            part.weight.data = view
        return cls(weight, None if parts[0].bias is None else torch.cat([p.bias for p in parts]))

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.weight, self.bias)


def packed(linear: Linear) -> Product:
    """The same numbers in the order in which oneDNN's kernels read them."""
    operations: Any = torch.ops.mkldnn
    weight = operations._reorder_linear_weight(linear.weight, TYPICAL_ROWS)

    def product(x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = operations._linear_pointwise(x, weight, linear.bias, "none", [], "")
        return out

    return product


def bfloat16(linear: Linear) -> Product:
    """Weights and inputs in 16 bits."""
    weight, bias = linear.weight.bfloat16(), None if linear.bias is None else linear.bias.bfloat16()
    return lambda x: functional.linear(x.bfloat16(), weight, bias).float()


def int8(linear: Linear) -> Product:
    """Weights rounded to 8 bits with a scale per output. Few rows are multiplied by the bytes, in bfloat16; more rows by the same rounded
    weights in packed float32, since the product by bytes grows slower with every row."""
    scales = (linear.weight.abs().amax(1, keepdim=True) / 127).clamp_min(torch.finfo(torch.float32).tiny).bfloat16()
    rounded = (linear.weight / scales.float()).round().clamp(-127, 127)
    weight, scale, bias = rounded.to(torch.int8), scales[:, 0].contiguous(), linear.bias
    multiplied: Any = torch.ops.aten._weight_int8pack_mm
    wide = packed(Linear(rounded * scales.float(), bias))

    def product(x: torch.Tensor) -> torch.Tensor:
        rows = x.reshape(-1, x.shape[-1])
        if len(rows) > FEW_ROWS:
            return wide(x)
        out: torch.Tensor = multiplied(rows.bfloat16(), weight, scale).float().view(*x.shape[:-1], -1)
        return out if bias is None else out + bias

    return product


FORMATS: dict[str, Callable[[Linear], Product]] = {FLOAT32: lambda linear: linear, PACKED: packed, BFLOAT16: bfloat16, INT8: int8}
"""How a linear layer of 32 bits is kept in each format."""
