use redress::Classify;

#[derive(Classify)]
#[classify(http_status = status)]
enum Fail {
    A { status: u16 },
}

fn main() {}
