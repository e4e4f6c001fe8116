use std::collections::HashMap;
use std::io::Error;

use redress::retry;

struct Slot {
    text: String,
}

#[retry]
fn read<'a>(slot: &'a mut Slot, path: &str) -> Result<&'a mut String, Error> {
    slot.text = std::fs::read_to_string(path)?;
    Ok(&mut slot.text)
}

#[retry]
fn find<'a>(slots: &'a mut HashMap<u32, Slot>, key: &u32) -> Result<Option<&'a mut Slot>, Error> {
    std::fs::exists("slots")?;
    Ok(slots.get_mut(key))
}

fn main() {}
