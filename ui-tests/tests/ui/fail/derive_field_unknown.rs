use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(http_status = stauts)]
    A { status: u16 },
    #[classify(sqlstate = 1)]
    B(String),
    #[classify(grpc_code)]
    C(i32),
}

fn main() {}
