use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::agenda::{Agenda, Nanos, VirtualTime, nanos};
use super::arrivals::{Arrival, Arrivals};
use super::counts::Counts;
use super::random::Random;
use super::server::ServerState;
use super::world::World;
use crate::breaker::CircuitState;
use crate::classify::{Classification, Classifier, ErrorClass};
use crate::clock::Clock;
use crate::defaults;
use crate::drive::CompiledPolicy;
use crate::policy::{Policy, simulated};
use crate::strategies::jitter;

/// Takes a failure as it is: the server has said what it means.
#[derive(Debug, Clone, Copy)]
struct AsAnswered;

impl Classifier<Classification> for AsAnswered {
    fn classify(&self, failure: &Classification) -> Classification {
        failure.clone()
    }
}

/// A world at work.
struct Sim {
    world: World,
    time: VirtualTime,
    /// By layer, then by instance.
    policies: Vec<Vec<Policy<AsAnswered>>>,
    server: RefCell<ServerState>,
    /// Separate, so that a policy with other retries meets the same calls and the same troubles.
    service: RefCell<Random>,
    network: RefCell<Random>,
    counts: RefCell<Counts>,
    /// Calls of the layers behind the first, which were started while another task was polled.
    started: RefCell<Vec<Pin<Box<dyn Future<Output = ()>>>>>,
}

/// Runs a world once.
pub(super) fn run(world: &World, policies: &[Arc<CompiledPolicy>], seed: u64) -> Counts {
    jitter::seeded(seed, || {
        let agenda = Arc::new(Agenda::new());
        let clock: Arc<dyn Clock> = Arc::new(VirtualTime(Arc::clone(&agenda)));
        let of_layer = |layer: u32| {
            // The last one is for all layers behind it.
            let settings = policies.get(layer as usize).or(policies.last());
            let timeout = world.attempt_timeout;
            let own = settings.map(|settings| {
                let instances = 0..world.instances;
                let new = |_| simulated(settings, &clock, timeout, AsAnswered);
                instances.map(new).collect()
            });
            own.unwrap_or_default()
        };
        let sim = Rc::new(Sim {
            world: world.clone(),
            time: VirtualTime(agenda),
            policies: (0..world.layers).map(of_layer).collect(),
            server: RefCell::new(ServerState::new(world)),
            service: RefCell::new(Random::new(!seed)),
            network: RefCell::new(Random::new(seed.rotate_left(32) ^ 0x5bd1_e995)),
            counts: RefCell::new(Counts::new(world)),
            started: RefCell::default(),
        });
        go(&sim, seed);
        let counts = sim.counts.take();
        // Nothing is left that has the world.
        sim.started.take();
        counts
    })
}

/// The tasks whose numbers are below this are calls, the others calls of layers behind the first.
const BEHIND: u32 = 1 << 31;

fn go(sim: &Rc<Sim>, seed: u64) {
    let agenda = &sim.time.0;
    let end = nanos(sim.world.duration.saturating_add(defaults::WORLD_GRACE));
    let mut arrivals = Arrivals::new(&sim.world, seed).peekable();
    let mut calls = Tasks::new();
    let mut behind = Tasks::new();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let look = nanos(defaults::WORLD_LOOK);
    let last_look = nanos(sim.world.duration);
    let mut next_look = 0;
    loop {
        let arrival = arrivals.peek().map(|arrival| arrival.at);
        let looks = if next_look < last_look {
            next_look
        } else {
            end
        };
        // Up to the next look, or the next arrival.
        let before = arrival.unwrap_or(Nanos::MAX).min(looks);
        let task = match agenda.advance(before) {
            Some((_, task)) => task,
            None if next_look < last_look && arrival.is_none_or(|at| looks < at) => {
                if arrival.is_none() && agenda.is_empty() {
                    return;
                }
                sim.look(next_look);
                next_look += look;
                continue;
            }
            None => {
                // Nothing is left, or nothing within the time.
                let Some(arrival) = arrivals.next().filter(|arrival| arrival.at <= end) else {
                    return;
                };
                let (at, task) = (arrival.at, calls.start(client(Rc::clone(sim), arrival)));
                agenda.start(at, task);
                task
            }
        };
        match task.checked_sub(BEHIND) {
            None => calls.poll(task, &mut context),
            Some(task) => behind.poll(task, &mut context),
        }
        if woken.0.swap(false, Ordering::Relaxed) {
            agenda.wake(task);
        }
        // What a task starts runs in the same instant, after it.
        while let Some(new) = sim.next_started() {
            let task = behind.start(new);
            agenda.start(agenda.now(), task + BEHIND);
            behind.poll(task, &mut context);
            if woken.0.swap(false, Ordering::Relaxed) {
                agenda.wake(task + BEHIND);
            }
        }
    }
}

