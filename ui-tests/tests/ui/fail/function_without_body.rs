use redress::retry;

trait Source {
    #[retry]
    fn read(&self) -> std::io::Result<u32>;
}

fn main() {}
