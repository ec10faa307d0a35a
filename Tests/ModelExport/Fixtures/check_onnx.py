"""Runs an exported model in ONNX Runtime and in OpenVINO, and prints what they find as JSON.

    check_onnx.py MODEL bytes|float IMAGES MEAN DEVIATION

MODEL.pixels has the images' pixels, RGB in bytes, one image after the other.
"""
import json
import sys

import numpy
import onnxruntime
import openvino

model, form, images, mean, deviation = sys.argv[1:]
runtime = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
shape = runtime.get_inputs()[0].shape
side = shape[1] if form == "bytes" else shape[2]
pixels = numpy.fromfile(model + ".pixels", numpy.uint8).reshape(int(images), side, side, 3)
if form == "float":
    numbers = [numpy.array(text.split(","), numpy.float32) for text in (mean, deviation)]
    pixels = ((pixels.astype(numpy.float32) - numbers[0]) / numbers[1]).transpose(0, 3, 1, 2).copy()
names = [output.name for output in runtime.get_outputs()]


def told(name, outputs):
    maps = numpy.array(outputs[0])
    places = [numpy.unravel_index(image[0].argmax(), image[0].shape) for image in maps]
    found = {
        "runtime": name,
        "scores": numpy.array(outputs[1]).tolist(),
        "places": [[int(row), int(column)] for row, column in places],
        "mapShape": list(maps.shape),
    }
    if len(outputs) > 2:
        found["flags"] = numpy.array(outputs[2]).astype(bool).tolist()
    return found


first = told("ONNX Runtime", runtime.run(names, {"image": pixels}))
first["metadata"] = runtime.get_modelmeta().custom_metadata_map
core = openvino.Core()
compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
result = compiled(pixels)
print(json.dumps([first, told("OpenVINO", [result[name] for name in names])]))
