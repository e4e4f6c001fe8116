use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(transiet)]
    A,
    #[classify(colour)]
    B,
}

fn main() {}
