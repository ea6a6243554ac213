"""Trains the small models that the graph reader and the exact explainers are tested on: what exporters of five
libraries write, what they write in front of it, and graphs that none of them writes.

    python training/tree_fixtures.py

Writes test/models/graph/fixtures/*.onnx with games.jsonl beside them: for each graph its features, a background and
rows to explain. A graph named <name>.margin.onnx is <name>.onnx without its last function.
"""

import json
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import onnx
import pandas as pd
import xgboost
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloatTensorType
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from export import column_inputs, onnx_bytes, plain_integers, without_clock, write_bytes

FIXTURES = Path(__file__).parent.parent / "test" / "models" / "graph" / "fixtures"
SEED = 5
TREES = 7

GAMES = {}


helper.make_attribute = plain_integers(helper.make_attribute)


def cells(frame):
    """Rows for JSON: a missing number is null."""
    return [[None if isinstance(c, float) and np.isnan(c) else c for c in row] for row in np.asarray(frame, dtype=object).tolist()]


def keep(name, model, features, output, background, rows, margin=False):
    proto = without_clock(model, name)
    write_bytes(FIXTURES / f"{name}.onnx", proto.SerializeToString(deterministic=True))
    if margin:
        for node in proto.graph.node:
            for attribute in node.attribute:
                if attribute.name == "post_transform":
                    attribute.s = b"NONE"
        write_bytes(FIXTURES / f"{name}.margin.onnx", proto.SerializeToString(deterministic=True))
    GAMES[name] = {"features": features, "output": output, "margin": margin, "background": cells(background), "rows": cells(rows)}


def numeric():
    random = np.random.default_rng(SEED)
    x = random.normal(size=(300, 5)).astype(np.float32)
    x[:, 2] = random.integers(0, 5, 300)
    holes = x.copy()
    holes[random.random((300, 5)) < 0.12] = np.nan
    holes[:, 2] = x[:, 2]
    score = 2 * x[:, 0] * (x[:, 2] == 3) - x[:, 1] + np.sin(x[:, 3]) + 0.3 * x[:, 4]
    label = (score > 0.2).astype(int)
    third = np.digitize(score, [-0.8, 0.8])
    features = [[name, "number"] for name in "abcde"]
    # The background repeats a row.
    full = np.r_[np.arange(12), 3], [40, 41, 42]

    def sklearn(name, model, target, data=x, classes=None, margin=False):
        model.fit(data, target)
        options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
        content = onnx_bytes(model, [("x", FloatTensorType([None, 5]))], name, options)
        keep(name, content, features, classes or ["value"], data[full[0]], data[full[1]], margin)

    two, three = ["0", "1"], ["0", "1", "2"]
    boosted = {"n_estimators": TREES, "max_depth": 3, "random_state": SEED}
    sklearn("sklearn-gb-binary", GradientBoostingClassifier(**boosted), label, classes=two, margin=True)
    sklearn("sklearn-gb-multi", GradientBoostingClassifier(**boosted), third, classes=three, margin=True)
    sklearn("sklearn-gb-regressor", GradientBoostingRegressor(**boosted), score)
    forest = {"n_estimators": TREES, "max_depth": 6, "random_state": SEED}
    sklearn("sklearn-forest-binary", RandomForestClassifier(**forest), label, classes=two)
    sklearn("sklearn-forest-multi", RandomForestClassifier(**forest), third, classes=three)
    sklearn("sklearn-forest-regressor", RandomForestRegressor(n_estimators=3, random_state=SEED), 200 * score)
    sklearn("sklearn-extra-trees", ExtraTreesClassifier(**forest), third, classes=three)
    double = x.astype(np.float64) + random.normal(scale=1e-9, size=x.shape)
    narrow = RandomForestRegressor(n_estimators=3, max_depth=6, random_state=SEED).fit(double, 200 * score)
    keep("sklearn-forest-double", double_forest(narrow), features, ["value"], double[full[0]], double[full[1]])
    histogram = {"max_iter": TREES, "max_leaf_nodes": 8, "random_state": SEED}
    sklearn("sklearn-histogram-binary", HistGradientBoostingClassifier(**histogram), label, holes, two, margin=True)
    sklearn("sklearn-histogram-multi", HistGradientBoostingClassifier(**histogram), third, holes, three, margin=True)
    sklearn("sklearn-histogram-regressor", HistGradientBoostingRegressor(**histogram), score, holes)
    sklearn("sklearn-linear", LinearRegression(), score)
    sklearn("sklearn-multinomial", LogisticRegression(), third, classes=three)
    mixed = Pipeline([("pca", PCA(3)), ("model", GradientBoostingClassifier(**boosted))])
    sklearn("sklearn-pca", mixed, label, classes=two)

    def tools(name, convert, model, data, target, classes=None, margin=False, **fit):
        model.fit(data, target, **fit)
        options = {"zipmap": False} if convert is convert_lightgbm else {}
        proto = convert(model, initial_types=[("x", ToolsFloatTensorType([None, 5]))], **options)
        keep(name, proto, features, classes or ["value"], holes[full[0]], holes[full[1]], margin)

    light = {"n_estimators": TREES, "num_leaves": 12, "min_child_samples": 4, "random_state": SEED, "verbose": -1, "deterministic": True, "num_threads": 1}
    tools("lightgbm-binary", convert_lightgbm, lightgbm.LGBMClassifier(**light), holes, label, two, True)
    tools("lightgbm-multi", convert_lightgbm, lightgbm.LGBMClassifier(**light), holes, third, three, True)
    tools("lightgbm-regressor", convert_lightgbm, lightgbm.LGBMRegressor(**light), holes, score)
    tools("lightgbm-categories", convert_lightgbm, lightgbm.LGBMClassifier(**light, cat_smooth=1, min_data_per_group=1), holes, label, two, True, categorical_feature=[2])
    extreme = {"n_estimators": TREES, "max_depth": 4, "random_state": SEED, "n_jobs": 1}
    tools("xgboost-binary", convert_xgboost, xgboost.XGBClassifier(**extreme), holes, label, two, True)
    tools("xgboost-multi", convert_xgboost, xgboost.XGBClassifier(**extreme), holes, third, three, True)
    tools("xgboost-regressor", convert_xgboost, xgboost.XGBRegressor(**extreme), holes, score)
    typed = pd.DataFrame(holes, columns=[f"f{i}" for i in range(5)])
    typed["f2"] = typed["f2"].astype(int).astype("category")
    categorical = xgboost.XGBClassifier(**extreme, enable_categorical=True, max_cat_to_onehot=10)
    tools("xgboost-categories", convert_xgboost, categorical, typed, label, two, True)

    for name, model, target, classes in [
        ("catboost-binary", catboost.CatBoostClassifier, label, two),
        ("catboost-multi", catboost.CatBoostClassifier, third, three),
        ("catboost-regressor", catboost.CatBoostRegressor, score, ["value"]),
    ]:
        fitted = model(iterations=TREES, depth=3, random_seed=SEED, verbose=0, thread_count=1, allow_writing_files=False).fit(x, target)
        path = FIXTURES / f"{name}.onnx"
        fitted.save_model(str(path), format="onnx")
        keep(name, onnx.load(path), features, classes, x[full[0]], x[full[1]], len(classes) > 1)


