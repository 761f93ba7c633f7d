//! Names that are invalid for services and instances.

use snapbox::str;

use crate::refused;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn invalid_service_names_are_refused() {
    let long = "n".repeat(201);
    refused(
        ["--name", "a b", "python"],
        str![[r#"
error: the name `a b` contains ' ', but unit names consist of ASCII letters, digits and `:_.-`
hint: --name a-b

"#]],
    );
    refused(
        ["--name", "", "python"],
        str![[r#"
error: the name `` is empty
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "..", "python"],
        str![[r#"
error: the name `..` contains `..`
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "../../etc/passwd", "python"],
        str![[r#"
error: the name `../../etc/passwd` contains '/', but unit names consist of ASCII letters, digits and `:_.-`
hint: --name etc-passwd

"#]],
    );
    refused(
        ["--name", "/x", "python"],
        str![[r#"
error: the name `/x` contains '/', but unit names consist of ASCII letters, digits and `:_.-`
hint: --name x

"#]],
    );
    refused(
        ["--name", ".hidden", "python"],
        str![[r#"
error: the name `.hidden` begins with `.`, which makes it look like an option or a hidden file
hint: --name hidden

"#]],
    );
    refused(
        ["--name", "x@y", "python"],
        str![[r#"
error: the name `x@y` contains `@`, which systemd reserves for templates and instances
hint: --name x-y

"#]],
    );
    refused(
        ["--name", "x.timer", "python"],
        str![[r#"
error: the name `x.timer` is the name of another unit type, `.timer`
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "a\nb", "python"],
        str![[r#"
error: the name `a\nb` contains '\n', but unit names consist of ASCII letters, digits and `:_.-`
hint: --name a-b

"#]],
    );
    refused(
        ["--name", "größe", "python"],
        str![[r#"
error: the name `größe` contains 'ö', but unit names consist of ASCII letters, digits and `:_.-`
hint: --name grosse

"#]],
    );
    refused(
        ["--name", &long, "python"],
        str![[r#"
error: the name `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…` is 201 bytes long; at most 200 are allowed
hint: --name nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn

"#]],
    );
    refused(
        ["--name", "user@1000", "python"],
        str![[r#"
error: the name `user@1000` is reserved for the system (`user@*`)
hint: --name user-1000

"#]],
    );
    refused(
        ["--name", "dbus", "python"],
        str![[r#"
error: the name `dbus` is reserved for the system (`dbus`)
hint: --name myscriptd

"#]],
    );
    refused(
        ["--name", "systemd-foo", "python"],
        str![[r#"
error: the name `systemd-foo` is reserved for the system (`systemd-*`)
hint: --name myscriptd

"#]],
    );
    refused(
        ["remove", "a/b"],
        str![[r#"
error: the name `a/b` contains '/', but unit names consist of ASCII letters, digits and `:_.-`

"#]],
    );
    refused(
        ["--", "python", "-c", "1"],
        str![[r#"
error: cannot derive a service name from `python` without a script
hint: mkservice --name NAME -- python -c 1

"#]],
    );
}

#[test]
fn invalid_instance_names_are_refused() {
    let refused = |instances: &str, expected: &str| {
        refused(["--name", "web", "--instances", instances, "--", "/bin/sleep", "9"], expected.to_owned());
    };
    refused("0", "error: --instances 0 leaves no instance\nhint: remove the service: mkservice remove web\n");
    refused("257", "error: --instances 257 exceeds the maximum of 256 instances\n");
    refused("a,a", "error: --instances a,a names `a` twice\n");
    refused("a..b", "error: --instances a..b contains `..`\n");
    refused(
        "a b",
        "error: --instances 'a b' contains ' ', but instance names consist of ASCII letters, digits and `:_.-`\n\
         hint: give a number or names: --instances 3 or --instances blue,green\n",
    );
    refused("a.service", "error: --instances a.service contains a name that ends in the unit suffix `.service`\n");
}
