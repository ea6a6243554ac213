"""The trees of an ONNX graph as plain arrays, and what each peer makes of them: every peer is given the same trees.

A number goes to the left child when it is at most the threshold, a missing one to `default`.
"""

import numpy as np
import onnx
from shap import TreeExplainer
from shapiq.tree.base import TreeModel
from shapiq.tree.interventional import InterventionalTreeSHAPIQ
from woodelf.core.trees.decision_trees_ensemble import DecisionTreesEnsemble, LeftIsSmallerEqualDecisionTreeNode
from woodelf.explainer import WoodelfExplainer


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def tree_node(graph):
    return next(node for node in graph.node if node.op_type.startswith("TreeEnsemble"))


def read_trees(path, score=None):
    """One dictionary of arrays a tree: left, right, default, column, threshold, value. Of several scores, one."""
    operator = tree_node(onnx.load(path).graph)
    written = attributes(operator)
    prefix = "class" if operator.op_type.endswith("Classifier") else "target"
    scores = np.array(written[f"{prefix}_ids"])
    if score is None and len(set(scores)) != 1:
        raise SystemExit("which of the scores?")
    ids = np.array(written["nodes_treeids"])
    numbers = np.array(written["nodes_nodeids"])
    modes = np.array(written["nodes_modes"])
    if not set(modes) <= {b"LEAF", b"BRANCH_LEQ", b"BRANCH_LT"}:
        raise SystemExit("only comparisons with a threshold are compared")
    missing = np.array(written.get("nodes_missing_value_tracks_true", [0] * len(ids)))
    thresholds = np.array(written["nodes_values"], dtype=np.float32)
    # x < t is x <= the number below t, in the type that the graph compares in.
    thresholds = np.where(modes == b"BRANCH_LT", np.nextafter(thresholds, np.float32(-np.inf)), thresholds)
    leaf_tree = np.array(written[f"{prefix}_treeids"])
    leaf_node = np.array(written[f"{prefix}_nodeids"])
    leaf_value = np.array(written[f"{prefix}_weights"])
    trees = []
    for tree in dict.fromkeys(ids):
        at = np.flatnonzero(ids == tree)
        if list(numbers[at]) != list(range(len(at))):
            raise SystemExit("nodes are not written in their order")
        leaf = modes[at] == b"LEAF"
        left = np.where(leaf, -1, np.array(written["nodes_truenodeids"])[at])
        right = np.where(leaf, -1, np.array(written["nodes_falsenodeids"])[at])
        value = np.zeros(len(at))
        own = (leaf_tree == tree) & ((scores == score) | (score is None))
        value[leaf_node[own]] = leaf_value[own]
        trees.append(
            {
                "left": left,
                "right": right,
                "default": np.where(leaf, -1, np.where(missing[at] == 1, left, right)),
                "column": np.where(leaf, -2, np.array(written["nodes_featureids"])[at]),
                "threshold": np.where(leaf, np.nan, thresholds[at].astype(np.float64)),
                "value": value,
            }
        )
    return trees


def to_shapiq(trees, background):
    models = [
        TreeModel(
            children_left=t["left"],
            children_right=t["right"],
            children_missing=t["default"],
            features=t["column"],
            thresholds=t["threshold"],
            values=t["value"],
            node_sample_weight=np.ones(len(t["left"])),
            decision_type="<=",
        )
        for t in trees
    ]
    return InterventionalTreeSHAPIQ(models, background.astype(np.float64), max_order=1, index="SV")


def from_shapiq(explainer, row):
    found = explainer.explain_function(row)
    return [float(found[(column,)]) for column in range(len(row))]


def to_shap(trees, background):
    described = {
        "trees": [
            {
                "children_left": t["left"].astype(np.int32),
                "children_right": t["right"].astype(np.int32),
                "children_default": t["default"].astype(np.int32),
                "features": t["column"].astype(np.int32),
                "thresholds": np.nan_to_num(t["threshold"]),
                "values": t["value"].reshape(-1, 1),
                "node_sample_weight": np.ones(len(t["left"])),
            }
            for t in trees
        ]
    }
    return TreeExplainer(described, background.astype(np.float64), feature_perturbation="interventional")


def to_woodelf(trees, background):
    """@param background a data frame"""
    names = list(background.columns)

    def grow(t, node):
        if t["left"][node] < 0:
            return LeftIsSmallerEqualDecisionTreeNode(None, t["value"][node], None, None, index=node)
        column = names[t["column"][node]]
        right, left = grow(t, t["right"][node]), grow(t, t["left"][node])
        to_left = bool(t["default"][node] == t["left"][node])
        grown = LeftIsSmallerEqualDecisionTreeNode(column, t["threshold"][node], right, left, to_left, index=node)
        left.parent = right.parent = grown
        return grown

    roots = [grow(t, 0) for t in trees]
    for root in roots:
        root.depth = root.get_depth()
    return WoodelfExplainer(DecisionTreesEnsemble(roots), background)
