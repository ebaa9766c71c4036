# RUN: %python %s
"""Models with real weights, out of wheels (wheels.json), at sizes that they leave open."""
import sys

import models
import nets
import numpy as np

random = np.random.default_rng(1)


def pixels(batch, height, width):
    """Smooth noise in -1 .. 1, as an image has it."""
    coarse = random.uniform(-1, 1, (batch, 3, height // 8 + 1, width // 8 + 1))
    return {"x": np.kron(coarse, np.ones((8, 8)))[:, :, :height, :width].astype(np.float32)}


def file_bytes(batch):
    """First and last 1024 bytes of files: text, here; 256 stands for no byte."""
    text = [np.frombuffer(line * 100, np.uint8)[:1024] for line in (b"int main(void) { return 0; }\n", b"# A list\n- one\n")]
    rows = [np.concatenate([text[i % 2], np.full(1024, 256)]) for i in range(batch)]
    return {"bytes": np.array(rows, np.int32)}


def sound():
    return {"input": (0.1 * random.standard_normal((1, 576))).astype(np.float32),
            "state": (0.3 * random.standard_normal((2, 1, 128))).astype(np.float32)}


OCR = "rapidocr_onnxruntime/models/"
CASES = [
    ("magika", "magika/models/standard_v3_3/model.onnx", [file_bytes(1), file_bytes(2), file_bytes(5)], 2e-5),
    ("rapidocr", OCR + "ch_ppocr_mobile_v2.0_cls_infer.onnx",
     [pixels(1, 48, 192), pixels(2, 48, 96), pixels(3, 32, 70)], 5e-4),
    # ch_PP-OCRv4_det_infer.onnx needs Resize, which is not imported yet.
    ("rapidocr", OCR + "ch_PP-OCRv4_rec_infer.onnx",
     [pixels(1, 48, 96), pixels(2, 48, 160), pixels(1, 48, 201)], 5e-4),
    ("silero", "silero_vad/data/silero_vad_openvino_16k.onnx", [sound(), sound()], 2e-5),
]

wanted = sys.argv[1:]
good = True
for wheel, member, samples, tolerance in CASES:
    if wanted and not any(w in member for w in wanted):
        continue
    good &= nets.check(models.fetch(wheel, member), samples, tolerance, what=member)
sys.exit(not good)
