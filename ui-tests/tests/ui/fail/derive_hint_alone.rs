use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(source = 0, retry_after = 1)]
    A(#[allow(unused)] std::io::Error, u32),
}

fn main() {}
