# RUN: %python %s
"""CausalConvWithState: with and without a state, of channels whose number is known and open."""
import numpy as np
from harness import Case, Const, main, normal


def case(batch=2, channels=3, length=7, kernel=4, bias=True, state=True, constant=False, **others):
    hold = Const if constant else np.asarray
    return Case("CausalConvWithState",
                [normal(batch, channels, length), hold(normal(channels, 1, kernel)),
                 hold(normal(channels)) if bias else None, normal(batch, channels, kernel - 1) if state else None],
                outputs=2, **others)


def other(batch, channels, length, kernel):
    return [normal(batch, channels, length), normal(channels, 1, kernel), normal(channels),
            normal(batch, channels, kernel - 1)]


cases = [case(bias=bias, state=state, activation=activation, constant=constant, open="sizes" if constant else "each")
         for bias in (False, True) for state in (False, True) for activation in ("none", "silu")
         for constant in (False, True)]
cases += [
    case(activation="swish"),
    case(open="each", also=[other(1, 5, 2, 3), other(2, 1, 1, 1)]),
    # Of the kernel nothing is known, of the channels the number.
    case(open=[["n", None, "l"], [None, None, "k"], [None], ["n", None, "k1"]], static=False),
    *[case(length=length, kernel=kernel, state=state) for length, kernel in ((1, 4), (2, 1), (0, 3)) for state in (False, True)],
]
main(cases)
