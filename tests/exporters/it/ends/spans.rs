//! Spans of OpenTelemetry.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span, SpanData, SpanProcessor};
use redress::Observer;
use redress::contrib::opentelemetry_0_33::Spans;
use redress::observe::CallResult;

use crate::every_end::{Ended, Watch, every_end};

/// Counts the spans that start and keeps those that end.
#[derive(Debug, Clone, Default)]
struct Processor(Arc<Mutex<Processed>>);

#[derive(Debug, Default)]
struct Processed {
    started: usize,
    ended: Vec<SpanData>,
}

impl SpanProcessor for Processor {
    fn on_start(&self, _span: &mut Span, _context: &Context) {
        self.0.lock().unwrap().started += 1;
    }

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().ended.push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

struct Traced {
    spans: Spans<SdkTracer>,
    processor: Processor,
}

impl Watch for Traced {
    fn observer(&self) -> impl Observer + 'static {
        self.spans.clone()
    }

    fn is_closed(&self) -> bool {
        let processed = self.processor.0.lock().unwrap();
        processed.started == processed.ended.len()
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        assert!(self.is_closed(), "{ended:?}, and a span is open");
        let all = std::mem::take(&mut *self.processor.0.lock().unwrap()).ended;
        let results = all.iter().filter_map(|span| {
            let mut attributes = span.attributes.iter();
            let result = attributes.find(|it| it.key.as_str() == "redress.result")?;
            Some(result.value.as_str().into_owned())
        });
        let results: Vec<_> = results.collect();
        ended.assert_shown(&results, false, CallResult::as_str);
        let attempts = all.iter().filter(|span| span.name == "attempt").count();
        assert_eq!(all.len(), results.len() + attempts, "{ended:?}: {all:?}");
        if let Some(expected) = ended.attempts {
            assert_eq!(attempts, expected as usize, "{ended:?}: {all:?}");
        }
    }
}

#[test]
fn every_end_ends_the_spans_of_opentelemetry() {
    let processor = Processor::default();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor.clone())
        .build();
    let spans = Spans::new(provider.tracer("redress"));
    every_end(&Traced { spans, processor });
}
