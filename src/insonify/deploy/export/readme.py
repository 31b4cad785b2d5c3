"""The README of an export: how to load it without insonify."""

from typing import Final

from insonify.deploy.export.about import NOTICE, ExportCard

README: Final = "README.md"

_ONNX: Final = """\
```python
import numpy as np
import onnxruntime

model = onnxruntime.InferenceSession("{model}", providers=["CPUExecutionProvider"])
frames = np.zeros((2, {rows}, {columns}), np.uint8)  # your frames, grey
answers = dict(zip({outputs}, model.run(None, {{"frames": frames}})))
```

Who wants some of the outputs only names them in place of `None` and passes a
`RunOptions` whose `only_execute_path_to_fetches` is true: the rest is not computed.
"""
_TORCH: Final = """\
```python
import torch

model = torch.export.load("{model}").module()
frames = torch.zeros((2, {rows}, {columns}), dtype=torch.uint8)  # your frames, grey
with torch.no_grad():
    answers = model(frames)  # a dictionary: {outputs}
```

`torch.export.load` trusts the file: load only a `.pt2` that you made, or that comes
from somebody whom you would let run a program on your machine.
"""
_TIMM: Final = """\
```python
import json

import timm
import torch
from safetensors.torch import load_file

card = json.load(open("card.json"))
model = timm.create_model(**card["build"]).eval()
model.load_state_dict(load_file("model.safetensors"), strict=True)
frames = torch.zeros((2, {rows}, {columns}), dtype=torch.uint8)  # your frames, grey
with torch.no_grad():
    answer = model(((frames / 255 - card["mean"]) / card["std"])[:, None])
```
"""
_HUGGINGFACE: Final = """\
```python
import numpy as np
import timm
import torch
from PIL import Image

model = timm.create_model("local-dir:.", pretrained=True).eval()
config = timm.data.resolve_model_data_config(model)
transform = timm.data.create_transform(**config, is_training=False)
frame = Image.fromarray(np.zeros(({rows}, {columns}), np.uint8))  # your frame, grey
with torch.no_grad():
    answer = model(transform(frame)[None])
```

On a hub it is `hf-hub:OWNER/NAME` in place of `local-dir:.`.
"""
_HOW: Final = {
    "onnx": _ONNX,
    "torch": _TORCH,
    "timm": _TIMM,
    "huggingface": _HUGGINGFACE,
}
_FRONT: Final = """\
---
library_name: timm
tags: [ultrasound, image-feature-extraction, timm]
---
"""
_MEANING: Final = {
    "features": "`features`: {dim} numbers a frame.",
    "probabilities": "`probabilities`: of {classes}; they sum to 1.",
    "saliency": "`saliency`: where one would look, a map that sums to 1.",
    "scores": "scores of {classes}; `softmax` makes probabilities of them.",
}


def readme(card: ExportCard) -> str:
    """The text, Markdown."""
    rows, columns = card.size
    facts = {
        "model": card.model,
        "rows": rows,
        "columns": columns,
        "outputs": list(card.outputs),
        "dim": card.dim,
        "classes": ", ".join(card.classes),
    }
    meanings = "\n".join(
        f"- {_MEANING[name].format_map(facts)}" for name in card.outputs
    )
    front = _FRONT if card.kind == "huggingface" else ""
    return (
        f"{front}# An ultrasound encoder ({card.architecture})\n\n{NOTICE}\n\n"
        f"It takes grey frames of {rows} x {columns} pixels: the largest window of "
        "that shape in the middle of the image area, resampled (bilinear, antialiased)."
        f"\n\n{_HOW[card.kind].format_map(facts)}\nIt gives\n\n{meanings}\n\n"
        "`card.json` has the rest: normalisation, classes, how the weights were "
        "trained, how far the answers are from those of the original, and SHA-256 of "
        "the files.\n"
    )
