use redress::Classify;

#[derive(Classify)]
enum Fail {
    #[classify(source)]
    Number(u32),
    #[classify(source = cause)]
    Named { code: u16, cause: Option<std::io::Error> },
    #[classify(source)]
    Boxed(Box<String>),
    #[classify(source)]
    Good(std::io::Error),
}

fn main() {}
