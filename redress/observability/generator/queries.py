"""Queries, written with `@label` for a label: one text for both dialects.

Prometheus' own clients write labels as they are in labels.tsv. What comes from OpenTelemetry has its names
there, with underscores for dots.
"""

import re

from . import tables

OTEL = {row["label"]: tables.prometheus_name(row["otel"]) for row in tables.LABELS}
PROMETHEUS = {label: label for label in OTEL}

SELECTOR = re.compile(r"(?<![\w:$])(redress_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'\s*(@?\w+)(=~|!~|!=|=)"([^"]*)"\s*')


def written(text, dialect):
    """Writes the labels of a text in a dialect."""
    return re.sub(r"@(\w+)", lambda found: dialect[found[1]], text)


def check(query):
    """Lists what a query asks for that the tables do not have."""
    wrong = []
    known = {series: name for name in tables.METRICS for series in tables.series(name)}
    for series, matchers in SELECTOR.findall(query):
        metric = known.get(series)
        if metric is None:
            wrong.append(f"there is no {series}")
            continue
        labels = tables.listed(tables.METRICS[metric]["labels"])
        for label, how, value in MATCHER.findall(matchers):
            if not label.startswith("@"):
                continue
            if label[1:] not in labels:
                wrong.append(f"{metric} has no label {label[1:]}")
                continue
            values = tables.values(label[1:], metric)
            if values is None or value.startswith("$") or not value:
                continue
            for one in value.split("|") if "~" in how else [value]:
                if one not in values:
                    wrong.append(f"{label[1:]} of {metric} is never {one}")
    for label in re.findall(r"@(\w+)", query):
        if label not in PROMETHEUS:
            wrong.append(f"there is no label {label}")
    return [f"{it}, in: {query}" for it in wrong]


def check_itself():
    """Finds what it is for."""
    assert not check('sum by (@operation) (rate(redress_calls_total{@result="success"}[5m]))')
    assert not check('redress_calls_total{@operation=~"$operation",job="x",@class=""}')
    assert not check("operation:redress_made_up:ratio5m > 1")
    for wrong in [
        "rate(redress_call_total[5m])",
        "redress_call_retries",
        'redress_retries_total{@result="success"}',
        'redress_calls_total{@result="succeeded"}',
        'redress_calls_total{@result=~"success|succeeded"}',
        'redress_call_duration_seconds_sum{@result="aborted"}',
        "sum by (@operatoin) (redress_retries_total)",
    ]:
        assert check(wrong), wrong
    assert written("sum by (job, @class) (x)", OTEL) == "sum by (job, error_type) (x)"
