# RUN: env GRAPHOPT_HOME=%build %python %s
"""Sequences and optional values through compiled libraries: fixed cases, and random
programs, against onnx's reference evaluator; what the run must refuse."""
import numpy as np
import onnx
import onnx.parser
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import graphopt
import graphopt.backend

random = np.random.default_rng(7)
failures = []


def normal(*shape, dtype=np.float32):
    return random.standard_normal(shape).astype(dtype)


class SequenceInsert(OpRun):
    """onnx's own takes the position after the last tensor for the first."""
    op_domain = ""

    def _run(self, sequence, tensor, position=None):
        at = len(sequence) if position is None else int(np.asarray(position).reshape(()))
        at += len(sequence) if at < 0 else 0
        return (list(sequence[:at]) + [tensor] + list(sequence[at:]),)


def model_of(text):
    return onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 24]>\n' + text)


def is_equal(actual, expected):
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(is_equal, actual, expected))
    if expected is None or actual is None:
        return expected is actual
    expected = np.asarray(expected)
    if actual.dtype != expected.dtype or actual.shape != expected.shape:
        return False
    return (actual == expected).all() if expected.dtype == object else np.allclose(actual, expected)


def compile(name, model):
    try:
        return graphopt.backend.prepare(model)
    except graphopt.CompileError as error:
        failures.append(f"{name}: {error}")
    return None


def check(name, model, *runs, expect=None):
    """The outputs for each set of inputs against the reference's."""
    compiled = compile(name, model)
    for inputs in runs if compiled else ():
        expected = expect or ReferenceEvaluator(model, new_ops=[SequenceInsert]).run(
            None, {port.name: value for port, value in zip(model.graph.input, inputs)})
        actual = compiled.run(inputs)
        for port, a, e in zip(model.graph.output, actual, expected):
            if not is_equal(a, e):
                failures.append(f"{name}: {port.name} is {a} instead of {e}")


def check_refused(name, model, *runs, text="a value the model cannot work on"):
    compiled = compile(name, model)
    for inputs in runs if compiled else ():
        try:
            failures.append(f"{name}: gives {compiled.run(inputs)}")
        except graphopt.RunError as error:
            if text not in str(error):
                failures.append(f"{name}: fails by {error}")


def scalar(value, dtype=np.int64):
    return np.array(value, dtype)


# ------------------------------------------------------------------------ fixed cases

three = [normal(2, 3), normal(4, 3), normal(0, 3)]
AT = model_of("g (seq(float[N, 3]) s, int64 p) => (float[M, 3] y) { y = SequenceAt(s, p) }")
check("at", AT, *[[three, scalar(p)] for p in (-3, -1, 0, 1, 2)])
check_refused("at", AT, [three, scalar(3)], [three, scalar(-4)], [[], scalar(0)])
check_refused("at", AT, [[normal(2, 4)], scalar(0)], text="a dimension differs")
check_refused("at", AT, [[normal(2)], scalar(0)], text="wrong number of dimensions")

INSERT = model_of("""g (seq(float[N]) s, float[M] x, int64 p) => (seq(float[K]) t, seq(float[L]) u) {
  t = SequenceInsert(s, x, p)  u = SequenceInsert(t, x) }""")
parts = [normal(2), normal(0), normal(5)]
check("insert", INSERT, *[[parts, normal(3), scalar(p)] for p in range(-3, 4)], [[], normal(3), scalar(0)])
check_refused("insert", INSERT, [parts, normal(3), scalar(4)], [parts, normal(3), scalar(-4)])

ERASE = model_of("""g (seq(float) s, int32 p) => (seq(float) t, seq(float) u, int64 n) {
  t = SequenceErase(s, p)  u = SequenceErase(s)  n = SequenceLength(u) }""")
parts = [scalar(x, np.float32) for x in (1, 2, 3)]
check("erase", ERASE, *[[parts, scalar(p, np.int32)] for p in range(-3, 3)], [parts[:1], scalar(0, np.int32)])
check_refused("erase", ERASE, [parts, scalar(3, np.int32)], [[], scalar(0, np.int32)])

