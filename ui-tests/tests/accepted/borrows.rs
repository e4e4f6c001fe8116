//! Functions that return borrowed values. No loop can return a mutable borrow of `self`; functions
//! that only look as if they did compile, and so does each way out that the message names.
use std::cell::{Cell, RefCell, RefMut};
use std::collections::HashMap;
use std::io::{Error, ErrorKind};
use std::marker::PhantomData;

use redress::retry;

use super::until;

fn empty() -> Error {
    ErrorKind::NotFound.into()
}

#[derive(Debug, Default)]
struct Queue {
    calls: u32,
    items: Vec<u32>,
    open: Option<String>,
}

impl Queue {
    #[retry(strategy = instant())]
    fn find(&mut self) -> Result<usize, Error> {
        until(3, &mut self.calls)?;
        self.items.iter().position(|n| *n == 7).ok_or_else(empty)
    }

    fn seven(&mut self) -> Result<&mut u32, Error> {
        let at = self.find()?;
        self.items.get_mut(at).ok_or_else(empty)
    }
}

#[test]
fn way_out_an_index_is_returned_and_the_item_borrowed_after_the_retries() {
    let mut queue = Queue {
        items: vec![1, 7],
        ..Queue::default()
    };
    *queue.seven().unwrap() = 8;
    assert_eq!((queue.calls, queue.items), (3, vec![1, 8]));
}

impl Queue {
    #[retry(strategy = instant())]
    fn prepare(&mut self) -> Result<(), Error> {
        self.open = Some(until(3, &mut self.calls)?.to_string());
        Ok(())
    }

    fn opened(&mut self) -> Result<&mut String, Error> {
        self.prepare()?;
        self.open.as_mut().ok_or_else(empty)
    }
}

#[test]
fn way_out_the_retried_function_prepares_what_is_borrowed_after_it() {
    let mut queue = Queue::default();
    queue.opened().unwrap().push('!');
    assert_eq!(queue.open.as_deref(), Some("3!"));
}

#[test]
fn way_out_a_guard_is_returned_that_borrows_shared() {
    #[derive(Default)]
    struct Shared {
        calls: Cell<u32>,
        items: RefCell<Vec<u32>>,
    }
    impl Shared {
        #[retry(strategy = instant())]
        fn lock(&self) -> Result<RefMut<'_, Vec<u32>>, Error> {
            let mut calls = self.calls.get();
            let result = until(3, &mut calls);
            self.calls.set(calls);
            result?;
            self.items.try_borrow_mut().map_err(Error::other)
        }
    }
    let shared = Shared::default();
    shared.lock().unwrap().push(4);
    assert_eq!((shared.calls.get(), shared.items.take()), (3, vec![4]));
}

/// A pool of values that it does not own: each method takes one out.
struct Pool<'p> {
    calls: u32,
    slot: Cell<Option<&'p mut u32>>,
    slots: std::slice::IterMut<'p, u32>,
    map: HashMap<u32, &'p mut u32>,
    current: &'p mut (u32, u32),
    name: &'p str,
}

impl<'p> Pool<'p> {
    fn get_mut(&self) -> Option<&'p mut u32> {
        self.slot.take()
    }

    #[retry(strategy = instant())]
    fn out_of_a_shared_cell(&mut self) -> Result<&mut u32, Error> {
        until(2, &mut self.calls)?;
        self.get_mut().ok_or_else(empty)
    }

    #[retry(strategy = instant())]
    fn out_of_a_cell_that_is_emptied(&mut self) -> Result<&mut u32, Error> {
        until(2, &mut self.calls)?;
        self.slot.take().ok_or_else(empty)
    }

    #[retry(strategy = instant())]
    fn out_of_an_iterator(&mut self) -> Result<&mut u32, Error> {
        until(2, &mut self.calls)?;
        self.slots.next().ok_or_else(empty)
    }

    #[retry(strategy = instant())]
    fn out_of_a_map(&mut self) -> Result<&mut u32, Error> {
        until(2, &mut self.calls)?;
        self.map.insert(1, Box::leak(Box::new(5))).ok_or_else(empty)
    }

    #[retry(strategy = instant())]
    fn out_of_a_new_reference(&mut self) -> Result<&mut u32, Error> {
        let calls = until(2, &mut self.calls)?;
        self.current = Box::leak(Box::new((calls, 1)));
        Ok(&mut self.current.0)
    }

    #[retry(strategy = instant())]
    fn out_of_a_new_reference_as_a_whole(&mut self) -> Result<&mut (u32, u32), Error> {
        let calls = until(2, &mut self.calls)?;
        self.current = Box::leak(Box::new((calls, 1)));
        Ok(&mut *self.current)
    }

    #[retry(strategy = instant())]
    fn a_static_text(&mut self) -> Result<&str, Error> {
        until(2, &mut self.calls)?;
        Ok("static")
    }

    #[retry(strategy = instant())]
    fn a_copied_reference(&mut self) -> Result<&str, Error> {
        until(2, &mut self.calls)?;
        Ok(self.name)
    }

    #[retry(strategy = instant())]
    fn an_argument<'a>(&mut self, key: &'a str) -> Result<&'a str, Error> {
        until(2, &mut self.calls)?;
        Ok(key)
    }
}

