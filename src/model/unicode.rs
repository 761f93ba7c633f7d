//! Which characters systemd refuses everywhere.

/// U+FDD0 to U+FDEF and the last two code points of every plane, as in systemd's `unichar_is_valid`.
pub fn is_noncharacter(c: char) -> bool {
    let code = c as u32;
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}
