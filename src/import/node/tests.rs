use super::*;

#[test]
fn json_is_read_with_what_people_write_in_it() {
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
fn yaml_is_read_with_its_anchors() {
    let text = "apps:\n  - &a\n    name: x\n    env: {A: 1, B: 'true', C: [1, {d: null}]}\n  - <<: *a\n    name: y\n";
    let read = read(text).unwrap();
    let Value::List(apps) = &read.get("apps").unwrap().value else { panic!("{read:?}") };
    assert_eq!(apps[1].get("name").and_then(Node::word).as_deref(), Some("y"));
    let env = apps[1].get("env").unwrap();
    assert_eq!(env.get("B").unwrap().value, Value::Text("true".into()));
    assert_eq!(env.get("C").unwrap().json(), "[1,{\"d\":null}]");
}

#[test]
fn what_is_made_to_choke_on_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let again = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{again}]\n"));
    }
    for (text, part) in [
        (bomb.as_str(), "values, with all that it repeats"),
        (&"[".repeat(100_000), "limit"),
        (&"{\"a\":".repeat(100_000), "limit"),
        (&format!("{}{}", "[".repeat(80), "]".repeat(80)), "within each other"),
        ("a: &a [*a]\n", "repeats what it is a part of"),
        ("", "nothing in it"),
        ("{\"a\": [1, 2}\n", "cannot be read"),
        ("a: b: c\n", "cannot be read"),
        ("a: *nope\n", "cannot be read"),
        ("? [a]\n: b\n", "no text"),
    ] {
        let why = read(text).unwrap_err().why;
        assert!(why.contains(part), "{}: {why}", &text[..text.len().min(40)]);
    }
}
