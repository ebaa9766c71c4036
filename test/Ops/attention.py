# RUN: %python %s
import numpy as np
from harness import Case, main, normal

ROWS = dict(q_num_heads=3, kv_num_heads=3)


def flags(*shape):
    """Each row has a key, but for the last."""
    kept = normal(*shape) > 0
    kept[..., 0] = True
    kept[..., -1, :] = False
    return kept


def low(*shape):
    return np.where(flags(*shape), normal(*shape), -np.inf).astype(np.float32)


def qkv(m, n, heads=3, groups=3, depth=8, values=6):
    return [normal(2, heads, m, depth), normal(2, groups, n, depth), normal(2, groups, n, values)]


def past(length, groups=3):
    return [normal(2, groups, length, 8), normal(2, groups, length, 6)]


def lengths(*numbers):
    return [None, None, np.array(numbers, np.int64)]


main([
    *[Case("Attention", qkv(5, 7, heads, groups), also=[qkv(1, 3, heads, groups)], name=f"Attention {heads}/{groups}")
      for heads, groups in ((3, 3), (6, 2), (4, 1))],
    Case("Attention", qkv(6, 6), is_causal=1, also=[qkv(4, 4)]),
    Case("Attention", qkv(6, 4), is_causal=1),
    Case("Attention", qkv(4, 6), is_causal=1, scale=0.3, softcap=2.0),
    Case("Attention", [normal(2, 6, 24), normal(2, 7, 24), normal(2, 7, 12)], **ROWS),
    Case("Attention", [normal(2, 6, 24), normal(2, 6, 24), normal(2, 6, 24), flags(6, 6)], is_causal=1, **ROWS),
    *[Case("Attention", [*qkv(5, 7), mask(*shape)], name=f"Attention {mask.__name__} {shape}", is_causal=causal)
      for causal in (0, 1) for mask in (flags, low) for shape in ((5, 7), (3, 5, 7), (2, 1, 5, 7))],
    Case("Attention", [*qkv(5, 7), flags(2, 1, 1, 7)], name="Attention of no keys in a batch"),
    *[Case("Attention", [*qkv(5, 9), mask(5, 7)], name=f"Attention short {mask.__name__}") for mask in (flags, low)],
    *[Case("Attention", [*qkv(m, n), None, *past(4)], outputs=3, is_causal=causal, name=f"Attention {m}, 4 and {n}, {causal}",
           also=[[*qkv(m, n), None, *past(9)]])
      for causal in (0, 1) for m, n in ((1, 1), (5, 5), (5, 3))],
    *[Case("Attention", [*qkv(3, 3), mask(3, 7), *past(4)], outputs=3, is_causal=1, name=f"Attention past {mask.__name__}")
      for mask in (flags, low)],
    *[Case("Attention", [*qkv(3, 8), mask, *lengths(8, 5)], is_causal=causal,
           name=f"Attention lengths {number} {causal}", open="each")
      for causal in (0, 1) for number, mask in enumerate((None, flags(3, 8), low(3, 8)))],
    Case("Attention", [*qkv(3, 8), None, *lengths(2, 0)], is_causal=1, name="Attention no keys before"),
    Case("Attention", qkv(5, 7), outputs=[True, False, False, True], qk_matmul_output_mode=1, softcap=3.0),
    Case("Attention", qkv(5, 7), left_window_size=2, right_window_size=1),
    Case("Attention", qkv(5, 7), softmax_precision=11),
    Case("Attention", qkv(5, 5), opset=23, is_causal=1),
])