/// Notes that the task that is being polled wants to go on: a call that repeats at once lets others run
/// from time to time. Nothing else wakes a task but its time.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Futures by number. The memory of one that has ended is used again.
struct Tasks<F> {
    tasks: Vec<Pin<Box<Option<F>>>>,
    free: Vec<u32>,
}

impl<F: Future<Output = ()>> Tasks<F> {
    const fn new() -> Self {
        Self {
            tasks: Vec::new(),
            free: Vec::new(),
        }
    }

    fn start(&mut self, task: F) -> u32 {
        if let Some(number) = self.free.pop()
            && let Some(place) = self.tasks.get_mut(number as usize)
        {
            place.as_mut().set(Some(task));
            return number;
        }
        self.tasks.push(Box::pin(Some(task)));
        u32::try_from(self.tasks.len() - 1).unwrap_or(BEHIND - 1)
    }

    fn poll(&mut self, number: u32, context: &mut Context<'_>) {
        let Some(place) = self.tasks.get_mut(number as usize) else {
            return;
        };
        let Some(task) = place.as_mut().as_pin_mut() else {
            return;
        };
        if task.poll(context).is_ready() {
            place.as_mut().set(None);
            self.free.push(number);
        }
    }
}

/// Makes the calls of one client: one call, if calls come by themselves.
async fn client(sim: Rc<Sim>, arrival: Arrival) {
    let mut left = arrival.calls;
    loop {
        let started = sim.time.0.now();
        sim.counts.borrow_mut().start(started);
        let policy = sim.policies.first().and_then(|layer| {
            let instances = u32::try_from(layer.len()).unwrap_or(u32::MAX);
            // A client stays with its process.
            layer.get((arrival.number % u64::from(instances.max(1))) as usize)
        });
        let Some(policy) = policy else { return };
        let outcome = if sim.world.server.contended {
            policy.execute_async(|| contended(&sim)).await
        } else {
            let mut number = 0_u32;
            let next = || {
                number = number.saturating_add(1);
                attempt(&sim, 0, number)
            };
            policy.execute_async(next).await
        };
        let now = sim.time.0.now();
        sim.counts
            .borrow_mut()
            .end(started, now, outcome.attempts, outcome.stop_reason);
        left = left.saturating_sub(1);
        if left == 0 {
            return;
        }
        let think = sim.world.think(&mut sim.network.borrow_mut());
        // A client that is refused within the instant would otherwise call for ever in it.
        let pause = if started == now && think == 0 {
            nanos(sim.world.server.refusal_time)
        } else {
            think
        };
        sim.time.wait(pause).await;
        if arrival.calls == u32::MAX && sim.time.0.now() >= nanos(sim.world.duration) {
            return;
        }
    }
}

/// Sends one request to what is behind a layer: the attempt of that number of its call.
async fn attempt(sim: &Rc<Sim>, layer: u32, number: u32) -> Result<(), Classification> {
    let network = !sim.world.network.is_zero();
    if network {
        let there = sim.hop();
        sim.time.wait(there).await;
    }
    if layer + 1 < sim.world.layers {
        return ask(sim, layer + 1).await;
    }
    let now = sim.time.0.now();
    let lost = sim.network.borrow_mut().chance(sim.world.loss);
    if lost {
        sim.counts.borrow_mut().lose(now);
        return std::future::pending().await;
    }
    let answer = {
        let mut service = sim.service.borrow_mut();
        let mut server = sim.server.borrow_mut();
        server.request(&sim.world, now, number, &mut service)
    };
    sim.counts.borrow_mut().request(now, answer.result.is_ok());
    let Some(at) = answer.at else {
        return std::future::pending().await;
    };
    let back = if network { sim.hop() } else { 0 };
    sim.time.until(at.saturating_add(back)).await;
    if answer.result.is_ok() {
        sim.counts.borrow_mut().receive();
    }
    answer.result
}

