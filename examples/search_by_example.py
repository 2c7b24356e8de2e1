"""Finds the pictures of a folder that look like a given one, by what a net has learned to see.

    python examples/search_by_example.py pets new/1.jpg --run runs/pets

The run is one of `tf-slim train`; any net of `tf-slim nets` with weights does as well.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np

import tf_slim as slim

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"}

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("query", help="the picture to look for")
parser.add_argument("--run", default="runs/pets")
parser.add_argument("--end-point", default="global_pool", help="tf-slim inspect NET lists them")
parser.add_argument("--count", type=int, default=5)
parser.add_argument("--index", type=pathlib.Path, help="a file that keeps the features")
options = parser.parse_args()

predict = slim.Predictor(options.run)


def features(pictures):
    """The features of pictures, of length one: their product is the cosine."""
    found = predict.features(pictures, options.end_point)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


if options.index and options.index.exists():
    kept = np.load(options.index)
    paths, index = kept["paths"].tolist(), kept["features"]
else:
    paths = [str(p) for p in sorted(options.folder.rglob("*")) if p.suffix.lower() in ENDINGS]
    index = features(paths)
    if options.index:
        np.savez(options.index, paths=paths, features=index)

likeness = index @ features([options.query])[0]
print(f"{len(paths)} pictures, {index.shape[1]} features; most like {options.query}:")
for number in np.argsort(-likeness)[: options.count]:
    print(f"  {likeness[number]:.3f}  {paths[number]}")
