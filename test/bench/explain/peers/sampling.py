"""shap's PermutationExplainer on the models that npm run bench:explain compares sampling on, one answer a line.

    python sampling.py FOLDER

Reads one JSON object a line from stdin, writes one to stdout.
  {"model", "columns", "background", "rows", "permutations"}
      → {"values": rows × columns, "modelRows": the mean over the rows}
`background` and `rows` are raw cells. A German Credit cell that is a word is given to shap as the number of the word, which is
all that its masker needs to tell them apart, and put back before the model sees it.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import shap

FOLDER = Path(sys.argv[1])
PACKAGE = Path(__file__).resolve().parents[4] / "packages" / "german-credit"


class Model:
    """The probability of the last class, through onnxruntime on one thread, counting rows."""

    def __init__(self, file, columns, table):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.inputs = [value.name for value in self.session.get_inputs()]
        self.columns = columns
        self.output = self.session.get_outputs()[-1].name
        self.words = [
            sorted({row[c] for row in table}) if isinstance(table[0][c], str) else None for c in range(len(table[0]))
        ]
        self.rows = 0

    def encode(self, table):
        return np.array(
            [[words.index(cell) if words else cell for cell, words in zip(row, self.words)] for row in table],
            dtype=np.float64,
        )

    def __call__(self, codes):
        self.rows += len(codes)
        if len(self.inputs) == 1:
            feeds = {self.inputs[0]: codes.astype(np.float32)}
        else:
            feeds = {
                name: np.array(words, dtype=object)[codes[:, [c]].astype(int)]
                if words
                else codes[:, [c]].astype(np.float32)
                for c, (name, words) in enumerate(zip(self.columns, self.words))
            }
        return self.session.run([self.output], feeds)[0][:, -1].astype(np.float64)


def explain(asked):
    german = asked["model"] == "german-credit"
    file = PACKAGE / "model.onnx" if german else FOLDER / f"{asked['model']}.onnx"
    model = Model(file, asked["columns"], asked["background"] + asked["rows"])
    background, rows = model.encode(asked["background"]), model.encode(asked["rows"])
    explainer = shap.explainers.Permutation(model, shap.maskers.Independent(background, max_samples=len(background)), seed=7)
    # One call for all rows, as it is used: from the second on it asks for its main effects too.
    explanation = explainer(rows, max_evals=asked["permutations"] * (2 * rows.shape[1] + 1), silent=True)
    return {"values": explanation.values.tolist(), "modelRows": model.rows / len(rows)}


for line in sys.stdin:
    print(json.dumps(explain(json.loads(line))), flush=True)
