"""What the checks beside this file share: listing the sources, reporting, and
trying each check on a small tree that breaks its rule."""
import os
import subprocess
import sys
import tempfile


class Tree:
    """A checkout: its tracked files, or all files where there is no git."""

    def __init__(self, root):
        self.root = root
        if os.path.exists(os.path.join(root, ".git")):
            # Not yet added files count, ignored ones do not.
            out = subprocess.run(
                ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                check=True, capture_output=True, text=True).stdout
            names = [n for n in out.split("\0") if n]
        else:
            names = [os.path.relpath(os.path.join(folder, name), root)
                     for folder, _, files in os.walk(root) for name in files]
        self.files = sorted(n for n in names if os.path.isfile(os.path.join(root, n)))

    def text(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def size(self, name):
        return os.path.getsize(os.path.join(self.root, name))

    def matching(self, *suffixes, under=()):
        return [n for n in self.files if n.endswith(suffixes)
                and (not under or n.startswith(tuple(under)))]


def caught(check, files):
    """The problems that `check` sees in a tree of `files` (name: text)."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return check(Tree(root))


def main(check, good, bad):
    """Tries `check` on `good` (no problem) and on `good` changed by each of `bad`
    (at least one problem), then on the repository given as argument.

    A file that `bad` maps to None is taken away.
    """
    problems = [f"the check itself: complains about a good tree: {p}" for p in caught(check, good)]
    for change in bad:
        files = {n: t for n, t in {**good, **change}.items() if t is not None}
        if not caught(check, files):
            problems.append(f"the check itself: misses what is wrong in {change}")
    problems += check(Tree(sys.argv[1]))
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))
