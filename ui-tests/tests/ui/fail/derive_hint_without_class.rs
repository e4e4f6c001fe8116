use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(retry_after = after)]
    A { after: u64 },
}

#[derive(Classify)]
#[classify(retry_after = 0)]
struct Later(u64);

// The class is that of the enum.
#[derive(Classify)]
#[classify(rate_limit)]
enum Limited {
    #[classify(retry_after = 0)]
    A(u64),
}

fn main() {}