/// Reads the row, and writes it if nothing else has since.
async fn contended(sim: &Rc<Sim>) -> Result<(), Classification> {
    let there = sim.hop();
    sim.time.wait(there).await;
    let version = sim.server.borrow().version();
    // The answer travels to the client, which sends its write at once.
    let write = sim.hop().saturating_add(sim.hop());
    sim.time.wait(write).await;
    let written = sim.server.borrow_mut().write(version);
    sim.counts.borrow_mut().request(sim.time.0.now(), written);
    let back = sim.hop();
    sim.time.wait(back).await;
    if written {
        sim.counts.borrow_mut().receive();
        return Ok(());
    }
    Err(ErrorClass::Concurrency.into())
}

/// The answer of a layer, once there is one, and the task that waits for it.
#[derive(Default)]
struct Reply {
    result: Cell<Option<Result<(), ErrorClass>>>,
    waits: Cell<Option<u32>>,
}

/// Lets a layer make the call. It goes on when the caller has given up.
async fn ask(sim: &Rc<Sim>, layer: u32) -> Result<(), Classification> {
    let reply = Rc::new(Reply::default());
    let (to, own) = (Rc::clone(&reply), Rc::clone(sim));
    let service = async move {
        let instances = own.policies.get(layer as usize).map_or(1, Vec::len);
        let instances = u32::try_from(instances).unwrap_or(u32::MAX);
        let which = if instances > 1 {
            own.network.borrow_mut().below(instances)
        } else {
            0
        };
        let policy = own.policies.get(layer as usize);
        let Some(policy) = policy.and_then(|layer| layer.get(which as usize)) else {
            return;
        };
        let result = policy.call_async(|| boxed_attempt(&own, layer)).await;
        if !own.world.network.is_zero() {
            let back = own.hop();
            own.time.wait(back).await;
        }
        to.result
            .set(Some(result.map_err(|_| ErrorClass::ServerError)));
        if let Some(task) = to.waits.get() {
            own.time.0.wake(task);
        }
    };
    sim.started.borrow_mut().push(Box::pin(service));
    reply.waits.set(Some(sim.time.0.task()));
    let waits = WaitsFor(Rc::clone(&reply));
    waits.await.map_err(Classification::new)
}

/// An attempt of a layer, whose type would otherwise contain itself.
fn boxed_attempt(
    sim: &Rc<Sim>,
    layer: u32,
) -> Pin<Box<dyn Future<Output = Result<(), Classification>> + '_>> {
    // The number is for recorded calls, which have one layer.
    Box::pin(attempt(sim, layer, 1))
}

struct WaitsFor(Rc<Reply>);

impl Future for WaitsFor {
    type Output = Result<(), ErrorClass>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.result.get().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for WaitsFor {
    fn drop(&mut self) {
        self.0.waits.set(None);
    }
}

impl Sim {
    fn hop(&self) -> Nanos {
        self.world.network.draw(&mut self.network.borrow_mut())
    }

    fn next_started(&self) -> Option<Pin<Box<dyn Future<Output = ()>>>> {
        let mut started = self.started.borrow_mut();
        if started.is_empty() {
            None
        } else {
            Some(started.remove(0))
        }
    }

    /// Counts the states of the breakers.
    fn look(&self, at: Nanos) {
        let breakers = self.policies.iter().flatten();
        let states = breakers.filter_map(|policy| Some(policy.circuit_breaker()?.state()));
        let mut seen = [0_u64; 3];
        for state in states {
            let [closed, half_open, open] = &mut seen;
            match state {
                CircuitState::Closed => *closed += 1,
                CircuitState::HalfOpen => *half_open += 1,
                CircuitState::Open => *open += 1,
            }
        }
        self.counts.borrow_mut().look(at, seen);
    }
}
