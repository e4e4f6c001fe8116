//! Programs that do not compile, each with the compiler's messages.

#[test]
fn rejected_programs() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}
