//! Guesses whether a value is a secret by its name or form. False positives only cause a warning, but are kept rare.

/// Whether a variable of this name likely holds a secret.
pub fn named_so(name: &str, value: &str) -> bool {
    is_secret_name(&words(name)) && could_be_secret(value)
}

/// Whether a name mentions a secret, whatever else it says: `CONDA_TOKEN_PATH` can hold the token itself.
pub fn names_secret(name: &str) -> bool {
    let words = words(name);
    (0..words.len()).any(|at| is_secret_at(&words, at))
}

/// Like [`named_so`] for a command-line option, where the last word counts: `--password-policy strict` is no secret.
pub fn option_named_so(name: &str, value: &str) -> bool {
    // Java's properties: `-Ddb.password=…`
    let words = words(name.strip_prefix("-D").unwrap_or(name));
    !words.is_empty() && is_secret_at(&words, words.len() - 1) && is_secret_name(&words) && could_be_secret(value)
}

/// Whether a text contains a token of a known kind, a private key, or a URL with a password.
pub fn by_form(text: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() || "\"'`,;:=&?/@()<>{}[]".contains(c);
    is_private_key(text) || text.split(is_separator).any(is_token) || url_with_password(text)
}

/// The words of a name: `apiKey`, `API_KEY` and `--api-key` are `api`, `key`. A trailing number is dropped.
fn words(name: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut was_lower = false;
    for c in name.chars() {
        let splits = !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && was_lower);
        if splits {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphabetic() {
            word.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase();
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

const SECRET: [&str; 17] = [
    "token",
    "secret",
    "secrets",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authtoken",
    "accesstoken",
    "credential",
    "credentials",
    "creds",
    "jwt",
];

/// Words that are abbreviations only after another one: `DB_PASS` but not `PASS`, `DB_PWD` but not `PWD`.
const SHORT: [&str; 3] = ["pass", "pwd", "pw"];

/// The use of a key that must be kept secret; `PUBLIC_KEY`, `SORT_KEY` and `KEY` are not.
const KEYS: [&str; 13] = [
    "api",
    "private",
    "access",
    "secret",
    "encryption",
    "signing",
    "auth",
    "master",
    "account",
    "session",
    "cipher",
    "hmac",
    "service",
];

/// Last words of names about a secret that are not secrets themselves.
const ABOUT: [&str; 97] = [
    "file",
    "files",
    "path",
    "dir",
    "folder",
    "location",
    "mount",
    "id",
    "ids",
    "name",
    "names",
    "label",
    "title",
    "description",
    "version",
    "region",
    "domain",
    "realm",
    "url",
    "uri",
    "endpoint",
    "host",
    "port",
    "user",
    "username",
    "type",
    "kind",
    "class",
    "format",
    "pattern",
    "regex",
    "mode",
    "method",
    "strategy",
    "header",
    "prefix",
    "suffix",
    "field",
    "param",
    "length",
    "len",
    "size",
    "digits",
    "strength",
    "limit",
    "count",
    "max",
    "min",
    "threshold",
    "attempts",
    "retries",
    "rounds",
    "cost",
    "ttl",
    "timeout",
    "expiry",
    "expires",
    "expiration",
    "lifetime",
    "validity",
    "duration",
    "period",
    "age",
    "interval",
    "days",
    "hours",
    "minutes",
    "seconds",
    "in",
    "within",
    "after",
    "before",
    "for",
    "every",
    "since",
    "until",
    "policy",
    "algorithm",
    "alg",
    "enabled",
    "disabled",
    "required",
    "allowed",
    "validation",
    "rotation",
    "hint",
    "reset",
    "issuer",
    "audience",
    "scope",
    "store",
    "provider",
    "manager",
    "backend",
    "engine",
    "command",
    "cmd",
];

/// Words before `token` for a text that is no secret: the name of an etcd cluster, the marks of language models.
const PLAIN_TOKENS: [&str; 8] = ["bos", "cls", "eos", "mask", "pad", "sep", "stop", "unk"];

/// Whether the word at this index makes the name that of a secret.
fn is_secret_at(words: &[String], at: usize) -> bool {
    let word = words[at].as_str();
    let before = at.checked_sub(1).map(|before| words[before].as_str());
    let is_plain = word == "token"
        && (words[..at].ends_with(&["initial".into(), "cluster".into()])
            || before.is_some_and(|before| PLAIN_TOKENS.contains(&before)));
    (SECRET.contains(&word) && !is_plain)
        // `PGPASSWORD`
        || ["password", "passwd", "passphrase"].iter().any(|end| word.ends_with(end))
        || (SHORT.contains(&word) && before.is_some_and(|before| before != "old"))
        || (word == "key" && before.is_some_and(|before| KEYS.contains(&before)))
}

fn is_secret_name(words: &[String]) -> bool {
    let is_about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    (0..words.len()).any(|at| is_secret_at(words, at)) && !is_about && !words.iter().any(|word| word == "public")
}

/// Whether a value can be a secret: not a switch, a number, a path or a placeholder.
fn could_be_secret(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let word = value.to_ascii_lowercase();
    let is_switch = ["true", "false", "yes", "no", "on", "off", "none", "null", "nil", "auto", "enabled", "disabled"]
        .contains(&word.as_str());
    let is_number = value.bytes().all(|b| b.is_ascii_digit() || b"._-:+".contains(&b));
    // `$TOKEN`, `${TOKEN}`, `{{ token }}`, `<token>`, `***`
    let is_placeholder = value.starts_with(['$', '{', '<', '%']) || value.chars().all(|c| matches!(c, '*' | 'x' | '.'));
    let is_place =
        ["./", "../", "~/", "file:", "/run/", "/etc/", "vault:", "env:"].iter().any(|it| value.starts_with(it));
    !(is_switch || is_number || is_duration(&word) || is_placeholder || is_place)
}

/// `6.hours`, `30d`, `15 min`
fn is_duration(word: &str) -> bool {
    const UNITS: [&str; 17] = [
        "ms", "s", "sec", "second", "m", "min", "minute", "h", "hr", "hour", "d", "day", "w", "week", "month", "y",
        "year",
    ];
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let unit = unit.trim_start_matches(['.', ' ', '_']);
    let one = unit.strip_suffix('s').filter(|one| one.len() > 1).unwrap_or(unit);
    unit.len() < word.len() && UNITS.contains(&one)
}

/// Prefixes of well-known tokens, and the minimum number of characters after them.
const TOKENS: [(&str, usize); 27] = [
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 30),
    ("glpat-", 16),
    ("gldt-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxa-", 16),
    ("xoxr-", 16),
    ("xoxs-", 16),
    ("xapp-", 16),
    ("AKIA", 16),
    ("ASIA", 16),
    ("sk-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("whsec_", 16),
    ("AIza", 30),
    ("npm_", 30),
    ("pypi-", 30),
    ("hf_", 30),
    ("dop_v1_", 30),
    ("SG.", 30),
    ("AGE-SECRET-KEY-1", 30),
];

fn is_token(word: &str) -> bool {
    let of_token = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    // A long hyphenated name (`sk-learn-…`) does not mix digits and capitals.
    let is_mixed =
        |text: &str| text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    let known = TOKENS.iter().any(|(start, length)| {
        word.strip_prefix(start).is_some_and(|rest| rest.len() >= *length && of_token(rest) && is_mixed(rest))
    });
    known || is_jwt(word)
}

/// A JSON web token: three base64url parts, the first two of which are objects (RFC 7519).
fn is_jwt(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let of_base64 = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    matches!(parts.as_slice(), [head, body, _] if head.starts_with("eyJ") && body.starts_with("eyJ") && head.len() > 8)
        && parts.iter().all(of_base64)
}

fn is_private_key(text: &str) -> bool {
    text.contains("-----BEGIN ") && text.contains("PRIVATE KEY")
}

/// `scheme://user:password@host`, or a secret in the query.
fn url_with_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = text[at + 3..].split(|c: char| c.is_whitespace() || "\"'".contains(c)).next().unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let password = authority.rsplit_once('@').and_then(|(userinfo, _)| userinfo.split_once(':')).map(|(_, it)| it);
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let in_query = |pair: &str| pair.split_once('=').is_some_and(|(name, value)| option_named_so(name, value));
        password.is_some_and(|it| !it.is_empty() && !it.starts_with(['$', '{', '<', '*']))
            || query.split(['&', ';']).any(in_query)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "TOKEN",
            "DB_PASSWORD",
            "MYSQL_ROOT_PASSWORD",
            "API_KEY",
            "apiKey",
            "STRIPE_SECRET_KEY",
            "SECRET_KEY_BASE",
            "PGPASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASS",
            "SMTP_PWD",
            "GITHUB_TOKEN",
            "PASSPHRASE",
            "PRIVATE_KEY",
            "PASSWORD2",
            "client-secret",
            "CREDENTIALS",
            "JWT_SECRET",
            "ENCRYPTION_KEY",
        ] {
            assert!(named_so(name, "hunter2"), "{name}");
        }
        for name in [
            "PATH",
            "PWD",
            "OLDPWD",
            "KEY",
            "KEYBOARD",
            "TOKENIZER",
            "TOKENIZERS_PARALLELISM",
            "DB_PASSWORD_FILE",
            "TOKEN_PATH",
            "SECRET_NAME",
            "AWS_ACCESS_KEY_ID",
            "PUBLIC_KEY",
            "SORT_KEY",
            "PASSENGER_ENV",
            "COMPASS",
            "BYPASS",
            "MAX_TOKENS",
            "TOKEN_URL",
            "PASSWORD_MIN_LENGTH",
            "SECRETARY",
            "TOKEN_TTL",
            "PASS",
            "RESET_PASSWORD_WITHIN",
            "TOKEN_EXPIRES_IN",
            "PASSWORD_EXPIRE_AFTER",
            "LOGIN_TOKEN_VALID_FOR",
            "ETCD_INITIAL_CLUSTER_TOKEN",
            "EOS_TOKEN",
            "SECRET_VERSION",
        ] {
            assert!(!named_so(name, "hunter2"), "{name}");
        }
    }

    #[test]
    fn names_that_mention_a_secret_are_known() {
        for name in ["CONDA_TOKEN_PATH", "UV_PUBLISH_PASSWORD_DIR", "POETRY_API_KEY_HOME", "TOKEN"] {
            assert!(names_secret(name), "{name}");
        }
        for name in ["CONDA_PREFIX", "PYENV_ROOT", "PATH", "TOKENIZERS_DIR", "UV_CACHE_DIR"] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn some_values_are_no_secrets_whatever_their_name() {
        for value in [
            "",
            "true",
            "No",
            "off",
            "none",
            "3600",
            "1.5",
            "6.hours",
            "30d",
            "15 min",
            "1week",
            "$TOKEN",
            "${X}",
            "{{ token }}",
            "<token>",
            "****",
        ] {
            assert!(!named_so("TOKEN", value), "{value}");
        }
        for value in ["./token", "~/token", "/run/secrets/token", "/etc/token", "file:///x"] {
            assert!(!named_so("TOKEN", value), "{value}");
        }
        for value in ["hunter2", "a", "correct horse", "/9j4AAQSkZJRg", "12ab", "hours", "6.horses", "7s7"] {
            assert!(named_so("TOKEN", value), "{value}");
        }
    }

    #[test]
    fn of_an_option_the_last_word_counts() {
        for name in
            ["--password", "--db-password", "--token", "-Dapi.key", "--auth-token", "--cluster-token", "--secretKey"]
        {
            assert!(option_named_so(name, "hunter2"), "{name}");
        }
        for name in [
            "--password-policy",
            "--token-auth",
            "--key",
            "--secrets-engine",
            "--initial-cluster-token",
            "--pad-token",
            "--no-color",
            "--tokenizer",
        ] {
            assert!(!option_named_so(name, "hunter2"), "{name}");
        }
    }

    #[test]
    fn secrets_are_known_by_their_form() {
        for text in [
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@github.com/a/b",
            "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789",
            "xoxb-123456789012-abcdefABCDEF",
            "AKIAIOSFODNN7EXAMPLE",
            "sk-proj-abcDEF1234567890abcDEF1234567890",
            "glpat-abcDEF1234567890abcd",
            "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n",
            "postgres://app:hunter2@db.example/app",
            "redis://:hunter2@localhost:6379/0",
            "https://example.org/hook?channel=1&token=hunter2",
        ] {
            assert!(by_form(text), "{text}");
        }
        for text in [
            "",
            "hello",
            "sk-learn",
            "sk-this-is-only-a-very-long-name-of-something",
            "ghp_short",
            "https://example.org/a?page=2",
            "https://git@github.com/a/b",
            "ssh://git@host:22/x",
            "postgres://app@db/app",
            "postgres://app:$PASSWORD@db/app",
            "postgres://app:${PASSWORD}@db/app",
            "http://localhost:8080/a:b@c",
            "-----BEGIN CERTIFICATE-----",
            "eyJhbGciOiJIUzI1NiJ9",
            "/usr/share/AKIA/x",
            "user@host:/path",
        ] {
            assert!(!by_form(text), "{text}");
        }
    }
}
