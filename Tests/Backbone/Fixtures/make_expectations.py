"""Writes the expectations beside it: what PyTorch's implementations of the networks give for synthetic weights.

    python3 make_expectations.py [NAME...]      (needs torch, torchvision, timm, safetensors, numpy, pillow)

All networks, or those that are named.

Weights are those of Tests/Weights/synthetic_weights.py. Inputs repeat
cat.rgb (224 x 224) over the size asked for. A tap is stored as every step-th element of its flat [channel][y][x] array.
"""
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from safetensors.numpy import save_file

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE.parents[1] / "Weights"))
from synthetic_weights import synthetic  # noqa: E402

SAMPLES = 1500
# Of networks that differ from another one in numbers alone.
RELATIVES_SAMPLES = 100


def image(height: int, width: int) -> np.ndarray:
    cat = np.frombuffer((HERE / "cat.rgb").read_bytes(), np.uint8).reshape(224, 224, 3)
    return np.tile(cat, (height // 224 + 1, width // 224 + 1, 1))[:height, :width]


def network(name: str, gain: float):
    """The model in eval mode, its taps by our names, and the scaling of pixels."""
    mean, deviation = np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255
    if "resnet" in name:
        model = getattr(torchvision.models, name)(weights=None)
        taps = {f"layer{i}": getattr(model, f"layer{i}") for i in range(1, 5)}
    else:
        model = timm.create_model("tf_" + name if "lite" in name else name, pretrained=False)
        taps = {f"blocks.{i}": stage for i, stage in enumerate(model.blocks)}
        if "lite" in name:
            taps = {f"blocks.{i}": block for i, block in enumerate(b for stage in model.blocks for b in stage)}
            mean, deviation = np.full(3, 127.0), np.full(3, 128.0)
    state = model.state_dict()
    for key, value in state.items():
        if value.dtype == torch.float32:
            state[key] = torch.from_numpy(synthetic(key, tuple(value.shape), gain))
    model.load_state_dict(state)
    return model.eval(), taps, mean, deviation


def main():
    wanted = sys.argv[1:]
    # He's gain of 6 keeps ReLU networks in range. In the squeezed network it drives the gates into saturation, where
    # rounding noise is amplified: at blocks.4 two machines' float32 differ by 9e-4 of the maximum.
    cases = [
        ("resnet18", 225, 193, 6), ("resnet18", 64, 64, 6), ("resnet18", 33, 50, 6), ("wide_resnet50_2", 96, 160, 6),
        ("efficientnet_lite0", 225, 193, 6), ("efficientnet_lite0", 96, 160, 6), ("tf_efficientnet_b5", 97, 66, 4),
        ("tf_efficientnet_b5", 224, 224, 4),
    ]
    relatives = [
        *((name, 66, 97, 6) for name in ("resnet34", "resnet50", "resnet101", "wide_resnet101_2")),
        *((f"efficientnet_lite{number}", 66, 97, 4) for number in (1, 2, 3, 4)),
        *((f"tf_efficientnet_b{number}", 66, 97, 4) for number in (0, 1, 2, 3, 4, 6, 7)),
    ]
    for name, height, width, gain in cases + relatives:
        if wanted and name not in wanted:
            continue
        samples = RELATIVES_SAMPLES if (name, height, width, gain) in relatives else SAMPLES
        model, modules, mean, deviation = network(name, gain)
        outputs = {}
        for tap, module in modules.items():
            module.register_forward_hook(lambda _, __, y, tap=tap: outputs.__setitem__(tap, y[0].double().numpy().ravel()))
        x = (image(height, width).astype(np.float64) - mean) / deviation
        with torch.no_grad():
            model.double()(torch.from_numpy(x.transpose(2, 0, 1)[None]))
        tensors, metadata = {}, {"gain": str(gain)}
        for tap, values in outputs.items():
            step = max(1, len(values) // samples) | 1
            tensors[tap] = values[::step].astype(np.float32)
            metadata[tap + ".step"] = str(step)
            metadata[tap + ".count"] = str(len(values))
            metadata[tap + ".absmax"] = repr(float(np.abs(values).max()))
        save_file(tensors, HERE / f"{name}-{height}x{width}.safetensors", metadata)
        print(name, height, width, {tap: v.shape for tap, v in tensors.items()}, file=sys.stderr)


if __name__ == "__main__":
    main()
