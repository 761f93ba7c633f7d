//! The stamp in unit files, by which mkservice knows its own.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::cli::Invocation;
use mkservice::spec::UnitName;
use mkservice::unit::stamp::{self, Origin, Succession};

fuzz_target!(|bytes: &[u8]| {
    let origin = stamp::origin(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert_eq!(origin, Origin::Foreign);
        return;
    };
    let _ = stamp::typed_line(text).and_then(Invocation::of_stamp);
    let _ = stamp::companion_of(text).map(UnitName::parse);
    let _ = (stamp::applied_from(text), stamp::effective(text), stamp::directives(text), Succession::of(text));
    assert!(text.starts_with(stamp::without_stamp(text)));
    // What is added to a stamp does not make the file an edited one, nor an edited one whole again.
    let succession = Succession { from: "old".into(), enabled: true, up: true };
    for changed in
        [stamp::withdraw(text), succession.write(text), Succession::erase(text), stamp::with_command(text, "true")]
    {
        assert_eq!(stamp::origin(changed.as_bytes()), origin, "{changed}");
    }
});
