//! Names that no service or instance can have.

use snapbox::str;

use crate::refused;

#[test]
fn invalid_service_names_are_refused() {
    let long = "n".repeat(201);
    refused(
        ["--name", "a b", "python"],
        str![[r#"
error: the name "a b" holds ' ', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name a-b

"#]],
    );
    refused(
        ["--name", "", "python"],
        str![[r#"
error: the name "" is empty
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "..", "python"],
        str![[r#"
error: the name ".." holds `..`
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "../../etc/passwd", "python"],
        str![[r#"
error: the name "../../etc/passwd" holds '/', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name etc-passwd

"#]],
    );
    refused(
        ["--name", "/x", "python"],
        str![[r#"
error: the name "/x" holds '/', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name x

"#]],
    );
    refused(
        ["--name", ".hidden", "python"],
        str![[r#"
error: the name ".hidden" begins with `.`, which makes it look like an option or a hidden file
hint: --name hidden

"#]],
    );
    refused(
        ["--name", "x@y", "python"],
        str![[r#"
error: the name "x@y" holds `@`, which systemd keeps for templates and their instances
hint: --name x-y

"#]],
    );
    refused(
        ["--name", "x.timer", "python"],
        str![[r#"
error: the name "x.timer" is the name of another kind of unit, a `.timer`
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "a\nb", "python"],
        str![[r#"
error: the name "a\nb" holds '\n', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name a-b

"#]],
    );
    refused(
        ["--name", "größe", "python"],
        str![[r#"
error: the name "größe" holds 'ö', but a unit name is made of ASCII letters, digits and `:_.-`
hint: --name gr-e

"#]],
    );
    refused(
        ["--name", &long, "python"],
        str![[r#"
error: the name "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" is 201 bytes long, but at most 200 fit the files that belong to a unit
hint: --name nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn

"#]],
    );
    refused(
        ["--name", "user@1000", "python"],
        str![[r#"
error: the name "user@1000" is reserved: the machine needs `user@*` for itself
hint: --name user-1000

"#]],
    );
    refused(
        ["--name", "dbus", "python"],
        str![[r#"
error: the name "dbus" is reserved: the machine needs `dbus` for itself
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "systemd-foo", "python"],
        str![[r#"
error: the name "systemd-foo" is reserved: the machine needs `systemd-*` for itself
hint: --name myscriptd

"#]],
    );
    refused(
        ["remove", "a/b"],
        str![[r#"
error: the name "a/b" holds '/', but a unit name is made of ASCII letters, digits and `:_.-`

"#]],
    );
    refused(
        ["--", "python", "-c", "1"],
        str![[r#"
error: `python` without a script says nothing a service could be named after
hint: mkservice --name NAME -- python -c 1

"#]],
    );
}

#[test]
fn invalid_instance_names_are_refused() {
    let refused = |instances: &str, expected: &str| {
        refused(["--name", "web", "--instances", instances, "--", "/bin/sleep", "9"], expected.to_owned());
    };
    refused(
        "0",
        "error: --instances 0 would leave none of them\nhint: to take the service away: mkservice remove web\n",
    );
    refused("257", "error: --instances 257 are more than the 256 that one service can have\n");
    refused("a,a", "error: --instances a,a names `a` twice\n");
    refused("a..b", "error: --instances a..b holds `..`\n");
    refused(
        "a b",
        "error: --instances 'a b' holds ' ', but the name of an instance is made of ASCII letters, digits and `:_.-`\n\
         hint: a number, as in --instances 3, or names, as in --instances blue,green\n",
    );
    refused(
        "a.service",
        "error: --instances a.service holds a name that ends in `.service`, as the names of units do\n",
    );
}