# Two lists grow from one: the second must not write into the first.
FORKED = model_of("""g (float[N] x, float[N] y) => (seq(float[K]) u, seq(float[K]) v, seq(float[K]) t) {
  e = SequenceEmpty()  s = SequenceInsert(e, x)  t = SequenceInsert(s, x)
  u = SequenceInsert(t, x)  v = SequenceInsert(t, y) }""")
check("forked", FORKED, [normal(3), normal(3)])

for dtype in ("float", "int64", "bool", "float16"):
    numpy_type = {"float": "float32"}.get(dtype, dtype)
    SPLIT = model_of(f"""g ({dtype}[N, M] x, int64[K] sizes, int64 size) =>
        (seq({dtype}[A, M]) a, seq({dtype}[N, B]) b, seq({dtype}[N]) c, seq({dtype}[1, M]) d, int64 n) {{
      a = SplitToSequence(x, sizes)  b = SplitToSequence <axis = -1> (x, size)
      c = SplitToSequence <axis = 1, keepdims = 0> (x)  d = SplitToSequence(x)  n = SequenceLength(b) }}""")
    x = (10 * normal(5, 7)).astype(numpy_type)
    check(f"split {dtype}", SPLIT, [x, np.array([2, 0, 3]), scalar(3)], [x[:0], np.array([0]), scalar(7)])
    check_refused(f"split {dtype}", SPLIT, [x, np.array([2, 2]), scalar(3)], [x, np.array([6, -1]), scalar(3)],
                  [x, np.array([5]), scalar(0)], [x, np.array([2**62, 2**62]), scalar(1)])

CONCAT = model_of("""g (seq(float[N, 3]) s, seq(float[N, M, K]) t) =>
    (float[A, 3] a, float[N, M, L] b, float[N, P, M, K] c, float[N, M, K, P] d) {
  a = ConcatFromSequence <axis = 0> (s)  b = ConcatFromSequence <axis = -1> (t)
  c = ConcatFromSequence <axis = 1, new_axis = 1> (t)
  d = ConcatFromSequence <axis = -1, new_axis = 1> (t) }""")
same = [normal(2, 3, 4) for _ in range(3)]
check("concat", CONCAT, [three, same], [three[:1], [normal(2, 0, 4)]])
check_refused("concat", CONCAT, [[], same], [three, []], [three, same + [normal(2, 3, 5)]])
SCALARS = model_of("g (seq(int64) s) => (int64[N] y) { y = ConcatFromSequence <axis = 0, new_axis = 1> (s) }")
check("scalars", SCALARS, [[scalar(4), scalar(-1)]])
check_refused("scalars", SCALARS, [[]])

# Loops, branches and bodies that carry lists; a rank that changes.
GROWING = model_of("""g (float[N] x, int64 n, bool c) => (seq(float[K]) s, float[L] last, seq(float[K]) w) {
  e = SequenceEmpty()  true = Constant <value = bool {1}> ()
  s = Loop (n, true, e) <body = b (int64 i, bool ci, seq(float) si) => (bool co, seq(float) so) {
      co = Identity(ci)  zero = Constant <value = int64[1] {0}> ()  one = Constant <value = int64[1] {1}> ()
      shape = Constant <value = int64[1] {-1}> ()  j = Reshape(i, shape)  end = Add(j, one)
      part = Slice(x, zero, end)  so = SequenceInsert(si, part) }>
  back = Constant <value = int64 {-1}> ()  last = SequenceAt(s, back)
  w = If (c) <then_branch = t () => (seq(float[A]) a) { a = SequenceErase(s) },
              else_branch = f () => (seq(float[B]) b) { b = SequenceConstruct(x, x) }> }""")
check("loop", GROWING, [normal(9), scalar(6), scalar(True, bool)], [normal(9), scalar(40), scalar(False, bool)])
check_refused("loop", GROWING, [normal(9), scalar(0), scalar(True, bool)])