def double_forest(forest):
    """With cuts and weights in double tensors, which skl2onnx 1.20 does not write; cuts at a double's distance from
    the values that it was trained on, where float32 would send most rows the other way."""
    keys = ["treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids"]
    nodes = {key: [] for key in keys}
    leaves = {"treeids": [], "nodeids": [], "ids": [], "weights": []}
    for number, estimator in enumerate(forest.estimators_):
        tree = estimator.tree_
        for node in range(tree.node_count):
            leaf = tree.children_left[node] == -1
            row = [number, node, 0 if leaf else int(tree.feature[node]), "LEAF" if leaf else "BRANCH_LEQ"]
            row += [0.0 if leaf else float(tree.threshold[node])]
            row += [0, 0] if leaf else [int(tree.children_left[node]), int(tree.children_right[node])]
            for key, value in zip(keys, row, strict=True):
                nodes[key].append(value)
            if leaf:
                weight = float(tree.value[node].ravel()[0]) / len(forest.estimators_)
                for key, value in zip(leaves, [number, node, 0, weight], strict=True):
                    leaves[key].append(value)
    attributes = {f"nodes_{key}": value for key, value in nodes.items()} | {f"target_{key}": value for key, value in leaves.items()}
    for key in ["nodes_values", "target_weights"]:
        attributes[f"{key}_as_tensor"] = numpy_helper.from_array(np.array(attributes.pop(key), dtype=np.float64))
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1, **attributes)
    x = helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["n", 5])
    # The operator rounds its sums to float32 whatever it reads.
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph([node], "double", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)])