#[test]
fn what_is_lent_for_longer_than_an_attempt_may_be_returned() {
    let (mut in_cell, mut in_iterator, mut in_map) = (1, [2], 3);
    let mut current = (0, 0);
    let mut pool = Pool {
        calls: 0,
        slot: Cell::new(Some(&mut in_cell)),
        slots: in_iterator.iter_mut(),
        map: HashMap::from([(1, &mut in_map)]),
        current: &mut current,
        name: "name",
    };
    assert_eq!(pool.out_of_a_shared_cell().unwrap(), &1);
    pool.calls = 0;
    pool.slot = Cell::new(Some(Box::leak(Box::new(4))));
    let found = pool.out_of_a_cell_that_is_emptied();
    assert_eq!(found.unwrap(), &4);
    pool.calls = 0;
    assert_eq!(pool.out_of_an_iterator().unwrap(), &2);
    pool.calls = 0;
    assert_eq!(pool.out_of_a_map().unwrap(), &3);
    pool.calls = 0;
    assert_eq!(pool.out_of_a_new_reference().unwrap(), &2);
    pool.calls = 0;
    assert_eq!(pool.out_of_a_new_reference_as_a_whole().unwrap(), &(2, 1));
    pool.calls = 0;
    assert_eq!(pool.a_static_text().unwrap(), "static");
    assert_eq!(pool.a_copied_reference().unwrap(), "name");
    assert_eq!(pool.an_argument("key").unwrap(), "key");
    assert_eq!(pool.calls, 4);
}

/// A type whose method has the name of one of the standard library's, but lends a value that it
/// does not own.
struct Borrowed<'p>(Cell<Option<&'p mut u32>>);

impl<'p> Borrowed<'p> {
    fn get_mut(&self) -> Option<&'p mut u32> {
        self.0.take()
    }
}

#[retry(strategy = instant())]
fn lent_by_another_type<'p>(
    from: &mut Borrowed<'p>,
    calls: &mut u32,
) -> Result<&'p mut u32, Error> {
    until(2, calls)?;
    from.get_mut().ok_or_else(empty)
}

struct Nested<'p> {
    inner: Borrowed<'p>,
}

#[retry(strategy = instant())]
async fn lent_by_a_field_of_another_type<'p>(
    from: &mut Nested<'p>,
    calls: &mut u32,
) -> Result<&'p mut u32, Error> {
    until(2, calls)?;
    from.inner.get_mut().ok_or_else(empty)
}

#[tokio::test]
async fn a_method_of_another_type_may_lend_for_longer() {
    let mut number = 1;
    let mut from = Borrowed(Cell::new(Some(&mut number)));
    assert_eq!(lent_by_another_type(&mut from, &mut 0).unwrap(), &1);
    let mut number = 2;
    let inner = Borrowed(Cell::new(Some(&mut number)));
    let found = lent_by_a_field_of_another_type(&mut Nested { inner }, &mut 0).await;
    assert_eq!(found.unwrap(), &2);
}

/// A handle without a reference, so that nothing stays borrowed.
struct Handle<'a> {
    at: *mut u32,
    owner: PhantomData<&'a mut u32>,
}

struct Shared<'a>(&'a Queue);

impl Queue {
    #[retry(strategy = instant())]
    fn handle(&mut self) -> Result<Handle<'_>, Error> {
        until(3, &mut self.calls)?;
        Ok(Handle {
            at: &mut self.calls,
            owner: PhantomData,
        })
    }

    #[retry(strategy = instant())]
    fn pointer(&mut self) -> Result<*mut u32, Error> {
        until(3, &mut self.calls)?;
        Ok(&mut self.calls)
    }

    #[retry(max_attempts = 2)]
    fn shared(&mut self) -> Result<Shared<'_>, Error> {
        Ok(Shared(self))
    }

    #[retry(max_attempts = 2)]
    fn itself(&mut self) -> Result<&Self, Error> {
        Ok(self)
    }
}

#[test]
fn what_is_not_borrowed_mutably_may_be_returned() {
    let mut queue = Queue::default();
    let handle = queue.handle().unwrap();
    assert_eq!((handle.at.is_null(), handle.owner), (false, PhantomData));
    queue.calls = 0;
    assert!(!queue.pointer().unwrap().is_null());
    assert_eq!(queue.shared().unwrap().0.calls, 3);
    assert_eq!(queue.itself().unwrap().calls, 3);
}

#[retry(strategy = instant())]
#[expect(unused_assignments, reason = "each attempt replaces the argument")]
fn replaced<'a>(mut at: &'a mut u32, calls: &mut u32) -> Result<&'a mut u32, Error> {
    let n = until(3, calls)?;
    at = Box::leak(Box::new(n));
    Ok(at)
}

#[test]
fn an_argument_that_each_attempt_replaces_may_be_returned() {
    assert_eq!(replaced(&mut 0, &mut 0).unwrap(), &3);
}
