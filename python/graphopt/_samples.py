"""Samples: sets of inputs of a model, with what is right for them."""
import dataclasses
import glob
import hashlib
import json
import os

import numpy as np


@dataclasses.dataclass(frozen=True)
class Sample:
    """
    name    of its file, without the ending
    inputs  name -> array
    gold    what is right: the entry `name` of labels.json beside the files; None
            without one
    """
    name: str
    inputs: dict
    gold: object = None

    def run(self, model):
        """The list of the model's outputs."""
        names = [port.name for port in model.inputs]
        named = {names[int(key[6:])] if key not in names and key.startswith("input_") else key: array
                 for key, array in self.inputs.items()}
        return model.run(model._bind((), named))


def _read(path):
    """The arrays of an .npz file, or of a folder of ONNX test data."""
    if not os.path.isdir(path):
        with np.load(path) as arrays:
            return dict(arrays)
    import onnx
    from onnx import numpy_helper
    inputs = {}
    while os.path.exists(file := os.path.join(path, f"input_{len(inputs)}.pb")):
        with open(file, "rb") as data:
            inputs[f"input_{len(inputs)}"] = numpy_helper.to_array(onnx.TensorProto.FromString(data.read()))
    return inputs


def read_samples(folder):
    """The samples of a folder, by name."""
    folder = os.fspath(folder)
    labels = {}
    if os.path.exists(file := os.path.join(folder, "labels.json")):
        with open(file, encoding="utf-8") as text:
            labels = json.load(text)
    paths = sorted(glob.glob(os.path.join(glob.escape(folder), "*.npz")) +
                   [os.path.dirname(file) for file in
                    glob.glob(os.path.join(glob.escape(folder), "*", "input_0.pb"))])
    if not paths:
        raise FileNotFoundError(f"'{folder}' holds no samples (.npz files or folders of ONNX test data)")
    names = [os.path.splitext(os.path.basename(path))[0] for path in paths]
    for name in labels:
        if name not in names:
            raise ValueError(f"'{folder}': labels.json names '{name}', which is no sample")
    return [Sample(name, _read(path), labels.get(name)) for name, path in zip(names, paths)]


def take_samples(given, scratch, part):
    """(folder, list of Sample) of a folder, or of a list of inputs, (inputs, gold)
    or Sample, which are written to a folder in `scratch`."""
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given), read_samples(given)
    folder = os.path.join(scratch, part)
    os.makedirs(folder)
    samples = []
    for number, item in enumerate(given):
        if not isinstance(item, Sample):
            inputs, gold = item if isinstance(item, tuple) else (item, None)
            item = Sample(f"{number:06d}", inputs, gold)
        np.savez(os.path.join(folder, f"{number:06d}.npz"), **item.inputs)
        samples.append(item)
    return folder, samples


def check_apart(parts):
    """Raises ValueError if two of the parts, name -> list of Sample, have a sample of
    the same contents: what is measured on one would be known from the other."""
    seen = {}
    for part, samples in parts.items():
        for sample in samples:
            contents = sorted((array.dtype.str, array.shape, array.tobytes())
                              for array in map(np.ascontiguousarray, sample.inputs.values()))
            digest = hashlib.sha256(repr(contents).encode()).digest()
            other, name = seen.setdefault(digest, (part, sample.name))
            if other != part:
                raise ValueError(f"'{name}' of {other} and '{sample.name}' of {part} hold the same sample")
