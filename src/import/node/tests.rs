use super::*;

#[test]
fn json_can_have_comments_and_other_extras() {
    let text = "// apps\n{\n\t\"apps\": [{ /* the\n first */\n\t\t'name':'a // b', script: \"./x.js\",\n\t\t\"n\":1.5,\"on\":true,\"no\":null,\n\
                \t\t\"smile\":\"\\ud83d\\ude00\\u00e9\\/\",\n\t},]\n}\n";
    let read = read(text).unwrap();
    let app = match &read.get("apps").unwrap().value {
        Value::List(list) => list[0].clone(),
        other => panic!("{other:?}"),
    };
    let word = |name: &str| app.get(name).and_then(Node::word);
    assert_eq!((word("name").as_deref(), word("script").as_deref()), (Some("a // b"), Some("./x.js")));
    assert_eq!((word("n").as_deref(), word("on").as_deref(), word("no")), (Some("1.5"), Some("true"), None));
    assert_eq!(word("smile").as_deref(), Some("😀é/"));
    assert_eq!((app.line, app.get("name").unwrap().line), (3, 5));
    let long = format!("{{\"{}\":{{\"a\":[{}]}}}}", "k".repeat(3000), vec!["{\"b\":\"c\"}"; 2000].join(","));
    assert!(super::read(&long).is_ok(), "{:?}", super::read(&long).err());
}

#[test]
fn yaml_anchors_are_resolved() {
    let text = "apps:\n  - &a\n    name: x\n    env: {A: 1, B: 'true', C: [1, {d: null}]}\n  - <<: *a\n    name: y\n";
    let read = read(text).unwrap();
    let Value::List(apps) = &read.get("apps").unwrap().value else { panic!("{read:?}") };
    assert_eq!(apps[1].get("name").and_then(Node::word).as_deref(), Some("y"));
    let env = apps[1].get("env").unwrap();
    assert_eq!(env.get("B").unwrap().value, Value::Text("true".into()));
    assert_eq!(env.get("C").unwrap().json(), "[1,{\"d\":null}]");
}

#[test]
fn hostile_input_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let again = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{again}]\n"));
    }
    let large = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), ["*a"; 20].join(", "));
    let anchors = format!("{}{}{}", "- &a\n  - &b\n    - &c\n", "      - ", "x".repeat(5 << 20));
    for (text, part) in [
        (large.as_str(), "MiB, aliases included"),
        (&anchors, "MiB, aliases included"),
        (bomb.as_str(), "values, aliases included"),
        (&"[".repeat(100_000), "limit"),
        (&"{\"a\":".repeat(100_000), "limit"),
        (&format!("{}{}", "[".repeat(80), "]".repeat(80)), "levels deep"),
        ("a: &a [*a]\n", "contains an alias of itself"),
        ("", "is empty"),
        ("{\"a\": [1, 2}\n", "is not valid YAML or JSON"),
        ("a: b: c\n", "is not valid YAML or JSON"),
        ("a: *nope\n", "is not valid YAML or JSON"),
        ("? [a]\n: b\n", "not text"),
    ] {
        let why = read(text).unwrap_err().why;
        assert!(why.contains(part), "{}: {why}", &text[..text.len().min(40)]);
    }
}
