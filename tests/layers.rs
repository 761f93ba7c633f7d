//! The directories of `src/` depend on each other in one direction: no import goes up, so none goes in a circle.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree, token_stream};

/// The directories of `src/`, from the top: each may import those below it. Those on one line are independent of each
/// other.
const LAYERS: &[&[&str]] = &[
    &["commands"],
    &["session"],
    &["output"],
    &["apply"],
    &["checks"],
    &["plan"],
    &["resolve"],
    &["import"],
    &["manifest", "adopt", "hardening", "diagnosis"],
    &["state"],
    &["unit"],
    &["cli"],
    &["manager"],
    &["host"],
    &["spec"],
    &["runtime"],
    &["systemd"],
    &["shell"],
    &["model"],
];

/// The crate root, which is above all layers: it may import everything, and nothing may import it.
const ROOT: &str = "lib.rs";

#[test]
fn imports_only_go_down() {
    let mut report = String::new();
    for ((from, to), places) in upward_imports() {
        writeln!(report, "{from} must not import {to}:").unwrap();
        places.iter().for_each(|place| writeln!(report, "    {place}").unwrap());
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn every_module_belongs_to_a_layer() {
    let modules: BTreeSet<String> = sources().into_iter().map(|source| source.module.join("::")).collect();
    let is_layer = |name: &str| LAYERS.iter().any(|names| names.contains(&name));
    for module in modules.iter().filter(|module| !module.is_empty()) {
        let layer = layer(&module.split("::").map(str::to_owned).collect::<Vec<_>>());
        assert!(is_layer(&layer), "`{module}` is in no directory of LAYERS");
    }
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let text = r##"
        //! [`crate::in_a_comment`]
        use crate::{one, two::{Two, three}, self as root};
        use super::super::four::*;
        pub(crate) fn example() {
            crate::five::call::<crate::six::Six>("crate::in_a_string", r"crate::raw");
            mod inner { use super::super::super::seven; use super::sibling; }
            println!("{}", crate::eight::EIGHT);
        }
        #[cfg(test)]
        mod tests { use crate::in_a_test; }
        #[cfg(test)]
        use crate::in_a_test;
        use crate::nine;
    "##;
    let mut reader = Reader::new(&["a", "b"].map(str::to_owned));
    reader.read(text.parse().unwrap());
    let found: Vec<String> = reader.paths.iter().map(|(path, line)| format!("{line} {}", path.join("::"))).collect();
    let expected = [
        "3 one",
        "3 two::Two",
        "3 two::three",
        "3 ",
        "4 four::*",
        "6 five::call",
        "6 six::Six",
        "7 seven",
        "7 a::b::sibling",
        "8 eight::EIGHT",
        "14 nine",
    ];
    assert_eq!(found, expected);
    assert!(reader.test_modules.is_empty());
    reader.read("#[cfg(test)] mod tests; mod other;".parse().unwrap());
    assert_eq!(reader.test_modules, [["a", "b", "tests"].map(str::to_owned)]);
}

type Edge = (String, String);

/// The imports against the order of the layers, with the places they are at.
fn upward_imports() -> BTreeMap<Edge, Vec<String>> {
    let rank = |layer: &str| LAYERS.iter().position(|names| names.contains(&layer));
    let mut upward: BTreeMap<Edge, Vec<String>> = BTreeMap::new();
    for source in sources() {
        let from = layer(&source.module);
        for (path, line) in source.paths.iter().filter(|_| from != ROOT) {
            let to = layer(path);
            // Nothing is above the crate root.
            if from != to && rank(&to) <= rank(&from) {
                let place = format!("{}:{line}: {}", source.file.display(), path.join("::"));
                upward.entry((from.clone(), to)).or_default().push(place);
            }
        }
    }
    upward
}

/// The layer that a module or item belongs to, by its path in the crate.
fn layer(path: &[String]) -> String {
    let is_module = |name: &String| {
        let src = src().join(name);
        src.is_dir() || src.with_extension("rs").is_file()
    };
    path.first().filter(|name| is_module(name)).map_or_else(|| ROOT.to_owned(), Clone::clone)
}

/// A source file outside of tests.
struct Source {
    file: PathBuf,
    module: Vec<String>,
    paths: Vec<(Vec<String>, usize)>,
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    let mut directories = vec![src()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut sources = Vec::new();
    let mut test_modules = Vec::new();
    for path in files {
        let file = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_owned();
        let inside = path.strip_prefix(src()).unwrap().with_extension("");
        let mut module: Vec<String> = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            module.pop();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let tokens = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut reader = Reader::new(&module);
        reader.read(tokens);
        test_modules.append(&mut reader.test_modules);
        sources.push(Source { file, module, paths: reader.paths });
    }
    sources.retain(|source| !test_modules.iter().any(|tests| source.module.starts_with(tests)));
    sources
}

/// Collects the paths in the code of a module that name something of this crate.
struct Reader {
    module: Vec<String>,
    paths: Vec<(Vec<String>, usize)>,
    test_modules: Vec<Vec<String>>,
}

type Tokens = Peekable<token_stream::IntoIter>;

impl Reader {
    fn new(module: &[String]) -> Reader {
        Reader { module: module.to_vec(), paths: Vec::new(), test_modules: Vec::new() }
    }

    fn read(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' && is_test_attribute(tokens.peek()) => {
                    self.skip_test_item(&mut tokens);
                }
                TokenTree::Ident(ident) if ident == "mod" => {
                    let Some(TokenTree::Ident(name)) = tokens.next() else { continue };
                    if let Some(TokenTree::Group(body)) = tokens.peek() {
                        let body = body.stream();
                        tokens.next();
                        self.module.push(name.to_string());
                        self.read(body);
                        self.module.pop();
                    }
                }
                TokenTree::Ident(ident) if ident == "crate" && follows_path_separator(&tokens) => {
                    self.path(Vec::new(), &mut tokens, ident.span().start().line);
                }
                TokenTree::Ident(ident) if ident == "super" && follows_path_separator(&tokens) => {
                    let parent = self.module[..self.module.len().saturating_sub(1)].to_vec();
                    self.path(parent, &mut tokens, ident.span().start().line);
                }
                TokenTree::Ident(ident) if ident == "self" && follows_path_separator(&tokens) => {
                    self.path(self.module.clone(), &mut tokens, ident.span().start().line);
                }
                TokenTree::Group(group) => self.read(group.stream()),
                _ => {}
            }
        }
    }

    /// Reads on after the `crate`, `super` or `self` that stands for `path`.
    fn path(&mut self, mut path: Vec<String>, tokens: &mut Tokens, line: usize) {
        while follows_path_separator(tokens) {
            tokens.next();
            tokens.next();
            match tokens.peek() {
                Some(TokenTree::Ident(ident)) => {
                    step(&mut path, &ident.to_string());
                    tokens.next();
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let tree = group.stream();
                    tokens.next();
                    return self.tree(&path, tree);
                }
                Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => {
                    path.push("*".to_owned());
                    break;
                }
                _ => break,
            }
        }
        self.paths.push((path, line));
    }

    /// Reads what stands in the braces of a `use`.
    fn tree(&mut self, path: &[String], tree: TokenStream) {
        let mut tokens = tree.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let mut path = path.to_vec();
            step(&mut path, &token.to_string());
            self.path(path, &mut tokens, token.span().start().line);
            while tokens.next().is_some_and(|token| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','))
            {
            }
        }
    }

    /// Skips the item after `#`, and remembers it if it is a module in a file of its own.
    fn skip_test_item(&mut self, tokens: &mut Tokens) {
        let mut module = None;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "mod" => module = tokens.next(),
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    if let Some(name) = module {
                        let mut path = self.module.clone();
                        path.push(name.to_string());
                        self.test_modules.push(path);
                    }
                    return;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !continues_item(tokens) => return,
                _ => {}
            }
        }
    }
}

fn step(path: &mut Vec<String>, name: &str) {
    match name {
        "super" => drop(path.pop()),
        "self" => {}
        _ => path.push(name.to_owned()),
    }
}

fn follows_path_separator(tokens: &Tokens) -> bool {
    let mut next = tokens.clone();
    let mut is_colon = || matches!(next.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon() && is_colon()
}

/// Whether braces are followed by the end of a `use` or `const`.
fn continues_item(tokens: &mut Tokens) -> bool {
    matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), ';' | ',' | '.'))
}

fn is_test_attribute(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.stream().to_string().replace(' ', "") == "cfg(test)")
}
