"""The peers, one answer a line: what npm run bench:explain asks, side by side with its own calls.

    python measure.py FOLDER

Reads one JSON object a line from stdin, writes one to stdout.
  {"ask": "prepare", "model", "peer", "background"}   builds an explainer and keeps it     → {"seconds"}
  {"ask": "time", "model", "peer", "background", "calls"}   one row a call, in turn      → {"p50"}, milliseconds a row
  {"ask": "batch", "model", "background", "rows"}     woodelf, one call of so many rows  → {"microseconds"} a row
  {"ask": "values", "model", "rows"}                  shapiq's attributions              → {"values": rows × columns}
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ensemble import from_shapiq, read_trees, to_shap, to_shapiq, to_woodelf

FOLDER = Path(sys.argv[1])
MODELS = json.loads((FOLDER / "models.json").read_text())
KEPT = {}


def tensors(name, background):
    model = MODELS[name]
    table = np.fromfile(FOLDER / f"{name}.f32", dtype=np.float32).reshape(-1, model["columns"])
    return table[: min(background, model["background"])], table[model["background"] :]


def prepared(name, peer, background):
    key = (name, peer, background)
    if key not in KEPT:
        reference, rows = tensors(name, background)
        trees = read_trees(FOLDER / f"{name}.trees.onnx")
        made = {"shapiq": to_shapiq, "shap": to_shap}[peer](trees, reference)
        KEPT[key] = made, rows.astype(np.float64)
    return KEPT[key]


def call(peer, explainer, rows, i):
    if peer == "shapiq":
        return explainer.explain_function(rows[i])
    return explainer.shap_values(rows[i : i + 1], check_additivity=False)


def answer(asked):
    if asked["ask"] == "prepare":
        started = time.perf_counter()
        prepared(asked["model"], asked["peer"], asked["background"])
        return {"seconds": time.perf_counter() - started}
    if asked["ask"] == "time":
        explainer, rows = prepared(asked["model"], asked["peer"], asked["background"])
        taken = []
        for i in range(asked["calls"]):
            started = time.perf_counter()
            call(asked["peer"], explainer, rows, i % 100)
            taken.append(time.perf_counter() - started)
        return {"p50": float(np.median(taken)) * 1000}
    if asked["ask"] == "batch":
        reference, rows = tensors(asked["model"], asked["background"])
        trees = read_trees(FOLDER / f"{asked['model']}.trees.onnx")
        names = [f"x{c}" for c in range(rows.shape[1])]
        explainer = to_woodelf(trees, pd.DataFrame(reference.astype(np.float64), columns=names))
        repeated = rows[np.arange(asked["rows"]) % len(rows)].astype(np.float64)
        started = time.perf_counter()
        explainer.shap_values(pd.DataFrame(repeated, columns=names), verbose=False)
        return {"microseconds": (time.perf_counter() - started) / asked["rows"] * 1e6}
    if asked["ask"] == "values":
        explainer, rows = prepared(asked["model"], "shapiq", 100)
        return {"values": [from_shapiq(explainer, row) for row in rows[: asked["rows"]]]}
    raise SystemExit("unknown question")


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
