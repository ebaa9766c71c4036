# RUN: %python %s
"""Operators on strings, and what moves them."""
import re
import unicodedata

import numpy as np
import onnx
from harness import Case, Const, booleans, main
from onnx import TensorProto, helper

np.seterr(over="ignore", invalid="ignore")  # in casts
random = np.random.default_rng(5)
WORDS = ["", "a", "Zebra", "straße", "ÉCOLE", "Ωmega", "ЖУК", "日本", "a b", "  x  y ", "😀", "a,b,,c", "same", "same"]


def text(*shape):
    return random.choice(np.array(WORDS, object), shape)


def ml(op, inputs, **others):
    return Case(op, inputs, domain="ai.onnx.ml", domain_version=others.pop("version", 4), **others)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


X, Y = text(3, 4), text(3, 4)

moves = [
    Case("Identity", [X]),
    Case("Concat", [X, Y], axis=1),
    Case("Concat", [X, Const(text(2, 4))], axis=0, open=[["n", None]]),
    Case("Gather", [X, Const([2, -1])], axis=1),
    Case("Gather", [Const(text(9)), np.array([[0, 8], [-3, 2]])]),
    Case("GatherElements", [X, Const([[0, 1, 0, 2]])], axis=0),
    Case("GatherND", [X, Const([[0, 1], [2, 3]])]),
    Case("Transpose", [X]),
    Case("Reshape", [X, Const([2, -1])]),
    Case("Squeeze", [text(1, 3, 1)]),
    Case("Unsqueeze", [X, Const([0, 2])]),
    Case("Flatten", [text(2, 3, 2)]),
    Case("Slice", [X, Const([1]), Const([9]), Const([1]), Const([2])]),
    Case("Split", [text(6)], outputs=3, axis=0, num_outputs=3),
    Case("Tile", [X, Const([2, 1])]),
    Case("Expand", [text(3, 1), Const([2, 3, 4])]),
    Case("Where", [booleans(3, 4), X, text(4)]),
    Case("Pad", [X, Const([0, 1, 1, 0]), Const(np.array("pad"))]),
    Case("Pad", [X, Const([0, 1, 1, 0])], expect=[np.pad(X, [(0, 1), (1, 0)], constant_values="")]),
    Case("Pad", [X, Const([0, 1, 1, 0])], mode="edge"),
    Case("Compress", [X, np.array([True, False, True])], axis=0),
    Case("ScatterElements", [X, Const([[0, 1, 2, 0]]), text(1, 4)], axis=0),
    Case("ScatterND", [X, Const([[0, 1], [2, 3]]), text(2)]),
    Case("Shape", [X]),
    Case("Size", [X]),
    Case("DepthToSpace", [text(1, 4, 2, 2)], blocksize=2),
    Case("ReverseSequence", [text(4, 3), Const([4, 2, 1])]),
    Case("Constant", [], value_strings=["a", "", "ü"], open="none"),
    Case("Constant", [], value_string="one", open="none"),
    Case("Unique", [text(40)], outputs=4),
    Case("Unique", [text(40)], outputs=4, sorted=0),
    Case("Unique", [random.choice(np.array(["a", "b"], object), (9, 2))], outputs=4, axis=0,
         name="Unique rows", expect=lambda x: [y for y in np.unique(x.astype(str), True, True, True, axis=0)]),
]

branches = [helper.make_graph([node("Identity", [x], ["r"])], name, [],
                              [helper.make_tensor_value_info("r", TensorProto.STRING, None)])
            for name, x in (("yes", "x1"), ("no", "x2"))]
body = helper.make_graph(
    [node("StringConcat", ["s", "x1"], ["next"]), node("Identity", ["go"], ["goes"]),
     node("Identity", ["next"], ["scan"])], "body",
    [helper.make_tensor_value_info("i", TensorProto.INT64, []),
     helper.make_tensor_value_info("go", TensorProto.BOOL, []),
     helper.make_tensor_value_info("s", TensorProto.STRING, [2])],
    [helper.make_tensor_value_info("goes", TensorProto.BOOL, []),
     helper.make_tensor_value_info("next", TensorProto.STRING, [2]),
     helper.make_tensor_value_info("scan", TensorProto.STRING, [2])])