def columns():
    """Raw columns of every type, and what scikit-learn puts in front of a model."""
    random = np.random.default_rng(SEED + 1)
    size = 300
    frame = pd.DataFrame(
        {
            "amount": random.gamma(2, 1500, size).round(2),
            "age": np.where(random.random(size) < 0.15, np.nan, random.integers(18, 80, size)),
            "purpose": random.choice(["car", "house", "study", "None"], size),
            "grade": random.choice(["low", "middle", "high"], size),
            "children": random.integers(0, 4, size),
            "region": random.choice(["north", "south", ""], size),
        }
    ).astype({"purpose": object, "grade": object, "region": object})
    score = frame["amount"] / 4000 + 0.8 * (frame["purpose"] == "car") - (frame["grade"] == "low") * frame["age"].fillna(40) / 50 + 0.2 * frame["children"]
    label = np.where(score > 0.6, "yes", "no")
    kinds = {"amount": "float", "age": "float", "purpose": "string", "grade": "string", "children": "int64", "region": "string"}
    names = {name: sorted(frame[name].unique()) for name, kind in kinds.items() if kind == "string"}
    features = [[name, names.get(name, "integer" if kind == "int64" else "number")] for name, kind in kinds.items()]
    for name, model, margin in [
        ("columns-boosted", GradientBoostingClassifier(n_estimators=20, max_depth=3, random_state=SEED), True),
        ("columns-forest", RandomForestClassifier(n_estimators=5, max_depth=6, random_state=SEED), False),
        ("columns-logistic", LogisticRegression(max_iter=2000), True),
    ]:
        before = ColumnTransformer(
            [
                ("scaled", Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())]), ["amount", "age"]),
                ("one_hot", OneHotEncoder(handle_unknown="ignore"), ["purpose", "region"]),
                ("ordinal", OrdinalEncoder(categories=[["low", "middle", "high"]]), ["grade"]),
                ("as_is", "passthrough", ["children"]),
            ]
        )
        pipeline = Pipeline([("columns", before), ("model", model)]).fit(frame, label)
        if name == "columns-boosted":
            alone = onnx_bytes(pipeline.named_steps["columns"], column_inputs(kinds), "columns-alone")
            write_bytes(FIXTURES / "columns-alone.onnx", alone)
            wide = frame.assign(amount=frame["amount"].astype(np.float32).astype(float))
            lines = [json.dumps(row) + "\n" for row in cells(wide.head(120))]
            write_bytes(FIXTURES / "columns-alone.jsonl", "".join(lines).encode())
        content = onnx_bytes(pipeline, column_inputs(kinds), name, {id(pipeline): {"zipmap": False}})
        keep(name, content, features, ["no", "yes"], frame.head(14), frame.tail(4), margin)


def ensemble(name, nodes, weights, classifier=None, base=(), post="NONE", aggregate=None):
    """One or more trees written by hand: nodes as (tree, node, mode, column, value, missing goes to true, yes, no)."""
    listed = list(zip(*nodes, strict=True))
    keys = ["treeids", "nodeids", "modes", "featureids", "values", "missing_value_tracks_true", "truenodeids", "falsenodeids"]
    attributes = {f"nodes_{key}": list(values) for key, values in zip(keys, listed, strict=True)}
    prefix = "target" if classifier is None else "class"
    for key, values in zip(["treeids", "nodeids", "ids", "weights"], zip(*weights, strict=True), strict=True):
        attributes[f"{prefix}_{key}"] = list(values)
    if base:
        attributes["base_values"] = list(base)
    if classifier is None:
        attributes["n_targets"] = 1 + max(weight[2] for weight in weights)
        attributes["aggregate_function"] = aggregate or "SUM"
        outputs, kind = ["y"], "TreeEnsembleRegressor"
    else:
        attributes["classlabels_int64s"] = list(range(classifier))
        outputs, kind = ["label", "y"], "TreeEnsembleClassifier"
    node = helper.make_node(kind, ["x"], outputs, domain="ai.onnx.ml", post_transform=post, **attributes)
    floats = TensorProto.FLOAT
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info("x", floats, ["n", 3])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])] * (classifier is not None)
        + [helper.make_tensor_value_info("y", floats, ["n", classifier or attributes["n_targets"]])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)])


