"""Reports as one HTML page that needs nothing else."""
import html
import json
import math

from ._compress import kept

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
h2 { margin-top: 2.2rem; border-bottom: 1px solid #d0d7de } table { border-collapse: collapse; margin: .8rem 0 }
th, td { padding: .15rem .55rem; text-align: right; border-bottom: 1px solid #eaeef2;
white-space: nowrap } th:first-child, td:first-child, td.reason { text-align: left } td.cell { padding: .2rem .3rem; font-size: 11px; text-align: center; border: 1px solid #fff }
td.gone { outline: 2px solid #b42318; outline-offset: -2px; text-decoration: line-through }
.fail, .slower { color: #b42318 } .warn { color: #9a6700 } .pass, .faster { color: #1a7f37 } .note { color: #57606a }
svg text { font: 11px system-ui, sans-serif; fill: #57606a }
"""


def _text(value):
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.5g}" if math.isfinite(value) else str(value)
    return html.escape(f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value))


def _table(head, rows):
    """rows of text, numbers or (text, class)."""
    def cell(value):
        if isinstance(value, tuple):
            return f'<td class="{html.escape(value[1])}">{_text(value[0])}</td>'
        return f"<td>{_text(value)}</td>"
    lines = ["<table><tr>" + "".join(f"<th>{html.escape(title)}</th>" for title in head) + "</tr>"]
    lines += ["<tr>" + "".join(map(cell, row)) + "</tr>" for row in rows]
    return "\n".join([*lines, "</table>"])


def _curves(lines, x_title, y_title, marks=()):
    """An SVG of lines, (title, [(x, y), ...]) each; marks are (y, title)."""
    width, height, left, bottom = 560, 240, 64, 36
    lines = [(title, points) for title, points in lines if points]
    xs = [x for _, points in lines for x, _ in points]
    ys = [y for _, points in lines for _, y in points] + [y for y, _ in marks]
    if not lines:
        return ""
    pad = (max(ys) - min(ys)) * .06 or 1
    low, high, first, last = min(ys) - pad, max(ys) + pad, min(xs), max(xs)
    span = last - first or 1

    def at(x, y):
        return (left + (x - first) / span * (width - left - 110),
                10 + (high - y) / (high - low) * (height - bottom - 10))
    out = [f'<svg width="{width}" height="{height}" role="img">']
    for i in range(5):
        value = low + (high - low) * i / 4
        y = at(first, value)[1]
        out.append(f'<line x1="{left}" x2="{width - 110}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eaeef2"/>'
                   f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>')
        x = at(first + span * i / 4, low)[0]
        out.append(f'<text x="{x:.1f}" y="{height - bottom + 14}" text-anchor="middle">{first + span * i / 4:.4g}</text>')
    for value, title in marks:
        y = at(first, value)[1]
        out.append(f'<line x1="{left}" x2="{width - 110}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b42318" '
                   f'stroke-dasharray="4 3"/><text x="{width - 106}" y="{y + 4:.1f}">{html.escape(title)}</text>')
    for number, (title, points) in enumerate(lines):
        color = f"hsl({210 + 360 * number / max(1, len(lines)):.0f} 60% 42%)"
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.6">'
                   f"<title>{html.escape(title)}</title></polyline>")
        if len(points) < 32:
            for x, y in points:
                px, py = at(x, y)
                out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{color}"><title>{html.escape(title)}: '
                           f"{x:.5g}, {y:.5g}</title></circle>")
        x, y = at(*points[-1])
        out.append(f'<text x="{x + 5:.1f}" y="{y + 4:.1f}">{html.escape(title)}</text>')
    out.append(f'<text x="{(left + width - 110) / 2:.0f}" y="{height - 4}" text-anchor="middle">{html.escape(x_title)}'
               f'</text><text transform="translate(11 {height / 2:.0f}) rotate(-90)" text-anchor="middle">'
               f"{html.escape(y_title)}</text></svg>")
    return "".join(out)


def _interval(value):
    """A mean with its interval, as the tool writes it."""
    return f"{value['mean']:.5f} [{value['low']:.5f}, {value['high']:.5f}]"


def _outputs(outputs):
    rows = [[name, m["samples"], m["rows"], "equal" if m["sqnr_db"] is None else m["sqnr_db"], _interval(m["cosine"]),
             _interval(m["top1"]), m.get("spearman")] for name, m in outputs.items()]
    return _table(["output", "samples", "rows", "SQNR dB", "cosine [95 %]", "top-1 [95 %]", "Spearman of similarities"],
                  rows)


def _heat_map(layers):
    """A row a layer, a cell a head; those removed are struck out."""
    greatest = max(max(layer["scores"]) for layer in layers) or 1
    rows = []
    for layer in layers:
        cells = []
        for unit, score in enumerate(layer["scores"]):
            light = 97 - 45 * max(0.0, score) / greatest
            gone = " gone" if unit in layer["removed"] else ""
            cells.append(f'<td class="cell{gone}" style="background: hsl(210 70% {light:.0f}%)" '
                         f'title="layer {layer["layer"]}, {unit}: {score:.6g}">{score:.2g}</td>')
        kept = len(layer["scores"]) - len(layer["removed"])
        rows.append(f"<tr><td>layer {layer['layer']}</td>{''.join(cells)}<td>{kept} kept</td></tr>")
    return "<table>" + "\n".join(rows) + "</table>"


def _thin(points):
    """At most 128 of them, the last included."""
    every = -(-len(points) // 128)
    return points[:-1:every] + points[-1:]


def _step(number, step):
    title = step.get("pass", "step")
    parts = [f"<h2>Step {number}: {html.escape(str(title))}</h2>"]
    if "units" in step:
        parts.append(f"<p>{step['removed']} of {step['units']} removed by the score <b>{html.escape(step['score'])}</b>; "
                     f"parameters {_text(step['parameters_before'])} → {_text(step['parameters_after'])}, p = "
                     f"{_text(step['p'])}</p>")
    else:
        plain = {key: value for key, value in step.items() if not isinstance(value, (dict, list)) and key != "pass"}
        parts.append(_table(list(plain), [list(plain.values())]))
    layers = [layer for layer in step.get("layers", []) if layer.get("scores")]
    if layers and max(len(layer["scores"]) for layer in layers) <= 64:
        parts.append(_heat_map(layers))
        parts.append('<p class="note">Darker is worth more; removed ones are struck out.</p>')
    elif layers:
        lines = [(f"layer {layer['layer']}", _thin([(i, math.log10(score)) for i, score in
                                                    enumerate(sorted(layer["scores"])) if score > 0])) for layer in layers]
        parts.append(_curves(lines, "from the least to the greatest", "log10 of the score"))
        parts.append(_table(["layer", "units", "removed", "kept"],
                            [[layer["layer"], len(layer["scores"]), len(layer["removed"]),
                              len(layer["scores"]) - len(layer["removed"])] for layer in layers]))
    elif step.get("layers"):
        head = [key for key, value in step["layers"][0].items() if not isinstance(value, (dict, list))]
        parts.append(_table(head, [[layer.get(key) for key in head] for layer in step["layers"]]))
    refit = step.get("refit")
    if isinstance(refit, dict) and "cosine_with" in refit:
        parts.append(f"<p>Refit {'used' if refit['used'] else 'not used'}: mean cosine on the samples to select with "
                     f"{refit['cosine_with']:.5f} with it, {refit['cosine_without']:.5f} without.</p>")
    if step.get("left_alone"):
        parts.append("<details><summary>Left alone</summary>" + _table(["node", "reason"], [
            [item["node"], (item["reason"], "reason")] for item in step["left_alone"]]) + "</details>")
    return "\n".join(parts)


def _models(models, timing):
    """What the original and the model after each step take."""
    head = ["", "parameters", "p", "MACs", "library bytes", "peak bytes", "ms", "α", "gain"]
    keys = ["parameters", "p", "macs", "library_bytes", "peak_bytes", "ms", "alpha"]
    rows = [[f"after step {number}" if number else "original", *(model.get(key) for key in keys),
             (model.get("gain"), model.get("gain", ""))] for number, model in enumerate(models)]
    if any("metric" in model for model in models):
        head.append(f"{models[0]['metric']['kind']} [95 %]")
        for row, model in zip(rows, models):
            row.append(_interval(model["metric"]["value"]))
    parts = ["<h2>What it takes</h2>", _table(head, rows)]
    points = sorted((m["p"], m["alpha"]) for m in models if m.get("alpha") is not None)
    control = (timing or {}).get("control")
    if control and points:
        parts.append(_curves([("α", points), ("α = p", [(x, x) for x, _ in points])], "p", "α",
                             [(1 - control["noise"], "A/A control"), (1 + control["noise"], "")]))
        parts.append(f'<p class="note">A second copy of the original differs from it by {control["noise"]:.3f} (A/A '
                     "control): a smaller gain is none.</p>")
    return "\n".join(parts)


def _change(row, column, before, after):
    """A cell of a table that was made twice; rows may be in one only."""
    values = [table.get(row, {}).get(column) for table in (before, after)]
    if column == "support":
        return int(next(value for value in values if value is not None))
    return " → ".join("–" if value is None else f"{value:.3f}" for value in values)


def _metric(metric):
    name, intervals = metric["name"], metric.get("intervals", {})

    def cell(key):
        value = f"{metric[key]:.4g}"
        return f"{value} [{intervals[key][0]:.4g}, {intervals[key][1]:.4g}]" if key in intervals else value
    parts = [f"<h2>{html.escape(name)}</h2>",
             f"<p>On {metric['samples']} samples that nothing was chosen by:</p>",
             _table(["", "before", "after", "drop"], [[name, cell("before"), cell("after"), cell("drop")]])]
    if intervals:
        parts.append('<p class="note">In brackets: 95 % of drawings of the samples with replacement.</p>')
    if metric.get("tries"):
        tries = sorted(metric["tries"], key=lambda t: t["p"])
        sign = 1 if metric["greater_is_better"] else -1
        before = tries[0]["before"]
        marks = [(before, "before"), (before - sign * metric["max_drop"], "limit")]
        parts += ["<h3>Tried on the samples to select with</h3>",
                  _curves([("after", [(t["p"], t["after"]) for t in tries])], "p", name, marks),
                  _table(["share of the recipe", "p", "after", "drop", "taken"],
                         [[t["share"], t["p"], t["after"], t["drop"], "yes" if t["taken"] else "no"] for t in tries])]
    before, after = (metric.get("tables", {}).get(when, {}) for when in ("before", "after"))
    for title, table in before.items():
        columns = list(next(iter(table.values()), {}))
        rows = [[row, *(_change(row, column, table, after[title]) for column in columns)]
                for row in dict.fromkeys([*table, *after[title]])]
        parts += [f"<h3>{html.escape(title)}, before → after</h3>", _table(["", *columns], rows)]
    return "\n".join(parts)


def _compression(report):
    parts = ["<h1>Compression report</h1>"]
    if report.get("samples"):
        parts.append(f"<p><b>p = {kept(report):.4f}</b> of the parameters are left. Samples: "
                     + ", ".join(f"{count} to {part}" for part, count in report["samples"].items()) + ".</p>")
    if "metric" in report:
        parts.append(_metric(report["metric"]))
    if "models" in report:
        parts.append(_models(report["models"], report.get("timing")))
    if "outputs" in report:
        parts += ["<h2>Outputs, against the original</h2>", _outputs(report["outputs"])]
    parts += [_step(number, step) for number, step in enumerate(report.get("steps", []), 1)]
    parts += ["<h2>Recipe</h2>", f"<pre>{html.escape(json.dumps(report.get('recipe'), indent=1))}</pre>"]
    return parts


def _audit(report):
    verdict = report["verdict"]
    outputs = {f"{output['name']}: {output['verdict']}": output for output in report["outputs"]}
    parts = ["<h1>Audit</h1>", f"<p>{html.escape(report['second'])} against {html.escape(report['first'])}: "
             f'<b class="{verdict}">{verdict}</b></p>', _outputs(outputs)]
    layers = report.get("layers")
    if layers:
        def db(metrics):
            return "equal" if metrics["sqnr_db"] is None else round(metrics["sqnr_db"], 2)
        finite = [layer for layer in layers if layer["isolated"]["sqnr_db"] is not None]
        parts += ["<h2>Layers, the worst alone first</h2>", _curves(
            [("alone", [(i, layer["isolated"]["sqnr_db"]) for i, layer in enumerate(finite)]),
             ("in all", [(i, layer["cumulative"]["sqnr_db"]) for i, layer in enumerate(finite)
                         if layer["cumulative"]["sqnr_db"] is not None])] if finite else [], "layer", "SQNR dB"),
            _table(["layer", "alone dB", "in all dB", "cosine", "max error", ""],
                   [[layer["name"], db(layer["isolated"]), db(layer["cumulative"]), layer["cumulative"]["cosine"]["mean"],
                     layer["cumulative"]["max_abs"], ("sensitive", "warn") if layer["sensitive"] else ""]
                    for layer in layers])]
    if report.get("not_compared"):
        parts += ["<h2>Not compared</h2>", _table(["layer", "reason"], [
            [item["name"], (item["reason"], "reason")] for item in report["not_compared"]])]
    return parts


def render(report):
    """The page of what `compile --report`, compress() or `audit --report` wrote."""
    if "graphopt_report" in report:
        parts = _compression(report)
    elif "graphopt_audit" in report:
        parts = _audit(report)
    else:
        raise ValueError("neither a report of compression nor of an audit")
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>graphopt report</title>'
            f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n")
