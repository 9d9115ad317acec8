//! The first lines that `verify` prints in a rehearsal.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// So many are kept, and of longer ones no more than so many bytes together.
const LINES: usize = 20;
const BYTES: usize = 16 * 1024;

/// Keeps the first of what is written. Its clones keep it together.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstLines(Arc<Mutex<Vec<u8>>>);

impl FirstLines {
    pub(super) fn all(&self) -> Vec<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).lines().take(LINES).map(str::to_owned).collect()
    }
}

impl Write for FirstLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = BYTES.saturating_sub(kept.len());
        kept.extend(bytes.iter().take(room));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_kept_however_much_is_written() {
        let kept = FirstLines::default();
        for number in 0..10_000 {
            writeln!(kept.clone(), "line {number}").unwrap();
        }
        let all = kept.all();
        assert_eq!((all.len(), all[0].as_str(), all[19].as_str()), (20, "line 0", "line 19"));
        let long = FirstLines::default();
        long.clone().write_all("ä".repeat(BYTES).as_bytes()).unwrap();
        assert!(long.all()[0].len() <= BYTES + 3);
    }
}