control = [
    Case("If", [np.array(True), text(3), text(3)], name="If of strings",
         nodes=[node("If", ["x0"], ["y0"], then_branch=branches[0], else_branch=branches[1])]),
    Case("Loop", [np.array(3), np.array(["a", "é"]), np.array(["", "b"])], outputs=2, name="Loop of strings",
         nodes=[node("Loop", ["x0", "", "x2"], ["y0", "y1"], body=body)], open="none",
         expect=lambda count, x, start: [s := start + x * int(count), np.stack([start + x * (i + 1) for i in range(count)])]),
]

computed = [
    Case("StringConcat", [X, Y]),
    Case("StringConcat", [X, Const(np.array("!"))]),
    Case("StringConcat", [text(3, 1), text(4)], also=[[text(1, 1), text(5)]]),
    Case("StringConcat", [text(0, 4), text(4)]),
    Case("Equal", [X, Y]),
    Case("Equal", [X, Const(np.array("same"))]),
    *[Case("StringSplit", [text(3, 4)], outputs=2, **attributes)
      for attributes in ({}, {"delimiter": ","}, {"delimiter": ",,"}, {"maxsplit": 1},
                         {"delimiter": " ", "maxsplit": 0}, {"delimiter": "", "maxsplit": 2})],
    Case("StringSplit", [np.array([["", ""]])], outputs=2, name="StringSplit of nothing"),
    Case("StringSplit", [np.array("a b")], outputs=2, expect=[np.array(["a", "b"], object), np.array(2)]),
]


def changed(action):
    return {"LOWER": str.lower, "UPPER": str.upper}.get(action, str)


def normalize(action, words=(), is_exact=False):
    """By the specification: the reference leaves out accents and empty strings, too."""
    def expect(x):
        change = changed(action)
        compare = str if is_exact else changed(action if action != "NONE" else "LOWER")
        kept = [change(w) for w in x.ravel() if not words or compare(w) not in map(compare, words)]
        shape = x.shape if not words else (1, -1) if x.ndim == 2 else (-1,)
        return [np.array(kept or [""], object).reshape(shape)]
    return expect


ASCII = np.array(["monday", "Tuesday", "", "WED nesday", "monday"])
normalizers = [
    Case("StringNormalizer", [x], case_change_action=action, is_case_sensitive=exact, stopwords=words,
         expect=normalize(action, words, exact), also=also)
    for action in ("NONE", "LOWER", "UPPER") for exact in (0, 1)
    for words in (["monday", "tuesday"],)
    for x, also in ((ASCII, [[np.array(["monday"])], [np.array([], str)]]), (ASCII[None], []))
] + [
    Case("StringNormalizer", [x], case_change_action=action, expect=normalize(action))
    for action in ("NONE", "LOWER", "UPPER")
    for x in (np.array(["Été", "Ωmega", "ЖУК", "日本", "STRASSE"]), np.array([["Abc", ""]]))
]

SUBJECTS = np.array(["", "a", "ab", "aab", "abc", "ABC", "a1", "12", "www.google.com", "a@b.de", "é", "日本", "\n", "a\nb",
                     "foo bar", "_", "-", "]", "aaa", "aaaa", "zz", "ß", "ſ", "K", "x{2}"])
PATTERNS = ["", "a", "a*b?c*", "a|ab|abc", "(a|b)*c", "[a-c]+", "[^a-c]*", r"\d+", r"\w+", r"\W*", r"[\d_]", r".", r".*", r"(?s).*",
            r"^a.*$", r"a{2}", r"a{2,3}", r"a{2,}b?", r"(?:ab)?", r"(?i)abc", r"(?i:AB)c", r"(?P<name>a)b",
            r"www\.[\w-]+\.com", r"[\w.]+@[\w.]+", "[é日]本?", r"\x61", "[]-]", r"[a\-z]+",
            "a+?b", r"\bfoo\b.*", r"www\.[\w.-]+\.\bcom\b", r".\Ba.*", "(a*)*", "(a|)+", "[a-z]+", "x\\{2\\}", "x{2}", "x"]
