"""Checks what `bench --json` and `--trace` wrote of profile.onnxtxt."""
import json
import sys


def check_counts(file):
    profile = json.load(open(file))["profile"]
    calls = {tuple(call["nodes"]): call for call in profile["calls"]}
    first, second = calls["first", "bias", "relu"], calls["second", "tanh"]
    # A product, a sum and a maximum for each value; two products with tanh.
    assert (first["calls"], first["operations"]) == (1, 64 * 32 * (2 * 16 + 2)), first
    assert (second["calls"], second["operations"]) == (3, 3 * 64 * 32 * (2 * 32 + 1)), second
    assert first["bytes"] == 4 * (64 * 16 + 16 * 32 + 32 + 64 * 32), first
    assert second["bytes"] == 3 * 4 * (64 * 32 + 32 * 32 + 64 * 32), second
    assert abs(first["gflops"] * first["ms"] * 1e6 / first["operations"] - 1) < 1e-9
    total = sum(call["ms"] for call in profile["calls"]) + profile["unattributed_ms"]
    assert abs(total / profile["run_ms"] - 1) < 1e-9, profile
    assert all(0 < call["ms"] <= call["median_ms"] for call in profile["calls"]), profile
    assert profile["peak_gflops"] > 1, profile


def check_trace(one_thread, two_threads):
    events = json.load(open(one_thread))["traceEvents"]
    names = [event["name"] for event in events if event["cat"] == "call"]
    assert names.count("first") == 1 and names.count("second") == 3, names
    assert names.index("first") < names.index("second"), names
    assert {event["tid"] for event in events} == {0}, events
    events = json.load(open(two_threads))["traceEvents"]
    assert {event["tid"] for event in events if event["cat"] == "call"} == {0}, events
    parts = [event for event in events if event["cat"] == "part"]
    assert parts and {event["tid"] for event in parts} <= {0, 1}, events
    for part in parts:  # within a call of the same name
        assert any(call["cat"] == "call" and call["name"] == part["name"]
                   and call["ts"] <= part["ts"]
                   and part["ts"] + part["dur"] <= call["ts"] + call["dur"] + 0.001
                   for call in events), part


{"counts": check_counts, "trace": check_trace}[sys.argv[1]](*sys.argv[2:])
