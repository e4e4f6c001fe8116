"""The recording and alert rules."""

from .tables import results

SUCCESS, FAILURE, NEITHER = results("success"), results("failure"), results("neither")

# A name, what it is, and its query.
RECORDED = [
    (
        "operation:redress_calls:rate5m",
        "Calls that ended, per second.",
        "sum by (job, @operation) (rate(redress_calls_total[5m]))",
    ),
    (
        "operation:redress_retries:rate5m",
        "Retries per second; 0 where nothing was ever retried.",
        "sum by (job, @operation) (rate(redress_retries_total[5m]))\n"
        "or 0 * operation:redress_calls:rate5m",
    ),
    (
        "operation:redress_amplification:ratio5m",
        "Attempts for each call, as the other side gets them. 1 means no retries.",
        "1 + operation:redress_retries:rate5m / (operation:redress_calls:rate5m > 0)",
    ),
    (
        "operation:redress_successes:rate5m",
        "Calls that succeeded, per second.",
        f'sum by (job, @operation) (rate(redress_calls_total{{@result=~"{SUCCESS}"}}[5m]))\n'
        "or 0 * operation:redress_calls:rate5m",
    ),
    (
        "operation:redress_failures:ratio5m",
        "The share of calls that failed, as callers see it. Those that were aborted, deferred or dropped do "
        "not count.",
        "(\n"
        f'  sum by (job, @operation) (rate(redress_calls_total{{@result=~"{FAILURE}"}}[5m]))\n'
        "  or 0 * operation:redress_calls:rate5m\n"
        ")\n"
        f'/ (sum by (job, @operation) (rate(redress_calls_total{{@result!~"{NEITHER}"}}[5m])) > 0)',
    ),
    (
        "operation:redress_actual_success:ratio5m",
        "The share of attempts that succeeded, as the other side sees it. A call that was refused made none.",
        "operation:redress_successes:rate5m\n"
        "/ (\n"
        '  sum by (job, @operation) (rate(redress_calls_total{@result!~"circuit_rejected|no_thread"}[5m]))\n'
        "  + operation:redress_retries:rate5m > 0\n"
        ")",
    ),
    (
        "operation:redress_waiting_calls:mean5m",
        "How many calls are in a delay on average.",
        "sum by (job, @operation) (rate(redress_retry_delay_seconds_sum[5m]))",
    ),
    (
        "operation:redress_rescued:ratio15m",
        "Of the calls that were retried, the share that succeeded.",
        "(\n"
        '  sum by (job, @operation) (rate(redress_calls_total{@result="success_after_retry"}[15m]))\n'
        "  or 0 * sum by (job, @operation) (rate(redress_call_retries_count[15m]))\n"
        ")\n"
        "/ (sum by (job, @operation) (rate(redress_call_retries_count[15m])) > 0)",
    ),
]


def alert(name, severity, wait, expression, summary, description):
    return {
        "name": name,
        "severity": severity,
        "for": wait,
        "expr": expression,
        "summary": summary,
        "description": description,
    }


