"""The ten panels of the dashboard: what each asks, and how it is to be read."""

from .tables import results

# What the chosen programs and operations do, per second.
CHOSEN = 'job=~"$job",@operation=~"$operation"'


def per_second(series, matchers="", by=""):
    """Returns how fast a series rises, summed up."""
    selected = CHOSEN + ("," + matchers if matchers else "")
    rate = f"(rate({series}{{{selected}}}[$__rate_interval]))"
    return f"sum by ({by}) {rate}" if by else f"sum{rate}"


CALLS = "redress_calls_total"
RETRIES = "redress_retries_total"
SUCCEEDED = f'@result=~"{results("success")}"'
FAILED = f'@result=~"{results("failure")}"'
# A call that was aborted, deferred or dropped says nothing about the other side.
JUDGED = f'@result!~"{results("neither")}"'
SAVED = '@result="success_after_retry"'
RETRIED = per_second("redress_call_retries_count", by="@operation")
MADE_AN_ATTEMPT = '@result!~"circuit_rejected|no_thread"'


def quantile(share, series):
    return f"histogram_quantile({share}, {per_second(series, by='le')})"


# A title, a kind, a unit, how to read it, and queries, each with the name of its lines.
PANELS = [
    (
        "Effective and actual success",
        "timeseries",
        "percentunit",
        "Effective: of the calls, as callers see it. Actual: of the attempts, as the other side sees it. "
        "Where they part, retries hide failures.",
        [
            ("effective", f"({per_second(CALLS, SUCCEEDED)} or vector(0)) / {per_second(CALLS, JUDGED)}"),
            (
                "actual",
                f"({per_second(CALLS, SUCCEEDED)} or vector(0))"
                f" / ({per_second(CALLS, MADE_AN_ATTEMPT)} + ({per_second(RETRIES)} or vector(0)))",
            ),
        ],
    ),
    (
        "Attempts for each call",
        "timeseries",
        "short",
        "1: no retries. Above 1.2 for long: retries are a part of the load.",
        [
            (
                "{{@operation}}",
                f"1 + ({per_second(RETRIES, by='@operation')} or 0 * {per_second(CALLS, by='@operation')})"
                f" / ({per_second(CALLS, by='@operation')} > 0)",
            )
        ],
    ),
    (
        "Calls",
        "timeseries",
        "reqps",
        "By how they ended.",
        [("{{@result}}", per_second(CALLS, by="@result"))],
    ),
    (
        "Retries",
        "timeseries",
        "reqps",
        "By the class of the failure before.",
        [("{{@class}}", per_second(RETRIES, by="@class"))],
    ),
    (
        "Calls that stopped",
        "timeseries",
        "reqps",
        "Why, and with which failure.",
        [("{{@result}} {{@class}}", per_second(CALLS, FAILED, by="@result, @class"))],
    ),
    (
        "Saved by retries",
        "timeseries",
        "percentunit",
        "Of the calls that were retried, those that succeeded.",
        [
            (
                "{{@operation}}",
                f"({per_second(CALLS, SAVED, by='@operation')} or 0 * {RETRIED}) / ({RETRIED} > 0)",
            )
        ],
    ),
    (
        "How long calls and attempts take",
        "timeseries",
        "s",
        "A call has its attempts and its delays. Needs durations, which are recorded on request.",
        [
            ("call p50", quantile("0.50", "redress_call_duration_seconds_bucket")),
            ("call p95", quantile("0.95", "redress_call_duration_seconds_bucket")),
            ("call p99", quantile("0.99", "redress_call_duration_seconds_bucket")),
            ("attempt p99", quantile("0.99", "redress_attempt_duration_seconds_bucket")),
        ],
    ),
    (
        "Calls that wait",
        "timeseries",
        "short",
        "How many calls are in a delay on average: seconds of delay for each second.",
        [("{{@operation}}", per_second("redress_retry_delay_seconds_sum", by="@operation"))],
    ),
    (
        "Retries of a retried call",
        "heatmap",
        "short",
        "How often calls were retried that were retried at all.",
        [
            (
                "{{le}}",
                f"sum by (le) (increase(redress_call_retries_bucket{{{CHOSEN}}}[$__rate_interval]))",
            )
        ],
    ),
    (
        "Circuit breakers",
        "state-timeline",
        "short",
        "What each named breaker does. With several processes, the worst of them.",
        [
            (
                "{{@breaker}}",
                "max by (@breaker) ("
                'redress_circuit_state{job=~"$job",@state="half_open"}'
                " + ignoring (@state) "
                '(2 * redress_circuit_state{job=~"$job",@state="open"}))',
            )
        ],
    ),
]

OPENINGS = (
    'sum by (@breaker) (increase(redress_circuit_transitions_total{job=~"$job",@to="open"}[1m])) > 0'
)
