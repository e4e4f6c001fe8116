use redress::Classify;

#[derive(Classify)]
union Fail {
    a: u32,
}

fn main() {}
