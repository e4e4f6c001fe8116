use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify]
    A,
    #[classify()]
    B,
}

fn main() {}
