# RUN: %python %s
"""The forms of attention.py with open lengths, apart as they take their time."""
import attention

attention.main(("open", "batch", "length", True, [(2, 10), (1, 1), (3, 17)]))
