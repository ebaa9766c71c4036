# RUN: %python %root/tools/dev/docs.py --check
"""The pages of docs/ say what the sources say, and show what the tools print; tools/dev/docs.py writes them."""
