"""A net of timm, channels last, in turns with others. It is run by a Python with torch and timm.

python benchmarks/programs/of_timm.py eager|compiled NET PIXELS WEIGHT_DECAY BATCH MODE PRECISION
"""

from __future__ import annotations

import sys

from turns import serve

CLASSES = 1000


def made(way: str, net: str, pixels: int, decay: float, batch: int, mode: str, precision: str):
    import timm
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    options = {"aux_logits": False} if net == "inception_v3" else {}
    model = timm.create_model(net, num_classes=CLASSES, **options)
    model = model.to(device, memory_format=torch.channels_last).train(mode == "train")
    images = torch.rand(batch, 3, pixels, pixels)
    images = images.to(device, memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (batch,), device=device)
    call = torch.compile(model) if way == "compiled" else model
    kind = getattr(torch, precision)
    low = torch.autocast(device.type, kind, enabled=kind != torch.float32)

    def predict():
        with torch.inference_mode(), low:
            return call(images).cpu()

    if mode == "infer":
        return predict
    optimizer = torch.optim.SGD(model.parameters(), 0.001, momentum=0.9, weight_decay=decay)

    def step():
        with low:
            loss = torch.nn.functional.cross_entropy(call(images).float(), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main(way, net, pixels, decay, batch, mode, precision) -> None:
    serve(
        lambda: made(way, net, int(pixels), float(decay), int(batch), mode, precision),
        libraries=["torch", "timm"],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
