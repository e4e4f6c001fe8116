"""Rules and their tests as Prometheus reads them."""

import json

from . import panels, rules
from .queries import written

HEAD = "# Written by `generate`, which lies beside this file: change it there.\n"


def query(text, indent):
    """Writes a query: on its own line if it has several."""
    if "\n" not in text:
        return text
    return "|\n" + "\n".join(f"{' ' * indent}{line}" for line in text.split("\n"))


def rule_file(dialect):
    lines = ["groups:", "  - name: redress.record", "    rules:"]
    for name, what, text in rules.RECORDED:
        lines += [f"      # {what}", f"      - record: {name}"]
        lines += [f"        expr: {query(written(text, dialect), 10)}"]
    lines += ["", "  - name: redress.alert", "    rules:"]
    for it in rules.ALERTS:
        lines += [f"      - alert: {it['name']}", f"        expr: {query(written(it['expr'], dialect), 10)}"]
        if it["for"]:
            lines.append(f"        for: {it['for']}")
        lines += [
            f"        labels: {{severity: {it['severity']}}}",
            "        annotations:",
            f"          summary: {json.dumps(written(it['summary'], dialect))}",
            f"          description: {json.dumps(it['description'])}",
        ]
    return HEAD + "\n".join(lines) + "\n"


def settled(text):
    """Puts values in the place of the dashboard's variables."""
    return text.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$operation", ".*")


def dashboards_as_rules(dialects):
    """Writes the dashboards' queries as rules, so that promtool can check them."""
    lines = ["groups:"]
    for dialect_name, dialect in dialects.items():
        lines += [f"  - name: {dialect_name}", "    rules:"]
        found = [
            (f"panel{number}:{part}", text)
            for number, panel in enumerate(panels.PANELS, 1)
            for part, (_, text) in enumerate(panel[-1], 1)
        ]
        for name, text in [*found, ("annotation:1", panels.OPENINGS)]:
            lines += [f"      - record: {dialect_name}:{name}", f"        expr: {settled(written(text, dialect))}"]
    return HEAD + "\n".join(lines) + "\n"


def test_file(rule_file_name, cases, dialect):
    lines = [f"rule_files: [{rule_file_name}]", "evaluation_interval: 1m", "tests:"]
    for case in cases:
        lines += [f"  # {case.what}", "  - interval: 1m", "    input_series:"]
        for series, values in case.series:
            lines += [f"      - series: {written(series, dialect)}", f"        values: {json.dumps(values)}"]
        if case.values:
            lines.append("    promql_expr_test:")
        for at, text, samples in case.values:
            lines += [
                f"      - expr: {query(settled(written(text, dialect)), 10)}",
                f"        eval_time: {at}",
                "        exp_samples:" + ("" if samples else " []"),
            ]
            for labels, value in samples:
                # A query without labels gives a sample without any.
                lines.append(f"          - labels: {json.dumps(written(labels, dialect))}")
                lines.append(f"            value: {value}")
        if case.alerts:
            lines.append("    alert_rule_test:")
        for at, name, firing in case.alerts:
            it, = (it for it in rules.ALERTS if it["name"] == name)
            lines += [f"      - eval_time: {at}", f"        alertname: {name}"]
            lines.append("        exp_alerts:" + ("" if firing else " []"))
            for labels, summary in firing:
                pairs = {"severity": it["severity"]} | {written(k, dialect): v for k, v in labels.items()}
                lines += [
                    f"          - exp_labels: {json.dumps(pairs)}",
                    "            exp_annotations:",
                    f"              summary: {json.dumps(summary)}",
                    f"              description: {json.dumps(it['description'])}",
                ]
    return HEAD + "\n".join(lines) + "\n"
