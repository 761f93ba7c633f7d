//! How systemd reads an environment file, byte by byte.
//!
//! systemd.exec(5) documents a part of these rules (`EnvironmentFile=`); the others were observed on 247, 252 and 257
//! (`tests/booted`):
//!
//! * White space at the start of a line has no effect; `#` and `;` after it begin a comment.
//! * Everything before `=` is the name, without trailing white space; a leading `=` is a part of it. A line without
//!   (another) `=` is dropped.
//! * Quotes are special only at the start of a value, or directly after another pair of quotes. White space between such
//!   parts is dropped, and after the first unquoted character, quotes are literal.
//! * Quotes can span lines. In single quotes nothing is special; in double quotes a backslash is, before `"`, `\`, `` ` ``,
//!   `$` and a line feed.
//! * Outside of quotes, a backslash is removed, and with it a line end after it; trailing white space is dropped unless it
//!   follows a backslash.
//! * A carriage return outside of quotes ends a line like a line feed.

/// How a comment that ends in a backslash is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// It ends with its line, as in systemd 254 and later.
    EndWithTheirLine,
    /// The next line belongs to it, as in older versions.
    Continue,
}

impl Comments {
    pub fn of_version(version: u32) -> Comments {
        if version >= 254 { Comments::EndWithTheirLine } else { Comments::Continue }
    }
}

/// A piece of a file; positions are byte offsets.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// Without its line end.
    Comment {
        /// The offset of `#` or `;`.
        start: usize,
        /// After its last byte.
        end: usize,
    },
    /// A line without `=`, which systemd drops.
    Dropped {
        start: usize,
        /// After its last byte.
        end: usize,
    },
    /// Possibly invalid.
    Assignment(Raw),
}

impl Entry {
    pub fn assignment(&self) -> Option<&Raw> {
        if let Entry::Assignment(raw) = self { Some(raw) } else { None }
    }

    /// After its last byte, usually at a line end.
    pub fn end(&self) -> usize {
        match self {
            Entry::Comment { end, .. } | Entry::Dropped { end, .. } | Entry::Assignment(Raw { end, .. }) => *end,
        }
    }
}

/// An assignment as it is in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Raw {
    pub start: usize,
    /// Without surrounding white space.
    pub name: Vec<u8>,
    pub equals: usize,
    /// With the origin of each byte.
    pub value: Vec<ValueByte>,
    pub quotes: Vec<Quoted>,
    /// The offsets of backslashes that remove a line end.
    pub joins: Vec<usize>,
    /// After its last byte, without the line end.
    pub end: usize,
}

impl Raw {
    pub fn bytes(&self) -> Vec<u8> {
        self.value.iter().map(|it| it.byte).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueByte {
    pub byte: u8,
    /// For an escaped byte, after the backslash.
    pub at: usize,
    /// How the byte is quoted.
    pub quoting: Quoting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    Bare,
    /// After a backslash that is removed.
    Escaped,
    Single,
    Double,
}

/// A pair of quotes that systemd reads as quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted {
    pub open: usize,
    /// `None` if it is not closed.
    pub close: Option<usize>,
}

pub fn entries(content: &[u8], comments: Comments) -> Vec<Entry> {
    let mut reader = Reader { content, at: 0 };
    let mut entries = Vec::new();
    loop {
        reader.skip(|byte| is_blank(byte) || is_line_end(byte));
        match reader.peek() {
            None => return entries,
            Some(b'#' | b';') => entries.push(reader.comment(comments)),
            Some(_) => entries.push(reader.line()),
        }
    }
}

struct Reader<'a> {
    content: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.content.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn skip(&mut self, what: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&what) {
            self.at += 1;
        }
    }

    fn comment(&mut self, comments: Comments) -> Entry {
        let start = self.at;
        while let Some(byte) = self.peek().filter(|byte| !is_line_end(*byte)) {
            self.at += 1;
            let joins = self.peek().is_some_and(|next| comments == Comments::Continue || !is_line_end(next));
            if byte == b'\\' && joins {
                self.at += 1;
            }
        }
        Entry::Comment { start, end: self.at }
    }

    fn line(&mut self) -> Entry {
        let start = self.at;
        self.at += 1;
        self.skip(|byte| byte != b'=' && !is_line_end(byte));
        let end = self.at;
        if self.peek() != Some(b'=') {
            return Entry::Dropped { start, end };
        }
        self.at += 1;
        let name = &self.content[start..end];
        let length = name.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
        let mut raw = Raw {
            start,
            name: name[..length].to_vec(),
            equals: end,
            value: Vec::new(),
            quotes: Vec::new(),
            joins: Vec::new(),
            end,
        };
        self.value(&mut raw);
        raw.end = self.at;
        Entry::Assignment(raw)
    }

    /// Quoted parts first, then unquoted text up to the end of the line.
    fn value(&mut self, raw: &mut Raw) {
        loop {
            self.skip(is_blank);
            match self.peek() {
                None => return,
                Some(byte) if is_line_end(byte) => return,
                Some(b'\'') => self.single(raw),
                Some(b'"') => self.double(raw),
                Some(_) => return self.bare(raw),
            }
        }
    }

    fn single(&mut self, raw: &mut Raw) {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.next() {
            let at = self.at - 1;
            if byte == b'\'' {
                return raw.quotes.push(Quoted { open, close: Some(at) });
            }
            raw.value.push(ValueByte { byte, at, quoting: Quoting::Single });
        }
        raw.quotes.push(Quoted { open, close: None });
    }

    fn double(&mut self, raw: &mut Raw) {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.next() {
            let at = self.at - 1;
            match byte {
                b'"' => return raw.quotes.push(Quoted { open, close: Some(at) }),
                b'\\' => match self.next() {
                    // The line end is removed too; at the end of the file the backslash is ignored.
                    None | Some(b'\n') => {}
                    Some(byte @ (b'"' | b'\\' | b'`' | b'$')) => {
                        raw.value.push(ValueByte { byte, at: at + 1, quoting: Quoting::Escaped });
                    }
                    Some(next) => {
                        raw.value.push(ValueByte { byte, at, quoting: Quoting::Double });
                        raw.value.push(ValueByte { byte: next, at: at + 1, quoting: Quoting::Double });
                    }
                },
                byte => raw.value.push(ValueByte { byte, at, quoting: Quoting::Double }),
            }
        }
        raw.quotes.push(Quoted { open, close: None });
    }

    fn bare(&mut self, raw: &mut Raw) {
        // White space before a backslash is kept.
        let mut kept = raw.value.len();
        while let Some(byte) = self.peek().filter(|byte| !is_line_end(*byte)) {
            let at = self.at;
            self.at += 1;
            if byte != b'\\' {
                raw.value.push(ValueByte { byte, at, quoting: Quoting::Bare });
                continue;
            }
            match self.next() {
                Some(next) if is_line_end(next) => raw.joins.push(at),
                Some(byte) => raw.value.push(ValueByte { byte, at: at + 1, quoting: Quoting::Escaped }),
                None => {}
            }
            kept = raw.value.len();
        }
        while raw.value.len() > kept && raw.value.last().is_some_and(|last| is_blank(last.byte)) {
            raw.value.pop();
        }
    }
}

/// White space other than a line end.
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A line end outside of quotes.
pub fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
