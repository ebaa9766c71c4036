# RUN: %python %s
"""The second half of gradient.py's cases."""
from gradient import losses, normalizations, reductions, shapes
from harness import main

main(reductions + normalizations + losses + shapes)
