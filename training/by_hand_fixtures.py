"""Trains small models as people export them, defaults and all, for `motivo explain` and `motivo/explain`, and models that
exporters get wrong, for the check at publish.

    python training/by_hand_fixtures.py

Writes test/library/fixtures: <name>.onnx, <name>.background.csv and <name>.rows.csv, with expected.jsonl beside them: what
the training library itself predicts, and Shapley values enumerated over those predictions, in float64. Nothing of Motivo
and nothing of onnxruntime is behind them. <name>.samples.csv belongs to a model that its exporter gets wrong.
"""

import json
from itertools import combinations
from math import factorial
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import onnx
import pandas as pd
import xgboost
from onnx import helper
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloatTensorType
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from export import column_inputs, onnx_bytes, plain_integers, without_clock, write_bytes, write_csv

FIXTURES = Path(__file__).parent.parent / "test" / "library" / "fixtures"
SEED = 23
TREES = 8

EXPECTED = {}


helper.make_attribute = plain_integers(helper.make_attribute)


def shapley(predict, row, background):
    """Interventional Shapley values of every output, by Shapley's formula over all coalitions."""
    names = list(background.columns)
    worth = {}
    for size in range(len(names) + 1):
        for coalition in combinations(range(len(names)), size):
            mixed = background.copy()
            for column in coalition:
                mixed[names[column]] = [row[names[column]]] * len(mixed)
            worth[coalition] = predict(mixed.astype(background.dtypes)).mean(axis=0)
    attributions = {}
    for column, name in enumerate(names):
        others = [other for other in range(len(names)) if other != column]
        total = 0
        for size in range(len(names)):
            share = factorial(size) * factorial(len(names) - size - 1) / factorial(len(names))
            for coalition in combinations(others, size):
                total = total + share * (worth[tuple(sorted((*coalition, column)))] - worth[coalition])
        attributions[name] = np.atleast_1d(total).tolist()
    return worth[()], attributions


def with_holes(frame):
    """A missing number as an empty cell."""
    text = lambda cell: "" if np.isnan(cell) else repr(float(cell))  # noqa: E731
    holed = [column for column in frame.columns if frame[column].dtype == float and frame[column].isna().any()]
    return frame.assign(**{column: frame[column].map(text).astype(object) for column in holed})


def keep(name, model, outputs, background, rows, predict):
    """`predict`: a frame → rows × outputs, by the training library."""
    write_model(name, model)
    write_csv(FIXTURES / f"{name}.background.csv", with_holes(background))
    write_csv(FIXTURES / f"{name}.rows.csv", with_holes(rows))
    table = lambda frame: np.asarray(predict(frame), dtype=np.float64).reshape(len(frame), -1)  # noqa: E731
    explained = []
    for _, row in rows.iterrows():
        base, attributions = shapley(table, row, background)
        output = table(rows.loc[[row.name]])[0]
        explained.append({"base": base.tolist(), "output": output.tolist(), "attributions": attributions})
    EXPECTED[name] = {"outputs": [str(output) for output in outputs], "rows": explained}


def write_model(name, model):
    proto = without_clock(model, name)
    write_bytes(FIXTURES / f"{name}.onnx", proto.SerializeToString(deterministic=True))


def people():
    """Numbers with holes, whole numbers, and words of which "None" is one and the empty one is missing."""
    random = np.random.default_rng(SEED)
    size = 240
    frame = pd.DataFrame(
        {
            "income": np.where(random.random(size) < 0.1, np.nan, random.gamma(3, 900, size).round(0)),
            "purpose": random.choice(["car", "house, big", "None", ""], size),
            "children": random.integers(0, 4, size),
            "housing": random.choice(["rent", "own"], size),
        }
    ).astype({"purpose": object, "housing": object})
    score = frame["income"].fillna(2000) / 2000 - (frame["purpose"] == "None") + 0.4 * (frame["housing"] == "own")
    score = score - 0.3 * frame["children"] * (frame["purpose"] == "car")
    return frame, score


def mixed_columns():
    frame, score = people()
    label = np.where(score > 1, "paid", np.where(score > 0.3, "late", "lost"))
    before = [
        ("numbers", Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler())]), ["income"]),
        ("words", OneHotEncoder(handle_unknown="ignore"), ["purpose", "housing"]),
        ("as_is", "passthrough", ["children"]),
    ]
    kinds = {"income": "float", "purpose": "string", "children": "int64", "housing": "string"}
    background, rows = frame.head(9), frame.tail(3)
    for name, model, target in [
        ("sklearn-columns-binary", GradientBoostingClassifier(n_estimators=TREES, random_state=SEED), np.where(score > 1, "paid", "lost")),
        ("sklearn-columns-multi", LogisticRegression(max_iter=3000), label),
    ]:
        pipeline = Pipeline([("columns", ColumnTransformer(before)), ("model", model)]).fit(frame, target)
        content = onnx_bytes(pipeline, column_inputs(kinds), name)
        keep(name, content, pipeline.classes_, background, rows, pipeline.predict_proba)

    # Two matrices, numbers and words: columns are what their order says.
    order = ["income", "children", "purpose", "housing"]
    table = frame[order].assign(children=frame["children"].astype(float), income=frame["income"].fillna(0))
    two = Pipeline(
        [
            ("columns", ColumnTransformer([("numbers", StandardScaler(), [0, 1]), ("words", OneHotEncoder(handle_unknown="ignore"), [2, 3])])),
            ("model", LogisticRegression(max_iter=3000)),
        ]
    ).fit(table.to_numpy(dtype=object), label)
    inputs = [("numbers", FloatTensorType([None, 2])), ("words", StringTensorType([None, 2]))]
    content = onnx_bytes(two, inputs, "sklearn-two-matrices")
    keep("sklearn-two-matrices", content, two.classes_, table.head(9), table.tail(3), lambda rows: two.predict_proba(rows.to_numpy(dtype=object)))


