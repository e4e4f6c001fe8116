use redress::Classify;

#[derive(Classify)]
struct Fail {
    #[classify(http_status)]
    status: u16,
}

fn main() {}
