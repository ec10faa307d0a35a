"""The graphs of trunks.py in eight bits, each runtime's by its own quantiser and as its documentation recommends for processors; made once
and kept, since a large one takes minutes.

Calibrated with the first 32 photographs of a folder, by name.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

# Another recipe needs another number, so that files of the last one are not taken.
RECIPE = 1
PICTURES = 32
MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32) * 255


def batches(photographs, batch):
    """Inputs of `batch` pictures."""
    from PIL import Image

    files = sorted(path for path in Path(photographs).iterdir() if path.suffix == ".png")[:PICTURES]
    if len(files) < PICTURES:
        raise SystemExit(f"{photographs} has {len(files)} pictures, {PICTURES} are needed to calibrate")
    pictures = []
    for file in files:
        image = Image.open(file).convert("RGB").resize((224, 224), Image.BILINEAR)
        pictures.append(((np.asarray(image, np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1))
    return [np.stack(pictures[first : first + batch]) for first in range(0, PICTURES - batch + 1, batch)]


def quantised(name, make, runtime, version, batch, photographs, cache):
    """The file of a graph in eight bits. `make` gives the serialised graph in Float32."""
    ending = "onnx" if runtime == "onnxruntime" else "xml"
    folder = Path(cache) / f"{name}-{runtime}-{version}-batch{batch}-{RECIPE}"
    file = folder / f"model.{ending}"
    if not file.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished.", dir=folder.parent))
        try:
            inputs = batches(photographs, batch)
            # The quantisers tell of their progress; standard output is for times.
            with contextlib.redirect_stdout(sys.stderr):
                {"onnxruntime": by_onnxruntime, "openvino": by_nncf}[runtime](make(), inputs, unfinished)
            os.rename(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return file


def by_onnxruntime(graph, inputs, folder):
    """Static, QDQ, a scale a channel; unsigned activations and signed weights, as its documentation has it for VNNI."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        left = iter([{"x": x} for x in inputs])

        def get_next(self):
            return next(self.left, None)

    source, prepared = folder / "float.onnx", folder / "prepared.onnx"
    source.write_bytes(graph)
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared), str(folder / "model.onnx"), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    source.unlink()
    prepared.unlink()


def by_nncf(graph, inputs, folder):
    """Post-training quantisation with NNCF's defaults."""
    import nncf
    import openvino

    model = openvino.Core().read_model(graph)
    made = nncf.quantize(model, nncf.Dataset(inputs), subset_size=len(inputs))
    openvino.save_model(made, folder / "model.xml", compress_to_fp16=False)
