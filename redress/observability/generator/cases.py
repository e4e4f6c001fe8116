"""What the rules and the panels must give for series that are known: the tests of promtool."""

from dataclasses import dataclass, field

from . import panels, rules


@dataclass
class Case:
    """Series by the minute, and what is to be seen at some minute."""

    what: str
    series: list
    # A time, a query, and samples: labels and a value.
    values: list = field(default_factory=list)
    # A time, an alert, and its instances: labels and the summary.
    alerts: list = field(default_factory=list)


def series(metric, /, **labels):
    """Writes a series of the job `shop`."""
    written = "".join(f',@{label}="{value}"' for label, value in labels.items())
    return f'{metric}{{job="shop"{written}}}'


def calls(operation, result, values, class_=""):
    return (series("redress_calls_total", operation=operation, result=result, **{"class": class_}), values)


def retries(operation, class_, values):
    return (series("redress_retries_total", operation=operation, cause="error", **{"class": class_}), values)


def retried(operation, values):
    return (series("redress_call_retries_count", operation=operation), values)


def delays(operation, values):
    return (series("redress_retry_delay_seconds_sum", operation=operation), values)


def state(breaker, which, values):
    return (series("redress_circuit_state", breaker=breaker, state=which), values)


def openings(breaker, values):
    return (series("redress_circuit_transitions_total", breaker=breaker, to="open"), values)


def bucket(metric, upper, values, **labels):
    name, rest = series(metric, **labels).split("{", 1)
    return (f'{name}_bucket{{le="{upper}",{rest}', values)


def of(summary, **labels):
    return ({"job": "shop"} | {f"@{label}": value for label, value in labels.items()}, summary)


def recorded(name, operation, value):
    return (f'{name}{{job="shop",@operation="{operation}"}}', value)


def panel(number, query=0):
    """Returns a query of a panel, rounded: promtool compares the last digit."""
    return f"round({panels.PANELS[number - 1][-1][query][1]}, 0.001)"


PAY = {"operation": "pay"}
ALL_QUIET = [(at, it["name"], []) for at in ("10m", "90m", "130m") for it in rules.ALERTS]