def matrices():
    random = np.random.default_rng(SEED + 1)
    x = random.normal(size=(300, 4)).round(3)
    x[:, 2] = random.integers(0, 4, 300)
    score = 2 * x[:, 0] * (x[:, 2] == 3) - x[:, 1] + np.sin(3 * x[:, 3])
    label = (score > 0.2).astype(int)
    words = np.array(["low", "middle", "high"])[np.digitize(score, [-0.8, 0.8])]
    narrow = x.astype(np.float32)
    holes = narrow.copy()
    holes[random.random(x.shape) < 0.12] = np.nan
    frame = lambda data: pd.DataFrame(data, columns=["a", "b", "c", "d"])  # noqa: E731
    plain, holed = frame(narrow.astype(float)), frame(holes.astype(float))
    floats = [("X", FloatTensorType([None, 4]))]
    tools = [("X", ToolsFloatTensorType([None, 4]))]
    numbers = lambda fitted: lambda rows: fitted(rows.to_numpy(np.float32))  # noqa: E731

    light = {"n_estimators": TREES, "num_leaves": 8, "min_child_samples": 4, "random_state": SEED, "verbose": -1, "deterministic": True, "num_threads": 1}
    model = lightgbm.LGBMClassifier(**light).fit(holes, words)
    keep("lightgbm-multi", convert_lightgbm(model, initial_types=tools), model.classes_, holed.head(9), holed.tail(3), numbers(model.predict_proba))
    model = xgboost.XGBClassifier(n_estimators=TREES, max_depth=3, random_state=SEED, n_jobs=1).fit(holes, label)
    keep("xgboost-binary", convert_xgboost(model, initial_types=tools), model.classes_, holed.head(9), holed.tail(3), numbers(model.predict_proba))
    for name, target in [("catboost-binary", label), ("catboost-multi", words)]:
        model = catboost.CatBoostClassifier(iterations=TREES, depth=3, random_seed=SEED, verbose=0, thread_count=1, allow_writing_files=False)
        model.fit(narrow, target)
        path = FIXTURES / f"{name}.onnx"
        model.save_model(str(path), format="onnx")
        keep(name, onnx.load(path), model.classes_, plain.head(9), plain.tail(3), numbers(model.predict_proba))
    network = MLPClassifier((6,), max_iter=4000, random_state=SEED).fit(narrow, words)
    keep("sklearn-network", onnx_bytes(network, floats, "network"), network.classes_, plain.head(9), plain.tail(3), numbers(network.predict_proba))
    wide = random.normal(size=(200, 26)).astype(np.float32)
    broad = MLPClassifier((4,), max_iter=500, random_state=SEED).fit(wide, wide[:, 0] * wide[:, 1] > 0)
    write_model("wide-network", onnx_bytes(broad, [("X", FloatTensorType([None, 26]))], "wide-network"))
    forest = RandomForestRegressor(n_estimators=4, max_depth=5, random_state=SEED).fit(narrow, score)
    keep("sklearn-forest-regressor", onnx_bytes(forest, floats, "forest"), ["value"], plain.head(9), plain.tail(3), numbers(forest.predict))
    linear = LinearRegression().fit(x, score)
    doubles = [("X", DoubleTensorType([None, 4]))]
    keep("sklearn-linear-double", onnx_bytes(linear, doubles, "linear"), ["value"], frame(x).head(9), frame(x).tail(3), lambda rows: linear.predict(rows.to_numpy()))


def wrong_exports():
    """Exporters that write another model than was trained, and say nothing."""
    random = np.random.default_rng(SEED + 2)
    size = 400
    frame = pd.DataFrame({"visits": random.integers(-3, 4, size).astype(float), "region": random.integers(0, 9, size).astype(float)})
    label = ((frame["region"].isin([1, 4, 8])) ^ (frame["visits"] == 0)).astype(int)
    data = frame.to_numpy(np.float32)

    # A category's set of values is exported as a threshold.
    histogram = HistGradientBoostingClassifier(max_iter=TREES, max_leaf_nodes=8, categorical_features=[1], random_state=SEED).fit(data, label)
    content = onnx_bytes(histogram, [("X", FloatTensorType([None, 2]))], "wrong-histogram", {id(histogram): {"zipmap": False}})
    # Zeros go where missing values go, in LightGBM; in the graph they are zeros.
    light = lightgbm.LGBMClassifier(n_estimators=TREES, num_leaves=8, min_child_samples=4, random_state=SEED, verbose=-1, deterministic=True, num_threads=1, zero_as_missing=True)
    light.fit(data, label)
    proto = convert_lightgbm(light, initial_types=[("X", ToolsFloatTensorType([None, 2]))], zipmap=False)
    for name, model, written in [("wrong-histogram-categories", histogram, content), ("wrong-lightgbm-zeros", light, proto)]:
        write_model(name, written)
        write_csv(FIXTURES / f"{name}.background.csv", frame.head(20))
        held = frame.tail(30)
        write_csv(FIXTURES / f"{name}.samples.csv", held.assign(probability=model.predict_proba(held.to_numpy(np.float32))[:, 1]))


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    mixed_columns()
    matrices()
    wrong_exports()
    lines = [json.dumps({"name": name} | expected) + "\n" for name, expected in EXPECTED.items()]
    write_bytes(FIXTURES / "expected.jsonl", "".join(lines).encode())


if __name__ == "__main__":
    main()
