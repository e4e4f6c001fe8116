//! Programs that do not compile, each with what the compiler says about it.

#[test]
fn rejected_programs() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}
