//! The queue example loses nothing, even if its workers are killed.

use std::process::Command;

#[test]
fn a_queue_whose_workers_are_killed_loses_and_repeats_nothing() {
    let ran = Command::new(env!("CARGO_BIN_EXE_queue")).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    let complained = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}\n{complained}");
    assert_eq!(said.matches("killed a worker").count(), 8, "{said}");
    assert!(said.contains("no job was lost"), "{said}");
}
