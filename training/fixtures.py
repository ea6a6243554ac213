"""Trains the tiny models that the tests read: every shape of graph the loader promises to take or to refuse.

    python training/fixtures.py

Writes test/models/fixtures/*.onnx with expected.json beside them (rows and what scikit-learn says of them), and the
model, background and samples of the package test/packages/free-text.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from export import IR_VERSION, column_inputs, onnx_bytes, write_bytes, write_csv

TESTS = Path(__file__).parent.parent / "test"
FIXTURES = TESTS / "models" / "fixtures"
SEED = 11


def numeric_fixtures():
    random = np.random.default_rng(SEED)
    x = random.normal(size=(200, 3)).round(3)
    margin = 2 * x[:, 0] - x[:, 1] + 0.5 * x[:, 0] * x[:, 2]
    names = np.where(margin > 0.5, "high", np.where(margin < -0.5, "low", "middle"))
    rows = x[:5]

    regressor = GradientBoostingRegressor(n_estimators=20, max_depth=2, random_state=SEED).fit(x, margin)
    yield "regressor-float-matrix", regressor, [("x", FloatTensorType([None, 3]))], None, rows, ["value"], regressor.predict(rows)

    linear = LinearRegression().fit(x, margin)
    yield "regressor-double-matrix", linear, [("x", DoubleTensorType([None, 3]))], None, rows, ["value"], linear.predict(rows)

    whole = random.integers(0, 10, size=(200, 2))
    tree = DecisionTreeClassifier(max_depth=3, random_state=SEED).fit(whole, (whole.sum(axis=1) > 9).astype("int64"))
    counts = whole[:5]
    yield (
        "classifier-int64-columns",
        Pipeline([("columns", ColumnTransformer([("as_is", "passthrough", ["a", "b"])])), ("model", tree)]).fit(
            pd.DataFrame(whole, columns=["a", "b"]), (whole.sum(axis=1) > 9).astype("int64")
        ),
        column_inputs({"a": "int64", "b": "int64"}),
        {"zipmap": False},
        counts,
        ["0", "1"],
        tree.predict_proba(counts),
    )

    logistic = LogisticRegression().fit(x, names)
    zipped = [("x", FloatTensorType([None, 3]))]
    yield "classifier-zipmap", logistic, zipped, {"zipmap": True}, rows, list(logistic.classes_), logistic.predict_proba(rows)

    network = MLPClassifier((4,), max_iter=3000, random_state=SEED).fit(x, names)
    yield "classifier-mlp-strings", network, zipped, {"zipmap": False}, rows, list(network.classes_), network.predict_proba(rows)

    words = np.array([["a", "x"], ["b", "x"], ["a", "y"], ["b", "y"]] * 10, dtype=object)
    strings = Pipeline([("one_hot", OneHotEncoder()), ("model", LogisticRegression())])
    strings.fit(words, (words[:, 0] == "a").astype("int64"))
    matrix = [("x", StringTensorType([None, 2]))]
    yield "classifier-string-matrix", strings, matrix, {"zipmap": True}, words[:4], ["0", "1"], strings.predict_proba(words[:4])


def write_graph(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, initializer=list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    write_bytes(FIXTURES / f"{name}.onnx", model.SerializeToString(deterministic=True))


def hand_written():
    """Graphs that other exporters write, or that must be refused."""
    floats = TensorProto.FLOAT
    weights = numpy_helper.from_array(np.array([[1.0], [-1.0]], dtype=np.float32), "w")
    sigmoid = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Sigmoid", ["z"], ["p"])]
    # As torch.onnx writes a network without dynamic axes: one row at a time, one column of probability.
    one_row = [helper.make_tensor_value_info("x", floats, [1, 2])], [helper.make_tensor_value_info("p", floats, [1, 1])]
    write_graph("sigmoid-one-row", sigmoid, *one_row, [weights])
    logits = [helper.make_tensor_value_info("x", floats, ["n", 2])], [helper.make_tensor_value_info("z", floats, ["n", 1])]
    write_graph("logits", sigmoid[:1], *logits, [weights])
    label = [helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0)]
    only = [helper.make_tensor_value_info("x", floats, ["n", 2])], [
        helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])
    ]
    write_graph("label-only", label, *only)
    # Fails while it runs unless the rows come by sevens, not when it loads.
    shape = numpy_helper.from_array(np.array([-1, 7], dtype=np.int64), "shape")
    reshape = [helper.make_node("Reshape", ["x", "shape"], ["y"])]
    fails = [helper.make_tensor_value_info("x", floats, ["n", 2])], [helper.make_tensor_value_info("y", floats, ["n", 1])]
    write_graph("fails-when-run", reshape, *fails, [shape])
    outside = onnx.TensorProto(name="w", data_type=floats, dims=[2, 1], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="weights.bin")
    graph = helper.make_graph(sigmoid, "external-weights", one_row[0], one_row[1], initializer=[outside])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=IR_VERSION)
    write_bytes(FIXTURES / "external-weights.onnx", model.SerializeToString(deterministic=True))


def free_text():
    """Complaints to a help desk, invented: does one go to a person at once, or wait in the queue?"""
    random = np.random.default_rng(SEED)
    subjects = ["charged twice", "cannot log in", "invoice is wrong", "card was stolen", "change of address", "opening hours"]
    urgent = {"charged twice", "card was stolen"}
    names = ["Ana", "Bruno", "Carla", "Davi", "Elisa", "Fabio"]
    rows = [
        {
            "waiting_days": int(random.integers(0, 15)),
            "channel": str(random.choice(["web", "phone", "letter"])),
            "note": f"{random.choice(names)} writes that {random.choice(subjects)}",
        }
        for _ in range(400)
    ]
    frame = pd.DataFrame(rows).astype({"channel": object, "note": object})
    urgency = frame["note"].map(lambda note: any(word in note for word in urgent)) * 2.0 + frame["waiting_days"] / 10
    label = np.where(urgency + random.normal(scale=0.3, size=len(frame)) > 1.5, "now", "later")
    pipeline = Pipeline(
        [
            (
                "columns",
                ColumnTransformer(
                    [
                        ("days", "passthrough", ["waiting_days"]),
                        ("channel", OneHotEncoder(handle_unknown="ignore"), ["channel"]),
                        # Case is kept: the graph would need a locale of the machine to fold it.
                        ("note", CountVectorizer(lowercase=False, token_pattern="[a-zA-Z]+"), "note"),
                    ]
                ),
            ),
            ("model", LogisticRegression(max_iter=1000, random_state=SEED)),
        ]
    ).fit(frame[:388], label[:388])
    package = TESTS / "packages" / "free-text"
    inputs = column_inputs({"waiting_days": "float", "channel": "string", "note": "string"})
    write_bytes(package / "model.onnx", onnx_bytes(pipeline, inputs, "free-text", {id(pipeline): {"zipmap": True}}))
    write_csv(package / "background.csv", frame.head(30))
    held = frame.tail(12)
    write_csv(package / "samples.csv", held.assign(probability_now=pipeline.predict_proba(held)[:, list(pipeline.classes_).index("now")]))


def main():
    expected = {}
    for name, model, inputs, options, rows, outputs, values in numeric_fixtures():
        content = onnx_bytes(model, inputs, name, None if options is None else {id(model): options})
        write_bytes(FIXTURES / f"{name}.onnx", content)
        expected[name] = {
            "rows": rows.tolist(),
            "outputs": outputs,
            "values": np.asarray(values, dtype=float).reshape(len(rows), -1).tolist(),
        }
    hand_written()
    write_bytes(FIXTURES / "expected.json", (json.dumps(expected, indent=2) + "\n").encode())
    free_text()


if __name__ == "__main__":
    main()
