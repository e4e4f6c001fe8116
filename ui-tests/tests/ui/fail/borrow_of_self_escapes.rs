use std::io::Error;

use redress::retry;

struct Queue {
    items: Vec<u32>,
    open: Option<String>,
}

struct Guard<'a> {
    items: &'a mut Vec<u32>,
}

impl Queue {
    #[retry]
    fn first(&mut self) -> Result<&mut u32, Error> {
        self.items.first_mut().ok_or_else(|| Error::other("empty"))
    }

    #[retry]
    async fn open(&mut self) -> Result<&mut String, Error> {
        if self.open.is_none() {
            self.open = Some(std::fs::read_to_string("name")?);
        }
        Ok(self.open.get_or_insert_with(String::new))
    }

    #[retry]
    fn lock(&mut self) -> Result<Guard<'_>, Error> {
        std::fs::exists("lock")?;
        Ok(Guard { items: &mut self.items })
    }

    #[retry]
    fn whole(&mut self) -> Result<&mut Self, Error> {
        std::fs::exists("lock")?;
        Ok(self)
    }
}

fn main() {}
