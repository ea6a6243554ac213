"""Trains the two published demo packages from german-credit.csv; run twice, it writes the same bytes twice.

    python training/train.py

Writes model.onnx, background.csv and samples.csv of each package, and the `quality` block, the last one, of its
model.yaml. The rest of model.yaml is written by hand: it is a contract, not a result of training.
"""

from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from export import column_inputs, onnx_bytes, write_bytes, write_csv

HERE = Path(__file__).parent
PACKAGES = HERE.parent / "packages"
SEED = 7
TEST_SHARE = 0.3
BACKGROUND_ROWS = 100
SAMPLE_ROWS = 40
TARGET, FAVOURABLE = "credit_risk", "good"
THRESHOLD = 0.5
NUMBERS = ["duration_months", "amount_dm", "age_years"]


def read():
    # "none" is a category of several columns here, never a missing value.
    frame = pd.read_csv(HERE / "german-credit.csv", keep_default_na=False)
    for column in frame.columns:
        frame[column] = frame[column].astype("int64") if column in NUMBERS else frame[column].astype(object)
    return frame


def pipelines(columns):
    words = [column for column in columns if column not in NUMBERS]
    encoder = OneHotEncoder(handle_unknown="ignore")
    yield "german-credit", Pipeline(
        [
            ("columns", ColumnTransformer([("numbers", "passthrough", NUMBERS), ("words", encoder, words)])),
            ("model", GradientBoostingClassifier(n_estimators=100, max_depth=3, random_state=SEED)),
        ]
    )
    yield "german-credit-logistic", Pipeline(
        [
            ("columns", ColumnTransformer([("numbers", StandardScaler(), NUMBERS), ("words", encoder, words)])),
            ("model", LogisticRegression(C=0.3, max_iter=5000, random_state=SEED)),
        ]
    )


def quality(truth, probability, train_rows):
    said = np.where(probability >= THRESHOLD, FAVOURABLE, "bad")
    measured = {
        "auc": roc_auc_score(truth == FAVOURABLE, probability),
        "accuracy": accuracy_score(truth, said),
        "recall_good": recall_score(truth, said, pos_label=FAVOURABLE),
        "recall_bad": recall_score(truth, said, pos_label="bad"),
        "brier": brier_score_loss(truth == FAVOURABLE, probability),
    }
    lines = [
        "quality:",
        f"  split: stratified by {TARGET}, seed {SEED}, {1 - TEST_SHARE:.0%} to train and {TEST_SHARE:.0%} to test",
        f"  trainRows: {train_rows}",
        f"  testRows: {len(truth)}",
        "  metrics:",
        *(f"    {name}: {value:.4f}" for name, value in measured.items()),
    ]
    return "\n".join(lines) + "\n"


def write_quality(path, block):
    kept = path.read_text(encoding="utf-8").split("\nquality:\n")[0]
    write_bytes(path, (kept + "\n" + block).encode())


def onnx_probability(content, rows, classes):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feeds = {
        column: rows[[column]].to_numpy(np.float32 if column in NUMBERS else object) for column in rows.columns
    }
    return session.run(["probabilities"], feeds)[0][:, list(classes).index(FAVOURABLE)]


def main():
    frame = read()
    features = frame.drop(columns=TARGET)
    train, test, train_truth, test_truth = train_test_split(
        features, frame[TARGET], test_size=TEST_SHARE, random_state=SEED, stratify=frame[TARGET]
    )
    background, _ = train_test_split(train, train_size=BACKGROUND_ROWS, random_state=SEED, stratify=train_truth)
    inputs = column_inputs({column: "float" if column in NUMBERS else "string" for column in features.columns})
    for name, pipeline in pipelines(list(features.columns)):
        pipeline.fit(train, train_truth)
        classes = list(pipeline.classes_)
        content = onnx_bytes(pipeline, inputs, name, {id(pipeline): {"zipmap": False}})
        probability = pipeline.predict_proba(test)[:, classes.index(FAVOURABLE)]

        # scikit-learn computes in float64 and the graph in float32; on every held-out row they must agree.
        gap = np.abs(onnx_probability(content, test, classes) - probability).max()
        print(f"{name}: largest difference between scikit-learn and ONNX on {len(test)} rows {gap:.2e}")
        if gap > 1e-5:
            raise SystemExit(f"{name}: the exported graph does not compute what was trained")

        samples = test.head(SAMPLE_ROWS).assign(probability_good=probability[:SAMPLE_ROWS])
        write_bytes(PACKAGES / name / "model.onnx", content)
        write_csv(PACKAGES / name / "background.csv", background)
        write_csv(PACKAGES / name / "samples.csv", samples)
        write_quality(PACKAGES / name / "model.yaml", quality(test_truth.to_numpy(), probability, len(train)))


if __name__ == "__main__":
    main()
