//! The picture in the README is what the command draws.

use redress::config::ConfigFile;
use redress::simulate::worlds::OUTAGE;
use redress::simulate::{Report, Simulation};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../redress/docs");
const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/outage.toml");

#[test]
fn the_committed_pictures_are_what_the_command_draws() {
    let file = ConfigFile::read(POLICIES).unwrap();
    let reports: Vec<_> = file
        .policies()
        .keys()
        .map(|name| {
            let policy = file.policy(name).unwrap();
            (name, Simulation::new(&policy).seeds(1..=1).run(OUTAGE))
        })
        .collect();
    let lines: Vec<_> = reports
        .iter()
        .map(|(name, report)| (name.as_str(), report))
        .collect();
    let svg = Report::picture_of(&lines);
    let url = data_url(&svg);
    for (name, content) in [("outage.svg", svg), ("outage.url", url)] {
        let file = std::path::Path::new(DOCS).join(name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &content).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == content,
            "redress/docs/{name} is not what the command draws. To write it anew: \
             BLESS=1 cargo test -p redress-tests --test it simulate::picture",
        );
    }
}

/// The picture as an address, for a page that has no files beside it, such as those of rustdoc.
fn data_url(svg: &str) -> String {
    let mut url = "data:image/svg+xml,".to_owned();
    for byte in svg.bytes() {
        if byte.is_ascii_alphanumeric() || b",.-/:=".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}
