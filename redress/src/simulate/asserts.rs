use std::path::PathBuf;

use super::report::{Report, Run, short};
use crate::delay::Delay;

impl Report {
    /// Fails a test unless every run recovers within this time: a `Duration`, or seconds.
    ///
    /// # Panics
    ///
    /// If a run takes longer or never recovers. The message has the verdict and the table; the picture
    /// is in the folder `target/simulate` of the package, whose place the message names.
    ///
    /// ```should_panic
    /// use redress::Policy;
    /// use redress::simulate::{simulate, worlds::OUTAGE};
    ///
    /// let policy = Policy::builder().attempt_timeout(1).max_attempts(4).build().unwrap();
    /// simulate(&policy, OUTAGE).assert_recovers_within(10); // it never does
    /// ```
    #[track_caller]
    pub fn assert_recovers_within(&self, time: impl Into<Delay>) {
        let time = time.into().saturate();
        let recovered = self.recovers_within();
        if recovered.is_some_and(|recovered| recovered <= time) {
            return;
        }
        let name = self.world().name();
        let (time, took) = (short(time), recovered.map(short));
        let took = took.map_or_else(|| "never does".to_owned(), |took| format!("takes {took}"));
        self.fail(&format!(
            "the policy must recover from `{name}` within {time}, and {took}"
        ));
    }

    /// Fails a test unless at least this share of all calls succeeds, on average over the runs.
    ///
    /// # Panics
    ///
    /// If fewer succeed, as [`assert_recovers_within`](Self::assert_recovers_within).
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::simulate::{simulate, worlds::BLIP};
    ///
    /// simulate(&Policy::new(), BLIP).assert_success_of(0.999);
    /// ```
    #[track_caller]
    pub fn assert_success_of(&self, share: f64) {
        let success = self.mean(Run::success);
        if success >= share {
            return;
        }
        let name = self.world().name();
        let (share, success) = (100.0 * share, 100.0 * success);
        self.fail(&format!(
            "{share:.2}% of the calls must succeed in `{name}`, and {success:.2}% do"
        ));
    }

    #[expect(clippy::panic, reason = "documented: it is an assertion")]
    #[track_caller]
    fn fail(&self, message: &str) {
        let picture = match self.save_picture() {
            Ok(path) => format!("picture: {}", path.display()),
            Err(error) => format!("no picture: {error}"),
        };
        panic!("{message}\n\n{}\n\n{self}\n{picture}", self.verdict());
    }

    /// Writes the picture beside what a build leaves.
    fn save_picture(&self) -> std::io::Result<PathBuf> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| package.unwrap_or_default().join("target"));
        let folder = std::path::absolute(target.join("simulate"))?;
        std::fs::create_dir_all(&folder)?;
        // Tests run side by side.
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("test");
        let name = format!("{test}-{}", self.world().name());
        let letters = |c: char| if c.is_alphanumeric() { c } else { '-' };
        let name: String = name.chars().map(letters).take(120).collect();
        let path = folder.join(format!("{name}.svg"));
        std::fs::write(&path, self.picture())?;
        Ok(path)
    }
}
