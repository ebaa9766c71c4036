# RUN: %python %s
"""SVMClassifier; onnxruntime is the reference, as onnx's own couples probabilities in another way."""
import numpy as np
import onnxruntime
from harness import Case, main, normal
from onnx import TensorProto, helper

DOMAIN, VERSION = "ai.onnx.ml", 1
X = normal(9, 4)
random = np.random.default_rng(4)


def floats(*shape):
    return [float(np.float32(v)) for v in random.standard_normal(shape).ravel()]


def reference(x, attributes):
    graph = helper.make_graph([helper.make_node("SVMClassifier", ["x"], ["y0", "y1"], domain=DOMAIN, **attributes)], "svm",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y0", TensorProto.INT64, None),
                               helper.make_tensor_value_info("y1", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(DOMAIN, VERSION)])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})


def case(per_class, kernel_type="RBF", chances=False, one_sign=False, **others):
    """A machine with some support vectors a class, a function a pair of classes."""
    classes, count = len(per_class), sum(per_class)
    pairs = classes * (classes - 1) // 2
    factors = floats(classes - 1, count)
    attributes = {"kernel_type": kernel_type, "kernel_params": [0.5, 0.25, 2.0], "support_vectors": floats(count, 4),
                  "coefficients": [abs(f) for f in factors] if one_sign else factors, "rho": floats(pairs),
                  "vectors_per_class": per_class, "classlabels_ints": [10 * i + 3 for i in range(classes)], **others}
    if chances:
        attributes |= {"prob_a": [-abs(f) for f in floats(pairs)], "prob_b": floats(pairs)}
    return Case("SVMClassifier", [X], outputs=2, domain=DOMAIN, domain_version=VERSION, open=[["n", "f"]],
                expect=lambda x: reference(x, attributes), also=[[normal(1, 4)]], tolerance=1e-5,
                name=f"SVMClassifier {per_class} {kernel_type} {chances} {one_sign} {others}", **attributes)


def linear(classes):
    attributes = {"kernel_type": "LINEAR", "kernel_params": [0.0, 0.0, 0.0], "coefficients": floats(classes, 4), "rho": floats(classes), "classlabels_ints": list(range(classes))}
    return Case("SVMClassifier", [X], outputs=2, domain=DOMAIN, domain_version=VERSION, open=[["n", "f"]],
                expect=lambda x: reference(x, attributes), name=f"SVMClassifier linear {classes}", **attributes)


cases = [case(per_class, kernel, chances) for per_class in ([2, 3], [3, 2, 4])
         for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID") for chances in (False, True)]
cases += [case([1, 2, 3, 2, 1], chances=chances, post_transform=transform)
          for transform in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO") for chances in (False, True)]
cases += [case([2, 2], chances=True, post_transform=transform) for transform in ("LOGISTIC", "SOFTMAX")]
cases += [case([2, 0, 3]), case([2, 0, 3], chances=True), case([3, 2], one_sign=True),
          case([3, 2], one_sign=True, post_transform="LOGISTIC"), linear(3), linear(5)]
main(cases)
