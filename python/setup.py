"""Notes, in the installed package, where the built graphopt is: the prefix
GRAPHOPT_HOME, else the folder build/ of the checkout."""
import os

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    def run(self):
        super().run()
        checkout = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        home = os.environ.get("GRAPHOPT_HOME") or os.path.join(checkout, "build")
        with open(os.path.join(self.build_lib, "graphopt", "_home.py"), "w", encoding="utf-8") as file:
            file.write(f"HOME = {os.path.abspath(home)!r}\n")


setup(cmdclass={"build_py": BuildPy})
