use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(source)]
    A(std::io::Error, u32),
    #[classify(source)]
    B,
}

fn main() {}
