use redress::Classify;

fn judge(_: &String) -> redress::ErrorClass {
    redress::ErrorClass::Auth
}

#[derive(Classify)]
enum Fail {
    #[classify(with = judge)]
    A(u32),
}

fn main() {}
