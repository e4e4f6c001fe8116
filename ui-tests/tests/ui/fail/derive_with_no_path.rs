use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(with = 5)]
    A,
}

fn main() {}
