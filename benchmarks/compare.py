"""Prints what compare.sh kept as Markdown tables: the medians of all repetitions, and how they relate to the peers'."""

import collections
import json
import statistics
import sys

PEERS = {"channel", "Go channel", "client-go", "encoding/json", "Utf8JsonReader"}

# The Go programs' names of figures, and ours.
NAMES = {"B_op": "bytes_op", "heap_B_obj": "retained_bytes_op"}

QUESTIONS = {
    "Add(fill)": "fill",
    "GetByKey": "get",
    "ByIndex(owner)": "byindex",
    "ByIndex(namespace)": "namespace",
    "ListAllByNamespace+selector": "namespaceselector",
    "ListAll+selector": "selector",
    "List() all": "all",
}

# Title, columns of the scenario, figures (heading, name, decimals) and ratios (heading, peer, figure).
TABLES = {
    "queue": (
        "Work queue",
        ["workload"],
        [("ns/key", "ns_op", 0), ("of which add", "add_ns_op", 0), ("CPU ns/key", "cpu_ns_op", 0), ("B/key", "bytes_op", 1),
         ("s in all", "wall_s", 2), ("late p50 ms", "late_p50_ms", 1), ("late p99 ms", "late_p99_ms", 1), ("peak MiB", "peak_rss_mib", 0)],
        [("x channel", "channel", "ns_op"), ("x client-go", "client-go", "ns_op"), ("CPU x client-go", "client-go", "cpu_ns_op")],
    ),
    "sync": (
        "Cold start of an informer",
        ["server", "form", "asked for as"],
        [("s", "handler_sync_s", 2), ("CPU s", "cpu_s", 2), ("B/object", "bytes_op", 0), ("retained B/object", "retained_bytes_op", 0),
         ("peak MiB", "peak_rss_mib", 0)],
        [("s x client-go", "client-go", "handler_sync_s"), ("CPU x", "client-go", "cpu_s"), ("retained x", "client-go", "retained_bytes_op"),
         ("peak x", "client-go", "peak_rss_mib")],
    ),
    "decode": (
        "Decoding (ratios of speed: more is better)",
        ["input", "form"],
        [("MB/s", "MB_s", 1), ("MB/s CPU", "MB_s_cpu", 1), ("B/object", "bytes_op", 0), ("kept B/object", "retained_bytes_op", 0)],
        [("x client-go", "client-go", "MB_s"), ("CPU x client-go", "client-go", "MB_s_cpu"), ("CPU x encoding/json", "encoding/json", "MB_s_cpu")],
    ),
    "watch": (
        "Watch (ratio of events/s: more is better)",
        ["form"],
        [("events/s", "events_s", 0), ("CPU µs/event", "cpu_us_event", 1), ("B/event", "bytes_event", 0), ("peak MiB", "peak_rss_mib", 0)],
        [("events/s x client-go", "client-go", "events_s"), ("CPU x", "client-go", "cpu_us_event"), ("B x", "client-go", "bytes_event")],
    ),
    "latency": (
        "Latency of a watch, from the server's stamp to the handler",
        ["form", "events"],
        [("p50 µs", "lat_p50_us", 0), ("p90 µs", "lat_p90_us", 0), ("p99 µs", "lat_p99_us", 0), ("CPU µs/event", "cpu_us_event", 1)],
        [("p50 x client-go", "client-go", "lat_p50_us"), ("p99 x", "client-go", "lat_p99_us"), ("CPU x", "client-go", "cpu_us_event")],
    ),
    "lookup": (
        "Look-ups",
        ["question", "readers", "writer"],
        [("ns", "reader_ns_op", 0), ("CPU ns", "cpu_ns_op", 0), ("B", "bytes_op", 0), ("objects", "items_op", 0), ("writes/s", "writes_s", 0)],
        [("x client-go", "client-go", "reader_ns_op"), ("CPU x", "client-go", "cpu_ns_op")],
    ),
    "patch": (
        "Controller: one patch of the status of each object",
        ["concurrency"],
        [("objects/s", "per_second", 0), ("CPU ms/object", "cpu_ms_op", 3), ("B/object", "bytes_op", 0), ("peak MiB", "peak_rss_mib", 0)],
        [],
    ),
    "change": (
        "Controller: from the sending of a change to its reconcile",
        ["changes"],
        [("p50 µs", "late_p50_us", 0), ("p99 µs", "late_p99_us", 0), ("CPU ms/change", "cpu_ms_op", 3), ("B/change", "bytes_op", 0)],
        [],
    ),
}


def read(path):
    """The runs of each table, by scenario and by who ran."""
    tables = {name: collections.defaultdict(lambda: collections.defaultdict(list)) for name in TABLES}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            table, scenario, who, text = line.rstrip("\n").split("\t")
            run = json.loads(text)
            run = {NAMES.get(name, name): value for name, value in run.items()}
            cells = tuple(scenario.split(", ")) if len(TABLES[table][1]) > 1 else (scenario,)
            if table == "queue":
                run["cpu_ns_op"] = run["cpu_s"] / run["wall_s"] * run["ns_op"] if run["wall_s"] else None
            if table == "decode":
                run.setdefault("MB_s_cpu", run["MB_s"] * run["wall_s"] / run["cpu_s"])
            if table == "watch":
                run.setdefault("bytes_event", run.get("bytes_op"))
            if table == "lookup":
                question = next((ours for theirs, ours in QUESTIONS.items() if run["op"].startswith(theirs)), run["op"])
                run.setdefault("reader_ns_op", run.get("ns_op"))
                run.setdefault("cpu_ns_op", run.get("cpu_s", 0) * 1e9 / run["n"])
                cells = (question, "", "") if question == "fill" else (question, *cells)
            tables[table][cells][who].append(run)
    return tables


def median(runs, figure):
    values = [run[figure] for run in runs if run.get(figure) is not None]
    return statistics.median(values) if values else None


def show(value, decimals):
    return "" if value is None else f"{value:,.{decimals}f}"


def ratio(scenario, who, peer, figure):
    ours, theirs = median(scenario[who], figure), median(scenario[peer], figure) if peer in scenario else None
    return f"{ours / theirs:.2f}" if who not in PEERS and ours is not None and theirs else ""


def main():
    for name, scenarios in read(sys.argv[1]).items():
        if not scenarios:
            continue
        title, columns, figures, ratios = TABLES[name]
        print(f"\n{title}\n")
        print("| " + " | ".join([*columns, "who", *(f[0] for f in figures), *(r[0] for r in ratios)]) + " |")
        print("|" + "---|" * (len(columns) + 1 + len(figures) + len(ratios)))
        for cells, scenario in scenarios.items():
            for who, runs in scenario.items():
                row = [*cells, who, *(show(median(runs, figure), decimals) for _, figure, decimals in figures)]
                row += [ratio(scenario, who, peer, figure) for _, peer, figure in ratios]
                print("| " + " | ".join(row) + " |")


main()
