"""The taught reader as one ONNX file: its graph, weights as whole numbers of eight bits, and what it has to know.

One text at a time, so that nothing is padded: ``pieces`` (int64, any length) in, ``scores`` (1 × labels + 1) out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from tests.reading.network import LAYERS

_OPERATORS = 20


def eight_bits(table: Any) -> tuple[Any, Any]:
    """A table of vectors as whole numbers from -127 to 127, and what one of them is worth in each row."""
    worth = np.abs(table).max(axis=1, keepdims=True) / 127
    worth[worth == 0] = 1e-9
    return np.round(table / worth).astype(np.int8), worth.astype(np.float32)


def export(weights: Mapping[str, Any], table: Any, *, heads: int, about: Mapping[str, Any], path: Path) -> None:
    """Write the file; ``about`` goes with it as JSON (pieces, scores, labels, made_from, sample)."""
    graph = _Graph()
    width = table.shape[1]
    x = _begin(graph, weights, table)
    graph.keep("split", np.array([-1, 3, heads, width // heads], np.int64))
    graph.keep("whole", np.array([-1, width], np.int64))
    for number in range(LAYERS):
        x = _layer(graph, weights, f"blocks.{number}.", x, width=width, per_head=width // heads)
    graph.keep("first", np.array([0], np.int64))
    mean = graph.add("ReduceMean", x, "first", keepdims=1)
    graph.keep("head", weights["head.weight"].T)
    graph.keep("head.bias", weights["head.bias"])
    graph.add("Gemm", mean, "head", "head.bias", named="scores")
    labels = len(weights["head.bias"])
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "reader",
            [helper.make_tensor_value_info("pieces", TensorProto.INT64, ["n"])],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, labels])],
            graph.kept,
        ),
        opset_imports=[helper.make_opsetid("", _OPERATORS)],
        ir_version=10,
    )  # fmt: skip
    onnx.checker.check_model(model)
    # In blocks of 32, weights and what comes in: with one scale for a whole row of either, one text in fifteen gets
    # another meaning than before.
    smaller = MatMulNBitsQuantizer(model, bits=8, block_size=32, is_symmetric=True, accuracy_level=4)
    smaller.process()
    small = smaller.model.model
    entry = small.metadata_props.add()
    entry.key, entry.value = "about", json.dumps(about, ensure_ascii=False)
    onnx.save(small, path)


class _Graph:
    """Nodes and kept numbers, each output named after its place."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.kept: list[onnx.TensorProto] = []

    def keep(self, name: str, numbers: Any) -> str:
        self.kept.append(numpy_helper.from_array(np.ascontiguousarray(numbers), name))
        return name

    def add(self, operator: str, *inputs: str, named: str = "", **attributes: Any) -> str:
        out = named or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], name=f"n{len(self.nodes)}", **attributes))
        return out

    def split(self, x: str) -> Sequence[str]:
        outs = [f"t{len(self.nodes)}{part}" for part in "qkv"]
        self.nodes.append(helper.make_node("Split", [x], outs, name=f"n{len(self.nodes)}", axis=0, num_outputs=3))
        return outs


def _begin(graph: _Graph, weights: Mapping[str, Any], table: Any) -> str:
    numbers, worth = eight_bits(table)
    graph.keep("table", numbers)
    graph.keep("worth", worth)
    graph.keep("places", weights["pos"])
    graph.keep("start", np.array([0], np.int64))
    vectors = graph.add("Cast", graph.add("Gather", "table", "pieces"), to=TensorProto.FLOAT)
    vectors = graph.add("Mul", vectors, graph.add("Gather", "worth", "pieces"))
    places = graph.add("Slice", "places", "start", graph.add("Shape", "pieces"))
    return _norm(graph, weights, "n0", graph.add("Add", vectors, places))


def _layer(graph: _Graph, weights: Mapping[str, Any], at: str, x: str, *, width: int, per_head: int) -> str:
    by_head = graph.add("Transpose", graph.add("Reshape", _linear(graph, weights, at + "qkv", x, (width, per_head)),
                                               "split"), perm=[1, 2, 0, 3])  # fmt: skip
    q, k, v = graph.split(by_head)
    seen = graph.add("Softmax", graph.add("MatMul", q, graph.add("Transpose", k, perm=[0, 1, 3, 2])), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", seen, v), perm=[0, 2, 1, 3])
    out = _linear(graph, weights, at + "o", graph.add("Reshape", mixed, "whole"))
    x = _norm(graph, weights, at + "n1", graph.add("Add", x, out))
    inner = graph.add("Gelu", _linear(graph, weights, at + "i", x))
    return _norm(graph, weights, at + "n2", graph.add("Add", x, _linear(graph, weights, at + "f", inner)))


def _linear(graph: _Graph, weights: Mapping[str, Any], name: str, x: str, query: tuple[int, int] = (0, 1)) -> str:
    weight, bias = weights[f"{name}.weight"].T.copy(), weights[f"{name}.bias"].copy()
    columns, per_head = query
    weight[:, :columns] /= per_head**0.5  # attention's own divisor, once and for all
    bias[:columns] /= per_head**0.5
    product = graph.add("MatMul", x, graph.keep(f"{name}.weight", weight))
    return graph.add("Add", product, graph.keep(f"{name}.bias", bias))


def _norm(graph: _Graph, weights: Mapping[str, Any], name: str, x: str) -> str:
    return graph.add(
        "LayerNormalization", x, graph.keep(f"{name}.weight", weights[f"{name}.weight"]),
        graph.keep(f"{name}.bias", weights[f"{name}.bias"]), axis=-1, epsilon=1e-12,
    )  # fmt: skip
