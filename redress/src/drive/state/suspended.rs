use super::{CallState, Compiled, CompiledPolicy, Frame, Marks};
use crate::breaker;
use crate::clock::Started;
use crate::gate::GateTicket;

/// A call without its policy and its hooks, which lie beside it.
pub(crate) struct Suspended {
    pub(super) started: Started,
    pub(super) permit_number: u32,
    pub(super) permit_kind: Option<breaker::PermitKind>,
    pub(super) gate_ticket: Option<GateTicket>,
    pub(super) marks: Marks,
    pub(crate) state: Option<Box<CallState>>,
}

/// Returns the policy of a call with these marks: the one that it has in its scope, if it is in one.
fn policy_of(marks: Marks, policy: &impl Compiled) -> &CompiledPolicy {
    let policy = policy.compiled();
    match policy.scoped.as_deref() {
        Some(scoped) => scoped.by_marks(marks).unwrap_or(policy),
        None => policy,
    }
}

impl<'p> Frame<'p> {
    /// Goes on with a call under the policy that it was started with.
    #[inline]
    pub(crate) fn resume(policy: &'p impl Compiled, suspended: &Suspended) -> Self {
        Self {
            policy: policy_of(suspended.marks, policy),
            started: suspended.started,
            permit_number: suspended.permit_number,
            permit_kind: suspended.permit_kind,
            gate_ticket: suspended.gate_ticket,
            marks: suspended.marks,
        }
    }

    /// Lets go of the policy.
    #[inline]
    pub(crate) fn suspend(&self, state: Option<Box<CallState>>) -> Suspended {
        Suspended {
            started: self.started,
            permit_number: self.permit_number,
            permit_kind: self.permit_kind,
            gate_ticket: self.gate_ticket,
            marks: self.marks,
            state,
        }
    }
}
