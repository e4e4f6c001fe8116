"""The tables of names, read and checked: metrics.tsv, labels.tsv, results.tsv."""

import pathlib

HOME = pathlib.Path(__file__).resolve().parent.parent

# What a unit adds to a name on the way from OpenTelemetry to Prometheus. Braces add nothing.
SUFFIX_OF_UNIT = {"s": "_seconds"}


def rows(name):
    """Reads a table as dictionaries. A dash is an empty field."""
    head, *lines = (HOME / name).read_text().splitlines()
    columns = head.split("\t")
    table = []
    for number, line in enumerate(lines, 2):
        fields = line.split("\t")
        assert len(fields) == len(columns), f"{name}:{number}: {len(fields)} fields, not {len(columns)}"
        table.append(dict(zip(columns, ("" if field == "-" else field for field in fields))))
    return table


def listed(field):
    return field.split(",") if field else []


METRICS = {row["name"]: row for row in rows("metrics.tsv")}
LABELS = rows("labels.tsv")
RESULTS = rows("results.tsv")


def results(counts_as):
    """Returns the results that count as success, failure or neither, as an alternative of a pattern."""
    return "|".join(row["result"] for row in RESULTS if row["counts_as"] == counts_as)


def values(label, metric):
    """Returns the values that a label of a metric has; `None` if they are names that users give."""
    row, = (row for row in LABELS if row["label"] == label and row["only_in"] in ("", metric))
    if row["values"] == "name":
        return None
    if row["values"] == "results.tsv":
        return [row["result"] for row in RESULTS]
    return listed(row["values"])


def prometheus_name(otel):
    """Writes a name of OpenTelemetry's as Prometheus does."""
    return otel.replace(".", "_")


def series(name):
    """Returns the names that the series of a metric have in Prometheus."""
    if METRICS[name]["type"] == "histogram":
        return [f"{name}_bucket", f"{name}_sum", f"{name}_count"]
    return [name]


def check():
    """Lists what is wrong with the tables."""
    wrong = []
    for name, row in METRICS.items():
        translated = prometheus_name(row["otel"]) + SUFFIX_OF_UNIT.get(row["unit"], "")
        translated += "_total" if row["type"] == "counter" else ""
        if name != translated:
            wrong.append(f"metrics.tsv: {row['otel']} in {row['unit']} becomes {translated}, not {name}")
        if (row["type"] == "histogram") != bool(row["buckets"]):
            wrong.append(f"metrics.tsv: {name}: a histogram has buckets, and nothing else has")
        bounds = [float(bound) for bound in listed(row["buckets"])]
        if bounds != sorted(set(bounds)):
            wrong.append(f"metrics.tsv: {name}: the buckets do not rise")
        if not row["help"].endswith("."):
            wrong.append(f"metrics.tsv: {name}: the help is not a sentence")
        for label in listed(row["labels"]):
            found = [row for row in LABELS if row["label"] == label and row["only_in"] in ("", name)]
            if len(found) != 1:
                wrong.append(f"labels.tsv: {len(found)} rows for {label} of {name}")
    for row in LABELS:
        if row["only_in"] and row["label"] not in listed(METRICS[row["only_in"]]["labels"]):
            wrong.append(f"labels.tsv: {row['only_in']} has no {row['label']}")
    for row in RESULTS:
        if row["counts_as"] not in ("success", "failure", "neither"):
            wrong.append(f"results.tsv: {row['result']} counts as {row['counts_as']}")
    return wrong
