//! Rewrites the template and the target of a service for fewer instances.

use super::{assembled, stamp, target};
use crate::cli::Invocation;
use crate::spec::{Instances, Scope, UnitKind, UnitName};

/// The new texts of the template and the target.
pub fn regrouped(template: &str, old: &str, name: &UnitName, instances: &Instances, scope: Scope) -> [String; 2] {
    let typed = retyped(stamp::typed_line(template).unwrap_or("mkservice"), instances);
    let from = stamp::applied_from(template);
    let wants: String = stamp::directives(old)
        .split_inclusive('\n')
        .map(|line| match line.strip_prefix("Wants=") {
            Some(_) => format!("Wants={}\n", target::wants(name, instances)),
            None => line.to_owned(),
        })
        .collect();
    [
        assembled(name, UnitKind::Template, scope, (&typed, from), &stamp::directives(template)),
        assembled(name, UnitKind::Target, scope, (&typed, from), &wants),
    ]
}

/// The command line that creates a service with these instances. One that cannot be read stays.
fn retyped(line: &str, instances: &Instances) -> String {
    match Invocation::of_stamp(line).filter(|invocation| invocation.has("instances")) {
        Some(invocation) => invocation.with_only("instances", instances.to_string().as_ref()).line(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_makes_those_that_are_left() {
        let left = Instances::parse("1,3").unwrap();
        for (old, new) in [
            ("mkservice --instances 3 -- a --instances 9", "mkservice --instances 1,3 -- a --instances 9"),
            ("mkservice a --instances=3", "mkservice --instances 1,3 -- a"),
            ("mkservice --instances 3 $'a\\n'", "mkservice --instances 1,3 -- $'a\\n'"),
            ("mkservice $'a\\n' --instances=3", "mkservice --instances 1,3 -- $'a\\n'"),
            ("mkservice 'two words' --instances 1,2,3", "mkservice --instances 1,3 -- 'two words'"),
        ] {
            assert_eq!(retyped(old, &left), new, "{old}");
        }
    }

    #[test]
    fn what_systemd_reads_of_the_template_stays() {
        let name = UnitName::parse("web").unwrap();
        let [three, two] = ["3", "1,3"].map(|text| Instances::parse(text).unwrap());
        let file = |kind, directives: &str| {
            let typed = "mkservice --name web --instances 3 -- ./x %i";
            assembled(&name, kind, Scope::User, (typed, None), directives)
        };
        let template = file(UnitKind::Template, "[Service]\nExecStart=/x \"%i\"\n");
        let wants = format!("[Unit]\nWants={}\n", target::wants(&name, &three));
        let [new, target] = regrouped(&template, &file(UnitKind::Target, &wants), &name, &two, Scope::User);
        assert_eq!(stamp::effective(&new), stamp::effective(&template));
        assert_eq!(stamp::typed_line(&new), Some("mkservice --name web --instances 1,3 -- ./x %i"));
        assert_eq!(stamp::effective(&target), "[Unit]\nWants=web@1.service web@3.service\n");
        assert_eq!([&new, &target].map(|text| stamp::origin(text.as_bytes())), [stamp::Origin::Managed; 2]);
        assert_eq!(stamp::companion_of(&target), Some("web"));
    }
}
