//! Text whose parts have colors. It is escaped, and colored on a terminal only, when it is printed.

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::shell;

/// What a color stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
    /// The name of a service.
    Name,
    Error,
    Warning,
    Hint,
    Label,
    /// A name among others, by its number.
    Nth(usize),
}

/// Colors that tell names apart.
const NTH: [AnsiColor; 5] = [AnsiColor::Cyan, AnsiColor::Yellow, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Blue];

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Plain => Style::new(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
            Tone::Name | Tone::Label => Style::new().bold(),
            Tone::Error => AnsiColor::Red.on_default().bold(),
            Tone::Warning => AnsiColor::Yellow.on_default().bold(),
            Tone::Nth(number) => NTH[number % NTH.len()].on_default(),
            Tone::Hint => AnsiColor::Cyan.on_default().bold(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(Vec<(String, Tone)>);

impl Text {
    pub fn colored(text: impl Into<String>, tone: Tone) -> Text {
        Text(vec![(text.into(), tone)])
    }

    /// `error:`, `warning:`, `hint:` and the like, before a text.
    pub fn labeled(label: &str, text: impl AsRef<str>) -> Text {
        let tone = match label {
            "error" => Tone::Error,
            "warning" => Tone::Warning,
            "hint" => Tone::Hint,
            _ => Tone::Label,
        };
        Text::colored(format!("{label}:"), tone).with(format!(" {}", text.as_ref()))
    }

    pub fn with(mut self, text: impl Into<Text>) -> Text {
        self.0.extend(text.into().0);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(text, _)| text.is_empty())
    }

    pub fn lines(lines: impl IntoIterator<Item = Text>) -> Text {
        let mut lines = lines.into_iter();
        let first = lines.next().unwrap_or_default();
        lines.fold(first, |text, line| text.with("\n").with(line))
    }

    /// For a stream.
    pub fn render(&self, stream: &impl RawStream) -> String {
        // By the terminal, NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
        self.written(AutoStream::choice(stream) != ColorChoice::Never)
    }

    /// Harmless for a terminal.
    pub fn written(&self, colors: bool) -> String {
        let part = |(text, tone): &(String, Tone)| match tone {
            Tone::Plain => harmless(text),
            tone if colors && !text.is_empty() => {
                let style = tone.style();
                format!("{style}{}{style:#}", harmless(text))
            }
            _ => harmless(text),
        };
        self.0.iter().map(part).collect()
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Text {
        Text::colored(text, Tone::Plain)
    }
}

/// Text in which what moves a cursor, or hides or reorders text on a terminal, is escaped: it contains names, paths and
/// messages of others.
pub fn harmless(text: &str) -> String {
    text.split_inclusive(['\n', '\t']).fold(String::with_capacity(text.len()), |mut out, part| {
        let (shown, end) = part.split_at(part.trim_end_matches(['\n', '\t']).len());
        out.push_str(&shell::printable(shown));
        out.push_str(end);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_colors_reach_a_terminal() {
        let text = Text::labeled("error", "a\u{1b}[31m\tb\n");
        assert_eq!(text.written(false), "error: a\\u{1b}[31m\tb\n");
        assert_eq!(text.written(true), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m a\\u{1b}[31m\tb\n");
    }
}