WHILE = model_of("""g (seq(float[N]) s, float limit) => (seq(float[N]) t, int64 n) {
  true = Constant <value = bool {1}> ()
  t = Loop (, true, s) <body = b (int64 i, bool ci, seq(float[N]) si) => (bool co, seq(float[N]) so) {
      zero = Constant <value = int64 {0}> ()  x = SequenceAt(si, zero)  y = Add(x, x)
      so = SequenceInsert(si, y, zero)  m = ReduceMax <keepdims = 0> (y)  co = Less(m, limit) }>
  n = SequenceLength(t) }""")
check("while", WHILE, [[np.array([1, 2], np.float32), normal(3)], scalar(100, np.float32)])

# Tensors of any rank go from list to list; the model tells the rank of one.
ANY = model_of("""g (seq(float) s, int64 p) => (seq(float) t, float[N, M] y) {
  x = SequenceAt(s, p)  t0 = SequenceInsert(s, x)  i = Identity(x)  t = SequenceInsert(t0, i, p)
  y = SequenceAt(s, p) }""")
for port in (ANY.graph.input[0], ANY.graph.output[0]):
    port.type.sequence_type.elem_type.tensor_type.ClearField("shape")
check("any rank", ANY, [[normal(3), normal(2, 2), normal(2, 2, 2)], scalar(1)])
check_refused("any rank", ANY, [[normal(3), normal(2, 2)], scalar(0)])
MIXED = model_of("g (float[2] x, float[2, 3] y) => (seq(float) s) { s = SequenceConstruct(x, y, x) }")
MIXED.graph.output[0].type.sequence_type.elem_type.tensor_type.ClearField("shape")
check("mixed ranks", MIXED, [normal(2), normal(2, 3)])

# Nothing is left of lists that are known.
KNOWN = model_of("""g (float[6, 4] x, float[N, 4] v, float[3] u, int64 p) =>
    (float[A, 4] a, float[B, 4] b, float[3] c, float[4] d, float[N, 4] e, int64 n, float[C, 4] f) {
  two = Constant <value = int64 {2}> ()  last = Constant <value = int64 {-1}> ()
  sizes = Constant <value = int64[2] {1, 4}> ()
  s = SplitToSequence(x, two)  a = SequenceAt(s, last)
  t = SplitToSequence(v, sizes)  b = SequenceAt(t, last)
  m = SequenceConstruct(x, v, u)  c = SequenceAt(m, last)  r = SequenceErase(m, last)  e = SequenceAt(r, last)
  q = SplitToSequence <keepdims = 0> (x)  d = SequenceAt(q, p)
  n = SequenceLength(s)  f = ConcatFromSequence <axis = 0> (s) }""")
check("known", KNOWN, [normal(6, 4), normal(5, 4), normal(3), scalar(-2)])
check_refused("known", KNOWN, [normal(6, 4), normal(6, 4), normal(3), scalar(1)],
              [normal(6, 4), normal(5, 4), normal(3), scalar(6)])

# ---------------------------------------------------------------------------- strings

def text(*shape):
    return random.choice(np.array(["", "a", "Ωmega", "two words", "x" * 99], object), shape)


TEXTS = model_of("""g (seq(string[N]) s, string[M] x, int64 p) =>
    (string[K] y, seq(string[L]) t, seq(string[A]) u, string[B] j, int64 n, seq(string[C]) z) {
  y = SequenceAt(s, p)  w = StringConcat(y, y)  t = SequenceInsert(s, w, p)  u = SequenceErase(t, p)
  j = ConcatFromSequence <axis = 0> (t)  n = SequenceLength(t)  z = SplitToSequence <keepdims = 0> (x) }""")
check("strings", TEXTS, [[text(3), text(0), text(2)], text(4), scalar(1)], [[text(1)], text(0), scalar(-1)])
check_refused("strings", TEXTS, [[], text(1), scalar(0)])
LINES = model_of("""g (string[N] x, int64 n) => (seq(string[K]) s, seq(string[L]) e) {
  e = SequenceEmpty <dtype = 8> ()  true = Constant <value = bool {1}> ()
  s = Loop (n, true, e) <body = b (int64 i, bool ci, seq(string) si) => (bool co, seq(string) so) {
      co = Identity(ci)  word = Gather(x, i)  all = StringConcat(word, x)  so = SequenceInsert(si, all) }> }""")