ALERTS = [
    alert(
        "RedressCallsFail",
        "critical",
        "5m",
        "operation:redress_failures:ratio5m > 0.05\n"
        "and on (job, @operation) operation:redress_calls:rate5m > 0.1",
        "{{ $labels.@operation }}: {{ $value | humanizePercentage }} of calls fail after all retries",
        "Callers see these failures. The panel of the calls that stopped has the reason and the class.",
    ),
    alert(
        "RedressRetryStorm",
        "warning",
        "5m",
        "operation:redress_amplification:ratio5m > 1.2\n"
        "and on (job, @operation) operation:redress_retries:rate5m > 1",
        "{{ $labels.@operation }}: {{ $value | humanize }} attempts for each call",
        "For five minutes more than a sixth of the load has been retries. Is there a budget? "
        "Policy::recommended() has one.",
    ),
    alert(
        "RedressFailuresHidden",
        "warning",
        "10m",
        "operation:redress_actual_success:ratio5m < 0.9\n"
        "and on (job, @operation) operation:redress_failures:ratio5m < 0.01\n"
        "and on (job, @operation) operation:redress_calls:rate5m > 0.1",
        "{{ $labels.@operation }}: only {{ $value | humanizePercentage }} of attempts succeed, which callers do "
        "not notice yet",
        "Retries hide the failures of the other side. Look at it before it has more of them.",
    ),
    alert(
        "RedressRetriesDoNotHelp",
        "warning",
        "15m",
        "operation:redress_rescued:ratio15m < 0.2\n"
        "and on (job, @operation) operation:redress_retries:rate5m > 0.1",
        "{{ $labels.@operation }}: retries save {{ $value | humanizePercentage }} of the calls that are retried",
        "Most calls that are retried fail all the same: an outage, or a class that should not be retried.",
    ),
    alert(
        "RedressDeadlineExceeded",
        "warning",
        "10m",
        'sum by (job, @operation) (rate(redress_calls_total{@result="deadline_exceeded"}[5m]))\n'
        "/ (operation:redress_calls:rate5m > 0) > 0.01",
        "{{ $labels.@operation }}: {{ $value | humanizePercentage }} of calls run into their deadline",
        "The other side has become slower, or says to come back later than the deadline allows.",
    ),
    alert(
        "RedressCallsWait",
        "warning",
        "5m",
        "operation:redress_waiting_calls:mean5m > 10\n"
        "and on (job, @operation) operation:redress_waiting_calls:mean5m > operation:redress_calls:rate5m",
        "{{ $labels.@operation }}: {{ $value | humanize }} calls are waiting to try again",
        "On average a call spends more than a second in delays, and holds all that while what its caller holds.",
    ),
    alert(
        "RedressBudgetExhausted",
        "warning",
        "5m",
        'sum by (job, @operation) (rate(redress_calls_total{@result="budget_exhausted"}[5m])) > 0',
        "{{ $labels.@operation }}: the retry budget refuses retries",
        "More fails than retries may mend. The budget does what it is for: the other side is down or overloaded.",
    ),
    alert(
        "RedressCircuitOpen",
        "critical",
        "2m",
        'max by (job, @breaker) (redress_circuit_state{@state="open"}) == 1',
        "breaker {{ $labels.@breaker }} refuses calls",
        "What it guards is down, as far as its callers can tell.",
    ),
    alert(
        "RedressCircuitFlaps",
        "warning",
        None,
        'sum by (job, @breaker) (increase(redress_circuit_transitions_total{@to="open"}[15m])) > 3',
        "breaker {{ $labels.@breaker }} has opened {{ $value | humanize }} times in 15 minutes",
        "What it guards answers its probes and then fails under load, or the recovery timeout is too short.",
    ),
    alert(
        "RedressCredentials",
        "critical",
        "5m",
        'sum by (job, @operation, @class) (rate(redress_calls_total{@class=~"AUTH|PERMISSION"}[5m])) > 0',
        "{{ $labels.@operation }}: {{ $labels.@class }} failures: credentials or rights",
        "No retry mends these.",
    ),
    alert(
        "RedressUnknownFailures",
        "info",
        "1h",
        'sum by (job, @operation) (rate(redress_calls_total{@class="UNKNOWN"}[1h]))\n'
        '/ (sum by (job, @operation) (rate(redress_calls_total{@class!=""}[1h])) > 0) > 0.5',
        "{{ $labels.@operation }}: {{ $value | humanizePercentage }} of its failures are UNKNOWN",
        "Errors arrive that are not classified: say what they mean.",
    ),
    alert(
        "RedressNoStrategy",
        "warning",
        None,
        "sum by (job, @operation, @class)"
        ' (increase(redress_calls_total{@result="no_strategy_configured"}[10m])) > 0',
        "{{ $labels.@operation }}: there is no strategy for {{ $labels.@class }}",
        "The policy has strategies for some classes and none for the others.",
    ),
    alert(
        "RedressNoThread",
        "critical",
        None,
        'sum by (job, @operation) (increase(redress_calls_total{@result="no_thread"}[10m])) > 0',
        "{{ $labels.@operation }}: abandoned attempts hold all detached threads",
        "Attempts hang beyond their timeouts. A thread cannot be interrupted: the operation needs a timeout of "
        "its own.",
    ),
    alert(
        "RedressPanics",
        "critical",
        None,
        'sum by (job, @operation) (increase(redress_calls_total{@result="panicked"}[10m])) > 0',
        "{{ $labels.@operation }}: calls panic",
        "The operation, its classifier or its strategy panics.",
    ),
    alert(
        "RedressTooManyOperations",
        "warning",
        None,
        'sum by (job) (increase(redress_calls_total{@operation="other"}[1h])) > 0',
        "{{ $labels.job }} has more than 200 names of operations",
        "Those beyond are counted as other. Something that differs with each call is in a name: an identifier, "
        "a path.",
    ),
]
