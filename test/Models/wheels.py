# RUN: %python %s
"""Models with real weights, out of wheels (wheels.json), at sizes that they leave open."""
import os
import sys

import models
import nets
import numpy as np

random = np.random.default_rng(1)


def pixels(batch, height, width):
    """Smooth noise in -1 .. 1, as an image has it."""
    coarse = random.uniform(-1, 1, (batch, 3, height // 8 + 1, width // 8 + 1))
    return {"x": np.kron(coarse, np.ones((8, 8)))[:, :, :height, :width].astype(np.float32)}


def page(batch, height, width):
    """Lines of dark strokes on a light page: without text every output is near 0."""
    strokes = random.integers(0, 2, (batch, height // 4, width // 4))
    strokes[:, np.arange(height // 4) % 8 > 4] = 0
    image = 1 - 1.6 * np.kron(strokes, np.ones((4, 4)))
    return {"x": np.repeat(image[:, None], 3, axis=1).astype(np.float32)}


def file_bytes(*names):
    """First and last 1024 bytes of files of this repository."""
    rows = []
    for name in names:
        with open(os.path.join(models.ROOT, name), "rb") as file:
            data = np.frombuffer(file.read(), np.uint8)
        rows.append(np.concatenate([data[:1024], data[-1024:]]))
    return {"bytes": np.array(rows, np.int32)}


def sound(pitch):
    """A voice-like sound: noise alone gives a probability near 0, which tells nothing."""
    time = np.arange(576) / 16000
    voice = sum(0.1 / k * np.sin(2 * np.pi * pitch * k * time) for k in range(1, 12))
    return {"input": voice[None].astype(np.float32),
            "state": (0.3 * random.standard_normal((2, 1, 128))).astype(np.float32)}


OCR = "rapidocr_onnxruntime/models/"
C, TEXT, PYTHON = "tools/dev/quickstart.c", "LICENSE", "tools/dev/models.py"
FILES = [file_bytes(C), file_bytes(TEXT, PYTHON), file_bytes(PYTHON, C, TEXT, C, PYTHON)]
CASES = [
    # Its normalization takes E[x^2] - E[x]^2, where the order of a sum shows.
    ("magika", "magika/models/standard_v3_3/model.onnx", FILES, 2e-5),
    ("rapidocr", OCR + "ch_ppocr_mobile_v2.0_cls_infer.onnx",
     [pixels(1, 48, 192), pixels(2, 48, 96), pixels(3, 48, 70)], 5e-4),
    ("rapidocr", OCR + "ch_PP-OCRv4_det_infer.onnx",
     [page(1, 96, 160), page(2, 64, 96), page(1, 224, 128)], 5e-4),
    ("rapidocr", OCR + "ch_PP-OCRv4_rec_infer.onnx",
     [pixels(1, 48, 96), pixels(2, 48, 160), pixels(1, 48, 201)], 5e-4),
    ("silero", "silero_vad/data/silero_vad_openvino_16k.onnx", [sound(120), sound(170)], 2e-5),
]

wanted = sys.argv[1:]
good = True
for wheel, member, samples, tolerance in CASES:
    if wanted and not any(w in member for w in wanted):
        continue
    good &= nets.check(models.fetch(wheel, member), samples, tolerance, what=member)
sys.exit(not good)
