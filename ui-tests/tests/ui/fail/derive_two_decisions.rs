use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(auth, http_status = status)]
    A { status: u16 },
}

fn main() {}