matches = [Case("RegexFullMatch", [SUBJECTS], pattern=pattern, name=f"RegexFullMatch {pattern!r}",
                expect=[np.array([bool(re.compile(pattern, re.A).fullmatch(s)) for s in SUBJECTS])]
                if "(?i" not in pattern else
                [np.array([bool(re.fullmatch(pattern, s)) for s in SUBJECTS])])
           for pattern in dict.fromkeys(PATTERNS)]
matches += [
    Case("RegexFullMatch", [SUBJECTS], pattern="[[:alpha:]]+",
         expect=[np.array([bool(re.fullmatch("[A-Za-z]+", s)) for s in SUBJECTS])]),
    Case("RegexFullMatch", [SUBJECTS], pattern=r"\Qx{2}\E",
         expect=[np.array([s == "x{2}" for s in SUBJECTS])]),
    Case("RegexFullMatch", [np.array([chr(c) for c in (1, 9, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF)])],
         pattern="[\u0080-\U00010000]", expect=[np.array([0x80 <= c <= 0x10000 for c in
                                                          (1, 9, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF)])]),
]

# Categories are those of Python's own table.
LETTERS = np.array([*"aZ5 _-\n\x7fßǅʰªـ日ंःⅫ²٣€+^«»\u200d\ue000\u2028\xa0\U00010400\U0001F600\U000E0100ΩЖ¡(])"])
for category in ("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "N", "Nd", "Nl", "No", "P", "Pd", "Ps", "Pi", "S", "Sc", "Sm",
                 "Z", "Zs", "Zl", "C", "Cc", "Cf", "Co"):
    isOne = np.array([unicodedata.category(s).startswith(category) for s in LETTERS])
    matches += [Case("RegexFullMatch", [LETTERS], pattern=pattern, name=f"RegexFullMatch {pattern}", expect=[wanted])
                for pattern, wanted in ((rf"\p{{{category}}}", isOne), (rf"[^\P{{{category}}}5]", isOne & (LETTERS != "5")),
                                        (rf"\p{{^{category}}}", ~isOne))]
matches += [Case("RegexFullMatch", [SUBJECTS], pattern=pattern, name=f"RegexFullMatch {pattern!r}",
                 expect=[np.array([bool(re.fullmatch(same, s)) for s in SUBJECTS])])
            for pattern, same in ((r"\pL+", r"[^\W\d_]+"), (r"(?i)\p{Lu}+", r"[^\W\d_日本]+"), (r"[\pN\pL.@]+", r"[^\W_]+|(?:[^\W_]|[.@])+"),
                                  (r"(?s)\p{Any}*", r"(?s).*"))]

FLOATS = np.array([0, -0.0, 1, 0.1, 1e-4, 1e-5, 123456.7, 1e6, 1e15, 1e16, 3e38, 1e-42, np.inf, -np.inf, np.nan])
casts = [Case("Cast", [np.array(values).astype(dtype)], to=TensorProto.STRING)
         for dtype, values in [("float32", FLOATS), ("float64", FLOATS), ("float16", [0, 1, 999, 1000, 0.1, 65504, 6e-8]),
                               ("int8", [-128, 0, 127]), ("uint8", [0, 255]), ("int64", [-2**63, 2**63 - 1]),
                               ("uint64", [0, 2**64 - 1]), ("int32", [[-5, 7]]), ("bool", [True, False])]]
NUMBERS = np.array(["0", "-0", "1.5", " 3e2 ", "inf", "-INF", "nan", "Infinity", "1e-45", "1e39", ".5", "5.", "+7",
                    "0.1000000014901161193847656251", "179769313486231580793e289", "4.9e-324"])
casts += [Case("Cast", [NUMBERS], to=helper.np_dtype_to_tensor_dtype(np.dtype(t)), expect=[NUMBERS.astype(t)])
          for t in ("float32", "float64", "float16")]
