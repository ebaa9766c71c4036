# RUN: %python %s
"""The optimizers of ai.onnx.preview.training."""
import numpy as np
from harness import Case, main, normal
from onnx import helper
from onnx.reference import ReferenceEvaluator

DOMAIN = "ai.onnx.preview.training"


def case(op, shapes, groups, step=3, dtype="float32", **attributes):
    """Tensors of `shapes`, groups of them; the last ones are sums of squares."""
    tensors = [normal(*shape, dtype=dtype) for group in range(groups) for shape in shapes]
    tensors[-len(shapes):] = [np.abs(t) for t in tensors[-len(shapes):]]
    rate = np.array(0.1, dtype)

    def expect(*inputs):  # in the type of the inputs: the evaluator widens one tensor, not several
        node = helper.make_node(op, [f"x{i}" for i in range(len(inputs))], [f"y{i}" for i in range((groups - 1) * len(shapes))],
                                domain=DOMAIN, **attributes)
        results = ReferenceEvaluator(node).run(None, {f"x{i}": x for i, x in enumerate(inputs)})
        return [y.astype(dtype) for y in results]
    return Case(op, [rate, np.int64(step), *tensors], outputs=(groups - 1) * len(shapes), domain=DOMAIN, expect=expect,
                open=[[], [], *[["a", "b", "c"][:len(shape)] for group in range(groups) for shape in shapes]], **attributes)


main([
    case("Adagrad", [(3, 4)], 3, decay_factor=0.1, epsilon=1e-5, norm_coefficient=0.001),
    case("Adagrad", [(3,), (3, 4)], 3, step=0),
    case("Adam", [(3, 4)], 4, alpha=0.95, beta=0.85, epsilon=1e-2, norm_coefficient=0.001),
    case("Adam", [(3,), (3, 4, 2)], 4, norm_coefficient_post=0.1),
    case("Adam", [(5,)], 4, step=0),
    case("Momentum", [(3, 4)], 3, alpha=0.95, beta=0.9, mode="standard", norm_coefficient=0.001),
    case("Momentum", [(3,), (3, 4)], 3, alpha=0.95, beta=0.9, mode="nesterov", norm_coefficient=0.01),
    case("Momentum", [(3, 4)], 3, step=0, alpha=0.95, beta=0.9, mode="standard", norm_coefficient=0.0),
    case("Momentum", [(3, 4)], 3, dtype="float64", alpha=0.95, beta=0.9, mode="standard", norm_coefficient=0.0),
])
