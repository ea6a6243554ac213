"""What every training script here shares: ONNX bytes without a clock in them, and CSV text without rounding."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

# The newest operator sets that onnxruntime versions of the last years all know.
OPSET = {"": 18, "ai.onnx.ml": 3}
IR_VERSION = 9


def column_inputs(types):
    """One [N, 1] input a column: `types` maps a column's name to "string", "float" or "int64"."""
    kinds = {"string": StringTensorType, "float": FloatTensorType, "int64": Int64TensorType}
    return [(name, kinds[kind]([None, 1])) for name, kind in types.items()]


def onnx_bytes(model, inputs, name, options=None):
    """The model as ONNX. skl2onnx names the graph at random, stamps its version and lists operator sets in the
    order of a hash: all are set here, so that the same training gives the same bytes."""
    proto = to_onnx(model, initial_types=inputs, target_opset=OPSET, options=options, name=name)
    proto.graph.name = name
    proto.ir_version = IR_VERSION
    proto.producer_version = ""
    proto.doc_string = ""
    proto.graph.doc_string = ""
    imports = sorted(proto.opset_import, key=lambda entry: entry.domain)
    del proto.opset_import[:]
    proto.opset_import.extend(imports)
    onnx.checker.check_model(proto)
    return proto.SerializeToString(deterministic=True)


def plain_integers(make):
    """skl2onnx hands HistGradientBoosting's booleans and numpy's integers to onnx, which refuses them."""

    def made(key, value, **more):
        if isinstance(value, list):
            value = [int(each) if isinstance(each, np.integer | np.bool_ | bool) else each for each in value]
        return make(key, value, **more)

    return made


def without_clock(model, name):
    """Any exporter's model (bytes or proto), named and without what changes from one export to the next."""
    proto = onnx.load_from_string(model) if isinstance(model, bytes) else model
    proto.graph.name = name
    proto.ir_version = IR_VERSION
    proto.producer_version = proto.graph.doc_string = proto.doc_string = ""
    # CatBoost's file also holds the day it was trained.
    del proto.metadata_props[:]
    imports = {entry.domain: entry.version for entry in proto.opset_import}
    # CatBoost names no version of the standard operators, and an exporter may name one twice.
    imports.setdefault("", 18)
    del proto.opset_import[:]
    proto.opset_import.extend(helper.make_opsetid(domain, imports[domain]) for domain in sorted(imports))
    return proto


def write_bytes(path, content):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{hashlib.sha256(content).hexdigest()[:16]}  {len(content):>8}  {path}")


def write_csv(path, frame):
    """Floats in the shortest form that reads back to the same double."""
    shown = frame.copy()
    for column in shown.columns:
        if np.issubdtype(shown[column].dtype, np.floating):
            shown[column] = [repr(float(value)) for value in shown[column]]
    write_bytes(path, shown.to_csv(index=False, lineterminator="\n").encode())
