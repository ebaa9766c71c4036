"""The engines that compare.py measures. Each is loaded in a process of its own; an
engine that is not installed fails to load, which is reported and leaves the others be."""
import ctypes
import os
import subprocess
import sys

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("GRAPHOPT_BUILD", os.path.join(ROOT, "build"))


class Graphopt:
    """graphopt for the very shapes of the inputs, compiled by bin/graphopt of the build
    folder given, else of $GRAPHOPT_BUILD, else of build/."""

    def __init__(self, build):
        self.build = build or BUILD

    def shapes(self, inputs):
        return [f"--shape={name}={'x'.join(map(str, array.shape))}"
                for name, array in inputs.items() if array.ndim]

    def prepare(self, model, folder, inputs):
        tool = os.path.join(self.build, "bin", "graphopt")
        subprocess.run([tool, "compile", model, "-o", folder, "--emit=shared", *self.shapes(inputs)],
                       check=True, stdout=subprocess.DEVNULL)

    def load(self, model, folder, threads):
        sys.path.insert(0, os.path.join(ROOT, "python"))
        import graphopt
        self.version = graphopt.__version__
        self.model = graphopt.load(folder, threads=threads)

    def bind(self, inputs):
        self.call = self.model.bind(**inputs)

    def run(self):
        self.call.run()

    def outputs(self):
        return self.call.outputs


class GraphoptOpen(Graphopt):
    """graphopt with all the open dims that the model has."""

    def shapes(self, inputs):
        return []


class OnnxRuntime:
    """ONNX Runtime, all its graph optimizations, float32."""

    def __init__(self, _):
        pass

    def prepare(self, model, folder, inputs):
        pass

    def load(self, model, folder, threads):
        import onnxruntime
        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        cores = sorted(os.sched_getaffinity(0))
        if threads > 1:  # its cores count from 1; threads that are not pinned may share one
            options.add_session_config_entry("session.intra_op_thread_affinities",
                                             ";".join(str(core + 1) for core in cores[1:threads]))
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        if threads > 1:
            os.sched_setaffinity(0, cores[:1])

    def bind(self, inputs):
        self.inputs = inputs

    def run(self):
        self.results = self.session.run(None, self.inputs)

    def outputs(self):
        return self.results


class OpenVino:
    """OpenVINO, one stream, INFERENCE_PRECISION_HINT=f32."""

    def __init__(self, _):
        pass

    def prepare(self, model, folder, inputs):
        pass

    def load(self, model, folder, threads):
        import openvino
        self.openvino = openvino
        self.version = openvino.__version__.split("-")[0]
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
                    "INFERENCE_PRECISION_HINT": "f32"}
        core = openvino.Core()
        self.compiled = core.compile_model(core.read_model(model), "CPU", settings)
        self.request = self.compiled.create_infer_request()

    def bind(self, inputs):
        self.inputs = {name: np.ascontiguousarray(value) for name, value in inputs.items()}
        for name, value in self.inputs.items():
            self.request.set_tensor(name, self.openvino.Tensor(value, shared_memory=True))

    def run(self):
        self.request.infer()

    def outputs(self):
        return [np.array(self.request.get_output_tensor(i).data)
                for i in range(len(self.compiled.outputs))]


ENGINES = {"graphopt": Graphopt, "graphopt-open": GraphoptOpen, "onnxruntime": OnnxRuntime,
           "openvino": OpenVino}


def kind(name):
    return name.partition(":")[0].partition("=")[0]


def make(name):
    """The engine of a name, or name=BUILD for graphopt as another build folder has it; what
    follows a colon is the model's file."""
    return ENGINES[kind(name)](name.partition(":")[0].partition("=")[2])
