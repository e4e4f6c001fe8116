fn main() {
    let _: std::io::Result<()> = redress::retry_block!(3, || Ok(()));
}
