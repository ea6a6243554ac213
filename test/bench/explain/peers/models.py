"""Writes the models that npm run bench:explain compares on, each with the tensor that enters its trees.

    python models.py FOLDER

<name>.trees.onnx holds the trees alone; <name>.f32 the tensor, float32, row-major, `background` rows and then the rows
to explain; models.json the widths, the counts and which columns move together. German Credit is the repository's own
package: its graph is cut in front of the trees.
"""

import json
import sys
from pathlib import Path

import lightgbm
import numpy as np
import onnx
import onnxruntime
import pandas as pd
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestRegressor

from ensemble import tree_node

ROOT = Path(__file__).resolve().parents[4]
PACKAGE = ROOT / "packages" / "german-credit"
NUMBERS = ["duration_months", "amount_dm", "age_years"]
BACKGROUND, ROWS = 1000, 1000
LABEL = "credit_risk"


def invented(seed, rows, columns):
    """Columns of which a few interact, as credit scores do, and the rest adds a little."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, columns)).astype(np.float32)
    score = (
        x[:, 0] * x[:, 1]
        + np.sin(2 * x[:, 2])
        + x[:, 3] * (x[:, 4] > 0)
        + 0.5 * x[:, 5] ** 2
        + 0.15 * x[:, 6:].sum(axis=1)
    )
    return x, score, (score + 0.5 * random.normal(size=rows) > 0.5).astype(int)


def boosted(seed, rows, columns, trees, leaves):
    x, _, label = invented(seed, rows, columns)
    model = lightgbm.LGBMClassifier(
        n_estimators=trees, num_leaves=leaves, random_state=seed, n_jobs=2, deterministic=True, force_row_wise=True, verbose=-1
    ).fit(x, label)
    inputs = [("x", FloatTensorType([None, columns]))]
    return convert_lightgbm(model, initial_types=inputs, zipmap=False), x


def forest(seed, rows, columns):
    x, score, _ = invented(seed, rows, columns)
    model = RandomForestRegressor(60, max_depth=8, random_state=seed, n_jobs=2).fit(x, score)
    return to_onnx(model, x[:1], target_opset={"": 18, "ai.onnx.ml": 3}), x


def trees_alone(graph):
    """The graph with its trees' tensor as the only input and their own scores as the output."""
    operator = tree_node(graph.graph)
    scores = operator.output[-1]
    width = 1 + max(next(a for a in operator.attribute if a.name == "nodes_featureids").ints)
    alone = onnx.helper.make_graph(
        [operator],
        "trees",
        [onnx.helper.make_tensor_value_info(operator.input[0], onnx.TensorProto.FLOAT, [None, None])],
        [onnx.helper.make_tensor_value_info(scores, onnx.TensorProto.FLOAT, [None, None])],
    )
    imports = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("ai.onnx.ml", 3)]
    return onnx.helper.make_model(alone, opset_imports=imports, ir_version=8), operator.input[0], scores, width


def german_credit():
    """The package's trees, the tensor of its background and of the training table, and each column's feature."""
    graph = onnx.load(PACKAGE / "model.onnx")
    alone, entering, _, _ = trees_alone(graph)
    seen = onnx.load(PACKAGE / "model.onnx")
    seen.graph.output.append(onnx.helper.make_tensor_value_info(entering, onnx.TensorProto.FLOAT, [None, None]))
    session = onnxruntime.InferenceSession(seen.SerializeToString(), providers=["CPUExecutionProvider"])

    def tensor(frame):
        feeds = {
            name: frame[[name]].to_numpy(np.float32 if name in NUMBERS else object).astype(
                np.float32 if name in NUMBERS else object
            )
            for name in frame.columns
        }
        return session.run([entering], feeds)[0]

    background = pd.read_csv(PACKAGE / "background.csv", keep_default_na=False)
    rows = pd.read_csv(ROOT / "training" / "german-credit.csv", keep_default_na=False).drop(columns=LABEL)
    rows = rows[background.columns]
    # A column belongs to the feature that moves it.
    first = rows.head(300)
    base = tensor(first)
    owner = np.full(base.shape[1], -1)
    for index, name in enumerate(background.columns):
        moved = first.copy()
        moved[name] = np.roll(first[name].to_numpy(), 1) if name not in NUMBERS else first[name] + 1
        owner[(tensor(moved) != base).any(axis=0)] = index
    players = [np.flatnonzero(owner == index).tolist() for index in range(len(background.columns))]
    players[0] += np.flatnonzero(owner == -1).tolist()
    return alone, tensor(background), tensor(rows), players


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    described = {}

    def keep(name, alone, scores, entering, background, rows, players):
        (folder / f"{name}.trees.onnx").write_bytes(alone.SerializeToString())
        np.vstack([background, rows]).astype(np.float32).tofile(folder / f"{name}.f32")
        described[name] = {
            "input": entering,
            "output": scores,
            "columns": int(background.shape[1]),
            "background": len(background),
            "rows": len(rows),
            "players": players,
        }

    alone, background, rows, players = german_credit()
    operator = tree_node(alone.graph)
    keep("german-credit", alone, operator.output[-1], operator.input[0], background, rows, players)
    for name, (graph, x) in {
        "lightgbm-100x31": boosted(0, 6000, 20, 100, 31),
        "forest-60x8": forest(0, 6000, 20),
        "lightgbm-300x63": boosted(0, 8000, 50, 300, 63),
    }.items():
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString())
        alone, entering, scores, _ = trees_alone(graph)
        singles = [[column] for column in range(x.shape[1])]
        keep(name, alone, scores, entering, x[:BACKGROUND], x[BACKGROUND : BACKGROUND + ROWS], singles)
    (folder / "models.json").write_text(json.dumps(described))


if __name__ == "__main__":
    main()
