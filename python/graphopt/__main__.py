"""python -m graphopt compress | report: what needs Python of compression."""
import argparse
import importlib
import json
import sys

from . import CompileError, MetricError, compress, metrics
from ._compress import kept
from ._html import render

_USAGE = ("One of ner, cer, spearman, top1, or MODULE:NAME, a callable of a model and a list of samples. What is right "
          "is in labels.json of the folders of samples: {\"NAME-OF-THE-FILE\": ...}")


def _read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _metric(arguments, parser):
    name = arguments.metric
    if name is None:
        return None
    if ":" in name:
        module, _, attribute = name.partition(":")
        sys.path.insert(0, "")
        return getattr(importlib.import_module(module), attribute)
    if name in ("ner", "cer"):
        if not arguments.classes:
            parser.error(f"--metric={name} needs --classes: " + ("the tag of each class" if name == "ner" else
                                                                 "the character of each class but the blank"))
        classes = _read(arguments.classes)
        return (metrics.Ner if name == "ner" else metrics.CharacterErrorRate)(classes, arguments.output_number)
    if name in ("spearman", "top1"):
        return (metrics.Spearman if name == "spearman" else metrics.Top1)(arguments.output_number)
    return parser.error(f"--metric={name} is unknown. {_USAGE}")


def _show_try(tried):
    print(f"  {tried['share']:.3f} of the recipe: p = {tried['p']:.4f}, drop {tried['drop']:.3f}"
          f" ({'taken' if tried['taken'] else 'too much'})", file=sys.stderr)


def _compress(arguments, parser):
    shapes = {}
    for text in arguments.shape:
        name, _, dims = text.partition("=")
        shapes[name] = [None if dim == "?" else int(dim) for dim in dims.split("x")] if dims else []
    done = compress(arguments.model, arguments.recipe, arguments.o, calib=arguments.calib, select=arguments.select,
                    evaluate=arguments.eval, metric=_metric(arguments, parser), max_drop=arguments.max_drop,
                    report=arguments.report, progress=_show_try, shapes=shapes)
    if arguments.html:
        _write(arguments.html, done.report)
    print(f"p = {kept(done.report):.4f}")
    if "metric" in done.report:
        measured = done.report["metric"]
        drop = f"{measured['drop']:.3f}"
        if "intervals" in measured:
            drop += " [{:.3f}, {:.3f}]".format(*measured["intervals"]["drop"])
        print(f"{measured['name']}: {measured['before']:.3f} before, {measured['after']:.3f} after, drop {drop}, "
              f"{measured['samples']} samples")


def _write(path, report):
    with open(path, "w", encoding="utf-8") as file:
        file.write(render(report))


def main():
    parser = argparse.ArgumentParser(prog="python -m graphopt", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("compress", help="compress an ONNX model as far as a metric allows")
    command.add_argument("model")
    command.add_argument("--recipe", required=True, help="see docs/Compress.md")
    command.add_argument("--calib", required=True, metavar="DIR", help="samples to make statistics from")
    command.add_argument("--select", metavar="DIR", help="samples to compare alternatives on")
    command.add_argument("--eval", metavar="DIR", help="samples for the report")
    command.add_argument("--metric", metavar="NAME", help=_USAGE)
    command.add_argument("--classes", metavar="FILE.json", help="list of tags or characters, for ner and cer")
    command.add_argument("--output-number", type=int, default=0, metavar="N", help="output that the metric reads")
    command.add_argument("--max-drop", type=float, metavar="D", help="how much worse the metric may get on --select: as "
                         "much of the recipe is taken as it allows")
    command.add_argument("--shape", action="append", default=[], metavar="INPUT=DIMS", help="as for graphopt compile")
    command.add_argument("-o", metavar="DIR", help="folder for the compiled library")
    command.add_argument("--report", metavar="FILE.json")
    command.add_argument("--html", metavar="FILE.html", help="the report as a page")
    command = commands.add_parser("report", help="make a page of a report of compression or of an audit")
    command.add_argument("report")
    command.add_argument("-o", required=True, metavar="FILE.html")
    arguments = parser.parse_args()
    try:
        if arguments.command == "compress":
            _compress(arguments, parser)
        else:
            _write(arguments.o, _read(arguments.report))
    except (CompileError, MetricError, ImportError, OSError, ValueError) as error:
        sys.exit(f"graphopt: error: {error}")


if __name__ == "__main__":
    main()
