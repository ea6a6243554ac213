"""Writes test/models/graph/fixtures/shapiq.jsonl: what shapiq attributes to the rows of games.jsonl, on the trees that the
exported graphs hold, so that the comparison needs no Python.

    python test/bench/explain/peers/fixtures.py
"""

import json
from pathlib import Path

import numpy as np

from ensemble import from_shapiq, read_trees, to_shapiq

FIXTURES = Path(__file__).resolve().parents[3] / "models" / "graph" / "fixtures"
# name, score, and the output that holds this score
GRAPHS = [
    ("sklearn-gb-binary", None, 1),
    ("sklearn-gb-multi", 2, 2),
    ("sklearn-gb-regressor", None, 0),
    ("sklearn-forest-multi", 1, 1),
    ("sklearn-forest-regressor", None, 0),
    ("sklearn-extra-trees", 0, 0),
    ("sklearn-histogram-binary", None, 1),
    ("sklearn-histogram-regressor", None, 0),
    ("lightgbm-binary", None, 1),
    ("lightgbm-multi", 1, 1),
    ("lightgbm-regressor", None, 0),
    ("xgboost-binary", None, 1),
    ("xgboost-multi", 2, 2),
    ("xgboost-regressor", None, 0),
]


def numbers(rows):
    return np.array([[np.nan if cell is None else cell for cell in row] for row in rows], dtype=np.float32).astype(np.float64)


def main():
    games = {game["name"]: game for game in map(json.loads, (FIXTURES / "games.jsonl").read_text().splitlines())}
    with open(FIXTURES / "shapiq.jsonl", "w") as out:
        for name, score, output in GRAPHS:
            trees = read_trees(FIXTURES / f"{name}.onnx", score)
            explainer = to_shapiq(trees, numbers(games[name]["background"]))
            values = [from_shapiq(explainer, row) for row in numbers(games[name]["rows"])]
            out.write(json.dumps({"name": name, "output": output, "attributions": values}) + "\n")


if __name__ == "__main__":
    main()