CASES = [
    Case(
        "The panels. Of 940 calls a minute 600 succeed at once, 120 after a retry, 40 fail after one, 40 are "
        "dropped, and 140 are refused by a breaker that guards another operation.",
        [
            calls("pay", "success", "0+600x60"),
            calls("pay", "success_after_retry", "0+120x60"),
            calls("pay", "max_attempts_exceeded", "0+40x60", "TRANSIENT"),
            calls("pay", "cancelled", "0+40x60"),
            calls("load", "circuit_rejected", "0+140x60"),
            retries("pay", "TRANSIENT", "0+120x60"),
            retries("pay", "RATE_LIMIT", "0+40x60"),
            retried("pay", "0+160x60"),
            bucket("redress_call_retries", "1", "0+160x60", operation="pay"),
            bucket("redress_call_retries", "+Inf", "0+160x60", operation="pay"),
            delays("pay", "0+24x60"),
            bucket("redress_call_duration_seconds", "0.1", "0+400x60", operation="pay", result="success"),
            bucket("redress_call_duration_seconds", "1", "0+800x60", operation="pay", result="success"),
            bucket("redress_call_duration_seconds", "+Inf", "0+800x60", operation="pay", result="success"),
            bucket("redress_attempt_duration_seconds", "0.1", "0+960x60", operation="pay", result="success"),
            bucket("redress_attempt_duration_seconds", "+Inf", "0+960x60", operation="pay", result="success"),
            state("db", "closed", "0x60"),
            state("db", "half_open", "0x60"),
            state("db", "open", "1x60"),
            state("cache", "closed", "0x60"),
            state("cache", "half_open", "1x60"),
            state("cache", "open", "0x60"),
            openings("db", "0x29 1x31"),
        ],
        [
            ("30m", panel(1, 0), [("{}", 0.8)]),
            ("30m", panel(1, 1), [("{}", 0.75)]),
            ("30m", panel(2), [('{@operation="pay"}', 1.2), ('{@operation="load"}', 1)]),
            (
                "30m",
                panel(3),
                [
                    ('{@result="success"}', 10),
                    ('{@result="success_after_retry"}', 2),
                    ('{@result="max_attempts_exceeded"}', 0.667),
                    ('{@result="cancelled"}', 0.667),
                    ('{@result="circuit_rejected"}', 2.333),
                ],
            ),
            ("30m", panel(4), [('{@class="TRANSIENT"}', 2), ('{@class="RATE_LIMIT"}', 0.667)]),
            (
                "30m",
                panel(5),
                [
                    ('{@result="max_attempts_exceeded",@class="TRANSIENT"}', 0.667),
                    ('{@result="circuit_rejected"}', 2.333),
                ],
            ),
            ("30m", panel(6), [('{@operation="pay"}', 0.75)]),
            ("30m", panel(7, 0), [("{}", 0.1)]),
            ("30m", panel(7, 1), [("{}", 0.91)]),
            ("30m", panel(7, 2), [("{}", 0.982)]),
            ("30m", panel(7, 3), [("{}", 0.099)]),
            ("30m", panel(8), [('{@operation="pay"}', 0.4)]),
            ("30m", panel(9), [('{le="1"}', 800), ('{le="+Inf"}', 800)]),
            ("30m", panel(10), [('{@breaker="db"}', 2), ('{@breaker="cache"}', 1)]),
            ("30m", panels.OPENINGS, [('{@breaker="db"}', 1)]),
            ("40m", panels.OPENINGS, []),
        ],
    ),
    Case(
        "A retry storm that saves nothing: each of 60 calls a minute is retried twice and fails. No call was "
        "ever saved, so there is no series of such calls.",
        [
            calls("pay", "success", "0x60"),
            calls("pay", "max_attempts_exceeded", "0+60x60", "TRANSIENT"),
            retries("pay", "TRANSIENT", "0+120x60"),
            retried("pay", "0+60x60"),
        ],
        [
            ("20m", rules.RECORDED[2][0], [recorded("operation:redress_amplification:ratio5m", "pay", 3)]),
            ("20m", rules.RECORDED[4][0], [recorded("operation:redress_failures:ratio5m", "pay", 1)]),
            ("20m", rules.RECORDED[5][0], [recorded("operation:redress_actual_success:ratio5m", "pay", 0)]),
            ("20m", rules.RECORDED[7][0], [recorded("operation:redress_rescued:ratio15m", "pay", 0)]),
        ],
        [
            ("4m", "RedressRetryStorm", []),
            ("20m", "RedressRetryStorm", [of("pay: 3 attempts for each call", **PAY)]),
            ("20m", "RedressCallsFail", [of("pay: 100% of calls fail after all retries", **PAY)]),
            (
                "40m",
                "RedressRetriesDoNotHelp",
                [of("pay: retries save 0% of the calls that are retried", **PAY)],
            ),
            ("20m", "RedressFailuresHidden", []),
        ],
    ),
    Case(
        "Healthy: 1% of the calls are saved by a retry. Nothing fires.",
        [
            calls("get", "success", "0+5940x150"),
            calls("get", "success_after_retry", "0+60x150"),
            retries("get", "RATE_LIMIT", "0+60x150"),
            retried("get", "0+60x150"),
            delays("get", "0+15x150"),
            state("db", "closed", "1x150"),
            state("db", "half_open", "0x150"),
            state("db", "open", "0x150"),
        ],
        [
            ("30m", rules.RECORDED[2][0], [recorded("operation:redress_amplification:ratio5m", "get", 1.01)]),
            ("30m", rules.RECORDED[4][0], [recorded("operation:redress_failures:ratio5m", "get", 0)]),
            ("30m", rules.RECORDED[7][0], [recorded("operation:redress_rescued:ratio15m", "get", 1)]),
            ("30m", rules.RECORDED[6][0], [recorded("operation:redress_waiting_calls:mean5m", "get", 0.25)]),
        ],
        ALL_QUIET,
    ),
    Case(
        "No retry was ever made, so there are no series of retries. Nothing fires.",
        [calls("get", "success", "0+600x150")],
        [("30m", rules.RECORDED[2][0], [recorded("operation:redress_amplification:ratio5m", "get", 1)])],
        ALL_QUIET,
    ),
    Case(
        "There are no calls any more. Nothing fires, and nothing is divided by zero.",
        [calls("get", "success", "7x150"), retries("get", "TRANSIENT", "3x150"), retried("get", "3x150")],
        [
            ("30m", rules.RECORDED[2][0], []),
            ("30m", rules.RECORDED[4][0], []),
            ("30m", rules.RECORDED[5][0], []),
            ("30m", rules.RECORDED[7][0], []),
        ],
        ALL_QUIET,
    ),
    Case(
        "Nearly too much of everything: 4% fail, 1.15 attempts for each call, a quarter of the retried calls is "
        "saved, 0.9% run into their deadline, nine calls wait, 40% of the failures are UNKNOWN, two openings. "
        "Nothing fires.",
        [
            calls("pay", "success", "0+9500x150"),
            calls("pay", "success_after_retry", "0+100x150"),
            calls("pay", "permanent_fail", "0+70x150", "PERMANENT"),
            calls("pay", "deadline_exceeded", "0+90x150", "TRANSIENT"),
            calls("pay", "max_attempts_exceeded", "0+80x150", "SERVER_ERROR"),
            calls("pay", "max_unknown_attempts_exceeded", "0+160x150", "UNKNOWN"),
            retries("pay", "TRANSIENT", "0+1500x150"),
            retried("pay", "0+400x150"),
            delays("pay", "0+540x150"),
            openings("db", "0x20 1x4 2x126"),
        ],
        [],
        ALL_QUIET,
    ),
    Case(
        "What has not lasted: a budget that refuses for two minutes, a breaker that is open for one, "
        "credentials that fail once.",
        [
            calls("pay", "budget_exhausted", "0x10 6 12 12x60", "TRANSIENT"),
            calls("pay", "permanent_fail", "0x10 1x60", "AUTH"),
            calls("pay", "success", "0+6000x72"),
            state("db", "open", "0x10 1x1 0x60"),
        ],
        [],
        [
            ("12m", "RedressBudgetExhausted", []),
            ("14m", "RedressBudgetExhausted", []),
            ("30m", "RedressBudgetExhausted", []),
            ("12m", "RedressCredentials", []),
            ("30m", "RedressCredentials", []),
            ("12m", "RedressCircuitOpen", []),
            ("30m", "RedressCircuitOpen", []),
        ],
    ),
    Case(
        "What callers do not notice yet: 15% of the calls are saved by a retry.",
        [
            calls("get", "success", "0+850x60"),
            calls("get", "success_after_retry", "0+150x60"),
            retries("get", "SERVER_ERROR", "0+150x60"),
            retried("get", "0+150x60"),
        ],
        [],
        [
            (
                "30m",
                "RedressFailuresHidden",
                [of("get: only 86.96% of attempts succeed, which callers do not notice yet", operation="get")],
            ),
            ("30m", "RedressRetryStorm", []),
            ("30m", "RedressCallsFail", []),
        ],
    ),
    Case(
        "Calls that were aborted, deferred or dropped are not failures.",
        [
            calls("pay", "success", "0+60x60"),
            calls("pay", "aborted", "0+60x60"),
            calls("pay", "cancelled", "0+60x60"),
            calls("pay", "scheduled", "0+60x60", "RATE_LIMIT"),
        ],
        [("30m", rules.RECORDED[4][0], [recorded("operation:redress_failures:ratio5m", "pay", 0)])],
        [("30m", "RedressCallsFail", [])],
    ),
    Case(
        "A slow other side: 2% of 100 calls a second run into their deadline, and 150 calls wait.",
        [
            calls("pay", "success", "0+5880x60"),
            calls("pay", "deadline_exceeded", "0+120x60", "TRANSIENT"),
            delays("pay", "0+9000x60"),
        ],
        [],
        [
            ("40m", "RedressDeadlineExceeded", [of("pay: 2% of calls run into their deadline", **PAY)]),
            ("40m", "RedressCallsWait", [of("pay: 150 calls are waiting to try again", **PAY)]),
        ],
    ),
    Case(
        "Many calls wait, each for a moment.",
        [calls("pay", "success", "0+6000x60"), delays("pay", "0+3000x60")],
        [],
        [("40m", "RedressCallsWait", [])],
    ),
    Case(
        "A breaker that is open, one that flaps, a budget that refuses, credentials that are refused.",
        [
            state("db", "open", "0x5 1x60"),
            openings("cache", "0+1x60"),
            calls("pay", "budget_exhausted", "0+6x60", "TRANSIENT"),
            calls("pay", "permanent_fail", "0+1x60", "AUTH"),
        ],
        [],
        [
            ("10m", "RedressCircuitOpen", [of("breaker db refuses calls", breaker="db")]),
            (
                "30m",
                "RedressCircuitFlaps",
                [of("breaker cache has opened 15 times in 15 minutes", breaker="cache")],
            ),
            ("30m", "RedressBudgetExhausted", [of("pay: the retry budget refuses retries", **PAY)]),
            (
                "30m",
                "RedressCredentials",
                [of("pay: AUTH failures: credentials or rights", **PAY, **{"class": "AUTH"})],
            ),
        ],
    ),
    Case(
        "What a program must mend: errors that are not classified, a class without a strategy, attempts that "
        "hang, panics, names that differ with each call.",
        [
            calls("pay", "max_unknown_attempts_exceeded", "0+9x150", "UNKNOWN"),
            calls("pay", "no_strategy_configured", "0+1x150", "CONCURRENCY"),
            calls("pay", "no_thread", "0+1x150", "TRANSIENT"),
            calls("pay", "panicked", "0+1x150"),
            calls("other", "success", "0+9x150"),
        ],
        [],
        [
            (
                "130m",
                "RedressUnknownFailures",
                [of("pay: 81.82% of its failures are UNKNOWN", **PAY)],
            ),
            (
                "130m",
                "RedressNoStrategy",
                [of("pay: there is no strategy for CONCURRENCY", **PAY, **{"class": "CONCURRENCY"})],
            ),
            (
                "130m",
                "RedressNoThread",
                [of("pay: abandoned attempts hold all detached threads", **PAY)],
            ),
            ("130m", "RedressPanics", [of("pay: calls panic", **PAY)]),
            ("130m", "RedressTooManyOperations", [of("shop has more than 200 names of operations")]),
        ],
    ),
]
