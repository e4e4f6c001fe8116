use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(http_status = 0)]
    A(String),
    #[classify(transient, retry_after = 0)]
    B(String),
    #[classify(sqlstate = 0)]
    C(u32),
}

fn main() {}
