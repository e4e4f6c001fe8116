//! A layer that writes down every span and every event, in the order in which they came.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// A span or an event.
#[derive(Debug, Clone, Default)]
pub(super) struct Traced {
    /// Its name with those of the spans that it is in, the outermost first.
    pub(super) path: String,
    pub(super) level: Option<Level>,
    pub(super) target: String,
    pub(super) fields: BTreeMap<&'static str, String>,
    pub(super) is_open: bool,
    id: Option<u64>,
}

impl Traced {
    /// Returns a field, empty if it has no value.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Traced>>>);

impl Recorder {
    /// Runs code whose spans and events are written down.
    pub(super) fn watch<T>(run: impl FnOnce() -> T) -> (T, Vec<Traced>) {
        let recorder = Self::default();
        let returned = recorder.install(run);
        (returned, recorder.take())
    }

    /// Runs code whose spans and events this writes down.
    pub(super) fn install<T>(&self, run: impl FnOnce() -> T) -> T {
        let subscriber = Registry::default().with(self.clone());
        tracing::subscriber::with_default(subscriber, run)
    }

    pub(super) fn install_for_all_threads(&self) {
        let subscriber = Registry::default().with(self.clone());
        tracing::subscriber::set_global_default(subscriber).unwrap();
    }

    /// Takes what is written down. Spans that are open must not be closed after it.
    pub(super) fn take(&self) -> Vec<Traced> {
        std::mem::take(&mut *self.lock())
    }

    pub(super) fn has_open_spans(&self) -> bool {
        self.lock().iter().any(|traced| traced.is_open)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Traced>> {
        self.0.lock().unwrap()
    }

    /// Changes the span that is open with this id. Ids are used again.
    fn change(&self, id: &Id, change: impl FnOnce(&mut Traced)) {
        let mut all = self.lock();
        let mut open = all.iter_mut().filter(|traced| traced.is_open);
        change(open.find(|span| span.id == Some(id.into_u64())).unwrap());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let path: Vec<_> = span.scope().from_root().map(|span| span.name()).collect();
        let mut traced = Traced {
            path: path.join(" > "),
            level: Some(*attributes.metadata().level()),
            target: attributes.metadata().target().to_owned(),
            is_open: true,
            id: Some(id.into_u64()),
            ..Traced::default()
        };
        attributes.record(&mut Fields(&mut traced.fields));
        self.lock().push(traced);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.change(id, |span| values.record(&mut Fields(&mut span.fields)));
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.change(&id, |span| span.is_open = false);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut traced = Traced {
            level: Some(*event.metadata().level()),
            target: event.metadata().target().to_owned(),
            ..Traced::default()
        };
        event.record(&mut Fields(&mut traced.fields));
        let scope = context.event_scope(event).into_iter();
        let mut path: Vec<_> = scope
            .flat_map(|scope| scope.from_root())
            .map(|span| span.name())
            .collect();
        let message = traced.fields.remove("message").unwrap_or_default();
        path.push(&message);
        traced.path = path.join(" > ");
        self.lock().push(traced);
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// Returns the paths, one a line.
pub(super) fn paths(all: &[Traced]) -> Vec<&str> {
    all.iter().map(|traced| traced.path.as_str()).collect()
}