check("strings in a loop", LINES, [text(5), scalar(4)], [text(5), scalar(0)])
GIVEN = model_of("""g (optional(string[N]) o) => (optional(string[N]) q, bool c) {
  q = Identity(o)  c = OptionalHasElement(o) }""")
check("optional strings", GIVEN, [x := text(7)], expect=[x, scalar(True, bool)])
check("no strings", GIVEN, [None], expect=[None, scalar(False, bool)])

# ---------------------------------------------------------------------- optional values

GET = model_of("""g (optional(float[N]) o, bool c, float[M] x) => (bool has, float[K] y) {
  has = OptionalHasElement(o)
  y = If (has) <then_branch = t () => (float[A] a) { b = OptionalGetElement(o)  a = Neg(b) },
                else_branch = f () => (float[B] b) { b = Identity(x) }> }""")
x, y = normal(3), normal(2)
check("optional", GET, [x, scalar(True, bool), y], expect=[scalar(True, bool), -x])
check("optional", GET, [None, scalar(True, bool), y], expect=[scalar(False, bool), y])
FORCED = model_of("g (optional(float[N]) o) => (float[K] y) { y = OptionalGetElement(o) }")
check("forced", FORCED, [x], expect=[x])
check_refused("forced", FORCED, [None])
MAYBE = model_of("""g (bool c, seq(float[N]) s, float[N, 2] x) => (optional(seq(float[N])) o, optional(float[N, 2]) q) {
  o = If (c) <then_branch = t () => (optional(seq(float[N])) a) { a = Optional(s) },
              else_branch = f () => (optional(seq(float[N])) b) { b = Optional <type = seq(float[N])> () }>
  q = If (c) <then_branch = t () => (optional(float[N, 2]) a) { a = Optional(x) },
              else_branch = f () => (optional(float[N, 2]) b) { b = Optional <type = float[N, 2]> () }> }""")
s, x = [normal(2), normal(0)], normal(2, 2)
check("maybe", MAYBE, [scalar(True, bool), s, x], expect=[s, x])
check("maybe", MAYBE, [scalar(False, bool), s, x], expect=[None, None])
check("maybe", MAYBE, [scalar(True, bool), [], x[:0]], expect=[[], x[:0]])


# ----------------------------------------------------------------------- random programs

def random_program():
    """Nodes on sequences `s0`, `s1` ..., with inputs that they can work on."""
    nodes, sizes = [], {"s": 3}
    inputs = {"s": [normal(*random.integers(0, 4, 2)) for _ in range(3)], "x": normal(2, 3)}
    declared = ["seq(float[N, M]) s", "float[A, B] x"]
    for number in range(random.integers(3, 9)):
        source, name = random.choice(sorted(sizes)), f"s{number}"
        count, kind = sizes[source], random.choice(["insert", "erase", "append", "take"])
        if kind == "insert":
            inputs[f"p{number}"] = scalar(random.integers(-count, count + 1))
            nodes.append(f"{name} = SequenceInsert({source}, x, p{number})")
        elif kind == "append" or not count:
            nodes.append(f"{name} = SequenceInsert({source}, x)")
            kind = "append"
        elif kind == "erase":
            inputs[f"p{number}"] = scalar(random.integers(-count, count))
            nodes.append(f"{name} = SequenceErase({source}, p{number})")
        else:
            inputs[f"p{number}"] = scalar(random.integers(-count, count))
            nodes.append(f"y{number} = SequenceAt({source}, p{number})  z{number} = Add(y{number}, y{number})"
                         f"  {name} = SequenceInsert({source}, z{number})")
        if f"p{number}" in inputs:
            declared.append(f"int64 p{number}")
        sizes[name] = count - 1 if kind == "erase" else count + 1
    outputs = [f"seq(float[N, M]) {name}" for name in sizes if name != "s"]
    text = f"g ({', '.join(declared)}) => ({', '.join(outputs)}) {{ {' '.join(nodes)} }}"
    return model_of(text), list(inputs.values()), text


for _ in range(8):
    program, inputs, text = random_program()
    check(text, program, inputs)

print("\n".join(failures))
raise SystemExit(bool(failures))
