# RUN: %python %s
"""Operators of ai.onnx.ml but trees."""
import numpy as np
import onnx
from harness import Case, integers, main, normal

DOMAIN = "ai.onnx.ml"
X = normal(7, 4)
random = np.random.default_rng(4)


def case(op, inputs, **others):
    return Case(op, inputs, domain=DOMAIN, domain_version=4, **others)


def floats(*shape):
    return [float(np.float32(v)) for v in random.standard_normal(shape).ravel()]


def tensor(values, dtype):
    return onnx.numpy_helper.from_array(np.array(values, dtype))


def svm(kind, gamma=0.5, coef=0.25, degree=2.0, count=6, **others):
    vectors, factors = floats(count, 4), floats(count)

    def expect(x):
        v, x = np.float64(vectors).reshape(count, 4), x.astype(np.float64)
        dots = x @ v.T
        kernel = {"LINEAR": dots, "POLY": (gamma * dots + coef) ** degree, "SIGMOID": np.tanh(gamma * dots + coef),
                  "RBF": np.exp(-gamma * ((x[:, None] - v) ** 2).sum(2))}[kind]
        y = kernel @ np.float64(factors)[:, None] + 0.3
        return [(np.where(y > 0, 1, -1) if others.get("one_class") else y).astype(np.float32)]
    return case("SVMRegressor", [X], expect=expect, kernel_type=kind, kernel_params=[gamma, coef, degree], n_supports=count,
                support_vectors=vectors, coefficients=factors, rho=[0.3], open=[["n", "f"]], **others)


def linear(classes, labels, transform, width=4):
    factors, added = floats(classes, width), floats(classes)

    def expect(x):
        s = x.astype(np.float64) @ np.float64(factors).reshape(classes, width).T + np.float64(added)
        if classes == 1:
            s = np.concatenate([-s, s], 1)
        if transform == "LOGISTIC":
            s = 1 / (1 + np.exp(-s))
        elif transform == "SOFTMAX":
            s = np.exp(s - s.max(1, keepdims=True))
            s /= s.sum(1, keepdims=True)
        return [np.int64(labels)[s.argmax(1)], s.astype(np.float32)]
    return case("LinearClassifier", [X], outputs=2, expect=expect, coefficients=factors, intercepts=added, classlabels_ints=labels,
                post_transform=transform, multi_class=0)


def encoder(x, keys, values, **others):
    return case("LabelEncoder", [x], **{f"keys_{keys[0]}": keys[1], f"values_{values[0]}": values[1]}, **others)


main([
    case("ArrayFeatureExtractor", [normal(3, 5), np.int64([0, 3, 3])], open=[["a", "b"], ["c"]]),
    case("ArrayFeatureExtractor", [normal(2, 3, 5), np.int64([[4]])]),
    case("ArrayFeatureExtractor", [normal(5), np.int64([1, 0])]),
    case("ArrayFeatureExtractor", [integers(0, 9, 3, 5), np.int64([[1, 2]])]),
    case("Binarizer", [X], threshold=0.25), case("Binarizer", [integers(-3, 3, 8)], threshold=1.0),
    case("FeatureVectorizer", [normal(3, 2), normal(3, 4)], inputdimensions=[2, 4]),
    case("FeatureVectorizer", [normal(3, 2), normal(3, 4)], inputdimensions=[3, 1]),
    case("Imputer", [np.float32([[1, np.nan, 2], [np.nan, 0, np.nan]])], imputed_value_floats=[7.0, 8.0, 9.0], replaced_value_float=float("nan")),
    case("Imputer", [np.float32([[1, 5, 2], [5, 0, 5]])], imputed_value_floats=[7.0], replaced_value_float=5.0),
    case("Imputer", [np.int64([[1, 5, 2], [5, 0, 5]])], imputed_value_int64s=[7, 8, 9], replaced_value_int64=5),
    *[case("Normalizer", [X], norm=norm) for norm in ("MAX", "L1", "L2")], case("Normalizer", [np.zeros((2, 3), np.float32)], norm="L2"),
    case("Scaler", [X], offset=[1.0, 2.0, 3.0, 4.0], scale=[2.0, 0.5, 1.0, 3.0]), case("Scaler", [X], offset=[1.0], scale=[2.0]),
    case("Scaler", [integers(-5, 5, 3, 4)], offset=[0.5], scale=[2.0], expect=lambda x: [((x - 0.5) * 2).astype(np.float32)]),
    case("OneHotEncoder", [np.int64([3, 7, 4, 3])], cats_int64s=[3, 4, 5], zeros=1),
    case("OneHotEncoder", [np.int64([[3, 7], [5, 5]])], cats_int64s=[3, 4, 5], zeros=1),
    encoder(np.int64([1, 5, 2, 1]), ("int64s", [1, 2]), ("floats", [0.5, 0.25]), default_float=-1.0),
    encoder(np.int64([[1, 5], [2, 1]]), ("int64s", [1, 2]), ("int64s", [10, 20]), default_int64=42),
    encoder(np.float32([1, 5, np.nan, 2]), ("floats", [1.0, float("nan")]), ("int64s", [10, 20]),
            expect=[np.int64([10, -1, 20, -1])]),
    encoder(np.int64([1, 5, 2]), ("tensor", tensor([1, 2], "int64")), ("tensor", tensor([3, 4], "int16")), default_tensor=tensor([7], "int16")),
    case("LinearRegressor", [X], coefficients=floats(2, 4), intercepts=[0.5, -0.5], targets=2),
    case("LinearRegressor", [X], coefficients=floats(4), intercepts=[0.5]),
    linear(3, [4, 7, 9], "NONE"), linear(3, [0, 1, 2], "SOFTMAX"), linear(3, [0, 1, 2], "LOGISTIC"),
    linear(1, [0, 1], "LOGISTIC"), linear(1, [5, 6], "NONE"),
    *[svm(kind) for kind in ("LINEAR", "POLY", "SIGMOID", "RBF")], svm("RBF", one_class=1),
])