def by_hand():
    features = [[name, "number"] for name in "uvw"]
    grid = np.array([[u, v, w] for u in [-1, 0.1, 2, np.nan] for v in [0, 1, 2] for w in [0.1, 5, np.nan]], dtype=np.float32)
    # Values on the cuts themselves, and missing ones, on either side.
    background, rows = grid[::3], grid[[1, 9, 17, 26, 30]]

    modes = ["LEQ", "LT", "GTE", "GT", "EQ", "NEQ"]
    nodes, weights = [], []
    for tree, (mode, missing) in enumerate((mode, missing) for mode in modes for missing in [0, 1]):
        cut = [0.1, 2.0][tree % 2]
        nodes += [
            (tree, 0, f"BRANCH_{mode}", 0, cut, missing, 1, 2),
            (tree, 1, f"BRANCH_{modes[(tree + 2) % 6]}", 2, 0.1, missing, 3, 4),
            (tree, 2, f"BRANCH_{modes[(tree + 3) % 6]}", 1, 1.0, missing, 5, 6),
            *[(tree, leaf, "LEAF", 0, 0.0, 0, 0, 0) for leaf in [3, 4, 5, 6]],
        ]
        weights += [(tree, leaf, 0, round(0.7 * leaf - 0.31 * tree, 2)) for leaf in [3, 4, 5, 6]]
    keep("hand-modes", ensemble("hand-modes", nodes, weights, base=[0.25]), features, ["value"], background, rows)
    averaged = ensemble("hand-average", nodes, weights, base=[0.25], aggregate="AVERAGE")
    keep("hand-average", averaged, features, ["value"], background, rows)

    # Two classes in every form: leaves for one or both, weights of one sign or both, with and without a function.
    stumps = [(0, 0, "BRANCH_LEQ", 0, 0.1, 0, 1, 2), (0, 1, "LEAF", 0, 0.0, 0, 0, 0), (0, 2, "LEAF", 0, 0.0, 0, 0, 0)]
    for signs, pair in [("positive", (0.2, 0.7)), ("signed", (-0.4, 0.7))]:
        for post in ["NONE", "LOGISTIC", "SOFTMAX"]:
            one = [(0, 1, 0, pair[0]), (0, 2, 0, pair[1])]
            both = [*one, (0, 1, 1, 0.5), (0, 2, 1, pair[0])]
            for form, leaves in [("one", one), ("both", both)]:
                for base in [[], [0.1]]:
                    name = f"hand-{form}-{signs}-{post.lower()}{'-base' if base else ''}"
                    keep(name, ensemble(name, stumps, leaves, 2, base, post), features, ["0", "1"], background, rows)
    for post in ["SOFTMAX_ZERO", "LOGISTIC"]:
        leaves = [(0, 1, 0, -0.4), (0, 2, 1, 0.7), (0, 2, 2, 0.2)]
        name = f"hand-three-{post.lower()}"
        keep(name, ensemble(name, stumps, leaves, 3, [0.1, 0.0, 0.2], post), features, ["0", "1", "2"], background, rows)

    for element, number in [(TensorProto.FLOAT, np.float32), (TensorProto.DOUBLE, np.float64)]:
        name = f"hand-ensemble5-{np.dtype(number).name}"
        tensor = lambda values: numpy_helper.from_array(np.array(values, dtype=number))  # noqa: E731
        node = helper.make_node(
            "TreeEnsemble",
            ["x"],
            ["y"],
            domain="ai.onnx.ml",
            n_targets=1,
            aggregate_function=1,
            post_transform=0,
            tree_roots=[0, 3],
            nodes_featureids=[0, 1, 2, 2],
            nodes_modes=numpy_helper.from_array(np.array([0, 6, 3, 1], dtype=np.uint8)),
            nodes_splits=tensor([0.1, 0.0, 0.1, 5.0]),
            nodes_truenodeids=[1, 0, 2, 4],
            nodes_trueleafs=[0, 1, 1, 1],
            nodes_falsenodeids=[2, 1, 3, 5],
            nodes_falseleafs=[0, 1, 1, 1],
            nodes_missing_value_tracks_true=[0, 0, 1, 0],
            leaf_targetids=[0] * 6,
            leaf_weights=tensor([1.5, -2.25, 0.5, 3.0, -1.0, 0.125]),
            membership_values=tensor([0.0, 2.0, np.nan]),
        )
        graph = helper.make_graph(
            [node],
            name,
            [helper.make_tensor_value_info("x", element, ["n", 3])],
            [helper.make_tensor_value_info("y", element, ["n", 1])],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 5)])
        keep(name, model, features, ["value"], background.astype(number), rows.astype(number))


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    numeric()
    columns()
    by_hand()
    lines = [json.dumps({"name": name} | game) + "\n" for name, game in GAMES.items()]
    write_bytes(FIXTURES / "games.jsonl", "".join(lines).encode())


if __name__ == "__main__":
    main()