casts += [
    Case("Cast", [np.array(["-128", "127", " 5 ", "+3"])], to=TensorProto.INT8, refused=[[np.array([w])] for w in
                                                                                        ("128", "", "x", "1.5", "0x1", "- 1")]),
    Case("Cast", [np.array(["18446744073709551615", "0"])], to=TensorProto.UINT64, refused=[[np.array(["-1"])]]),
    Case("Cast", [np.array(["9223372036854775807", "-9223372036854775808"])], to=TensorProto.INT64),
    Case("Cast", [np.array(["1", "2.5"])], to=TensorProto.FLOAT, refused=[[np.array([w])] for w in
                                                                         ("", "x", "1e", "1 2", "--1", "0x1p3")]),
    Case("Cast", [X], to=TensorProto.STRING),
    Case("CastLike", [np.array(["1", "2"]), Const(np.float32([0]))]),
]

INTS, KEYS = np.array([3, 7, 1, 9]), ["b", "a", "ß", "", "same"]
labels = [
    ml("LabelEncoder", [X], keys_strings=KEYS, values_int64s=[5, 6, 7, 8, 9], default_int64=-7),
    ml("LabelEncoder", [X], keys_strings=KEYS, values_strings=["v", "w", "", "ü", "q"], default_string="?"),
    ml("LabelEncoder", [X], keys_strings=KEYS, values_floats=[1.0, 2.0, 3.0, 4.0, 5.0], default_float=0.5),
    ml("LabelEncoder", [INTS], keys_int64s=[1, 3], values_strings=["one", "three"], default_string="none"),
    ml("LabelEncoder", [np.float32([1.5, np.nan])], keys_floats=[1.5, 2.5], values_strings=["x", "y"], default_string="z"),
    ml("LabelEncoder", [X], keys_tensor=onnx.numpy_helper.from_array(np.array(KEYS, object)),
       values_tensor=onnx.numpy_helper.from_array(np.arange(5)),
       default_tensor=onnx.numpy_helper.from_array(np.array([42]))),
    ml("CategoryMapper", [X], version=1, cats_strings=KEYS, cats_int64s=[5, 6, 7, 8, 9], default_int64=-7,
       expect=lambda x: [np.vectorize(lambda s: dict(zip(KEYS, [5, 6, 7, 8, 9])).get(s, -7))(x)]),
    ml("CategoryMapper", [INTS], version=1, cats_strings=["a", "b"], cats_int64s=[7, 9], default_string="-",
       expect=[np.array(["-", "a", "-", "b"], object)]),
    ml("OneHotEncoder", [text(5)], version=1, cats_strings=KEYS, zeros=1),
    ml("ArrayFeatureExtractor", [X, Const([2, 0])], version=1),
    ml("LinearClassifier", [np.float32([[1, 2], [3, -4]])], outputs=2, version=1, coefficients=[1.0, 2.0, -3.0, 1.0, 0.5, 0.25],
       intercepts=[0.0, 1.0, 2.0], classlabels_strings=["a", "b", "c"], post_transform="NONE", multi_class=0),
]

POOL = ["b", "a", "a", "b", "a", "ß", "a", "a"]  # 2 unigrams, 3 bigrams
COUNTS = dict(ngram_counts=[0, 2], ngram_indexes=[0, 1, 4, 2, 3], pool_strings=POOL)
ngrams = [
    Case("TfIdfVectorizer", [x], mode=mode, min_gram_length=least, max_gram_length=most, max_skip_count=skips,
         weights=[0.5, 1.5, 2.0, 3.0, -1.0], **COUNTS)
    for x in (random.choice(np.array(["a", "b", "ß", "c"], object), (3, 9)), np.array(["a", "b", "a"]))
    for mode, least, most, skips in (("TF", 1, 2, 0), ("IDF", 1, 2, 1), ("TFIDF", 2, 2, 3), ("TF", 1, 1, 2))
] + [Case("TfIdfVectorizer", [random.integers(0, 5, (2, 12)).astype(t)], mode="TFIDF", min_gram_length=1, max_gram_length=3,
          max_skip_count=1, ngram_counts=[0, 3, 7], ngram_indexes=[0, 1, 2, 5, 4, 3], weights=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], pool_int64s=[2, 3, 0, 1, 4, 3, 2, 1, 1, 4])
     for t in ("int64", "int32")]

main(moves + control + computed + normalizers + matches + casts + labels + ngrams)
