"""The dashboard as Grafana reads it."""

from . import panels
from .queries import written

SOURCE = {"type": "prometheus", "uid": "${datasource}"}

# What the panel of the breakers shows for the numbers of its query.
STATES = [("0", "closed", "green"), ("1", "half-open", "yellow"), ("2", "open", "red")]


def target(number, kind, legend, query, dialect):
    found = {
        "refId": chr(ord("A") + number),
        "datasource": SOURCE,
        "expr": written(query, dialect),
        "legendFormat": written(legend, dialect),
        "editorMode": "code",
        "range": True,
    }
    return found | ({"format": "heatmap"} if kind == "heatmap" else {})


def panel(number, title, kind, unit, description, queries, dialect):
    defaults = {"unit": unit, "min": 0}
    if unit == "percentunit":
        defaults["max"] = 1
    options = {}
    if kind == "timeseries":
        options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    if kind == "state-timeline":
        shown = {value: {"text": text, "color": color} for value, text, color in STATES}
        defaults["mappings"] = [{"type": "value", "options": shown}]
        options = {"mergeValues": True, "showValue": "auto"}
    return {
        "id": number + 1,
        "title": title,
        "type": kind,
        "description": description,
        "datasource": SOURCE,
        "gridPos": {"h": 8, "w": 12, "x": 12 * (number % 2), "y": 8 * (number // 2)},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [target(n, kind, *query, dialect) for n, query in enumerate(queries)],
    }


def variable(name, query):
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def dashboard(title, uid, dialect):
    operations = written('label_values(redress_calls_total{job=~"$job"}, @operation)', dialect)
    return {
        "title": title,
        "uid": uid,
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "tags": ["redress", "retries"],
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus", "current": {}},
                variable("job", "label_values(redress_calls_total, job)"),
                variable("operation", operations),
            ]
        },
        "annotations": {
            "list": [
                {
                    "name": "Breaker opens",
                    "datasource": SOURCE,
                    "enable": True,
                    "iconColor": "red",
                    "expr": written(panels.OPENINGS, dialect),
                    "titleFormat": written("{{@breaker}} opens", dialect),
                }
            ]
        },
        "panels": [panel(n, *it, dialect) for n, it in enumerate(panels.PANELS)],
    }
