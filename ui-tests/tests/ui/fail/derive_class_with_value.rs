use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(auth = 3)]
    A,
}

fn main() {}
