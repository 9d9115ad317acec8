//! Puts the items of lists into the order of the rows that they stand in, when they come in another one.
//!
//! Items are sorted in memory, a run at a time, and the runs are merged.
//!
//! **Invariant:** memory does not grow with the data. One run is in memory, and of the others a few that are merged into one when
//! there are [`MOST`] of a size.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::ops::Range;

use crate::model::{ChannelSid, Sid, SidKind, StoredSid, UserSid};

/// Bytes of a run in memory, with its keys.
const RUN: usize = 8 << 20;
/// Runs of one size at most.
const MOST: usize = 16;
/// What is written and read of a run at once.
const BUFFER: usize = 64 * 1024;

/// The place of an item: the service's number in its walk, the user, the channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ItemKey {
    pub(super) service: u32,
    pub(super) user: UserSid,
    pub(super) channel: ChannelSid,
}

/// Takes items in any order.
#[derive(Debug, Default)]
pub(super) struct ItemSorter {
    keys: Vec<(ItemKey, Range<usize>)>,
    text: Vec<u8>,
    /// Runs in files, by how often they were merged.
    levels: Vec<Vec<File>>,
}

/// What takes items in their order.
type TakeItem<'a> = dyn FnMut(&ItemKey, &[u8]) -> io::Result<()> + 'a;

impl ItemSorter {
    /// Adds an item.
    pub(super) fn push(&mut self, key: ItemKey, item: &[u8]) -> io::Result<()> {
        let start = self.text.len();
        self.text.extend_from_slice(item);
        self.keys.push((key, start..self.text.len()));
        if self.text.len() + self.keys.len() * size_of::<(ItemKey, Range<usize>)>() < RUN {
            return Ok(());
        }
        self.end_run()
    }

    /// Gives all items in their order.
    pub(super) fn finish(mut self, take: &mut TakeItem<'_>) -> io::Result<()> {
        if self.levels.is_empty() {
            return self.take_run(take);
        }
        self.end_run()?;
        self.text = Vec::new();
        self.keys = Vec::new();
        merge(self.levels.into_iter().flatten().collect(), take)
    }

    fn take_run(&mut self, take: &mut TakeItem<'_>) -> io::Result<()> {
        self.keys.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        for (key, at) in self.keys.drain(..) {
            take(&key, self.text.get(at).unwrap_or_default())?;
        }
        self.text.clear();
        Ok(())
    }

    fn end_run(&mut self) -> io::Result<()> {
        let mut run = RunWriter::new()?;
        self.take_run(&mut |key, item| run.put(key, item))?;
        let (mut file, mut level) = (run.finish()?, 0);
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let runs = &mut self.levels[level];
            runs.push(file);
            if runs.len() < MOST {
                return Ok(());
            }
            let mut merged = RunWriter::new()?;
            merge(std::mem::take(runs), &mut |key, item| merged.put(key, item))?;
            file = merged.finish()?;
            level += 1;
        }
    }
}

/// Gives the items of several runs in their order.
fn merge(runs: Vec<File>, take: &mut TakeItem<'_>) -> io::Result<()> {
    let mut readers: Vec<RunReader> = runs
        .into_iter()
        .map(|file| RunReader { file: BufReader::with_capacity(BUFFER, file), item: Vec::new() })
        .collect();
    let mut next = BinaryHeap::new();
    for (position, reader) in readers.iter_mut().enumerate() {
        next.extend(reader.advance()?.map(|key| Reverse((key, position))));
    }
    while let Some(Reverse((key, position))) = next.pop() {
        let reader = &mut readers[position];
        take(&key, &reader.item)?;
        next.extend(reader.advance()?.map(|key| Reverse((key, position))));
    }
    Ok(())
}

/// Writes a run to a temporary file.
struct RunWriter(BufWriter<File>);

impl RunWriter {
    fn new() -> io::Result<Self> {
        Ok(Self(BufWriter::with_capacity(BUFFER, tempfile::tempfile()?)))
    }

    fn put(&mut self, key: &ItemKey, item: &[u8]) -> io::Result<()> {
        self.0.write_all(&[1])?;
        self.0.write_all(&key.service.to_le_bytes())?;
        write_sid(&mut self.0, &key.user)?;
        write_sid(&mut self.0, &key.channel)?;
        write_text(&mut self.0, item)
    }

    fn finish(self) -> io::Result<File> {
        let mut file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(file)
    }
}

/// Reads a run.
struct RunReader {
    file: BufReader<File>,
    item: Vec<u8>,
}

impl RunReader {
    /// Reads the next item, whose key it gives.
    fn advance(&mut self) -> io::Result<Option<ItemKey>> {
        let mut tag = [0];
        if self.file.read(&mut tag)? == 0 {
            return Ok(None);
        }
        let mut service = [0; 4];
        self.file.read_exact(&mut service)?;
        let service = u32::from_le_bytes(service);
        let (user, channel) = (read_sid(&mut self.file)?, read_sid(&mut self.file)?);
        self.item = read_text(&mut self.file, std::mem::take(&mut self.item))?;
        Ok(Some(ItemKey { service, user, channel }))
    }
}

/// Writes a SID as its digits, or as the text that it is.
pub(super) fn write_sid<K: SidKind>(out: &mut impl io::Write, sid: &Sid<K>) -> io::Result<()> {
    match sid.stored() {
        StoredSid::Digits(digits) => {
            out.write_all(&[1])?;
            out.write_all(&digits)
        }
        StoredSid::Verbatim(text) => {
            out.write_all(&[0])?;
            write_text(out, text.as_bytes())
        }
    }
}

pub(super) fn read_sid<K: SidKind>(file: &mut impl io::Read) -> io::Result<Sid<K>> {
    let mut tag = [0];
    file.read_exact(&mut tag)?;
    if tag == [1] {
        let mut digits = [0; 16];
        file.read_exact(&mut digits)?;
        return Ok(Sid::from_bytes(digits));
    }
    Ok(Sid::from_wire(&String::from_utf8_lossy(&read_text(file, Vec::new())?)))
}

pub(super) fn write_text(out: &mut impl io::Write, text: &[u8]) -> io::Result<()> {
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(text)
}

pub(super) fn read_text(file: &mut impl io::Read, mut text: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    text.resize(u32::from_le_bytes(length) as usize, 0);
    file.read_exact(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid<K: SidKind>(number: u128) -> Sid<K> {
        if number.is_multiple_of(7) {
            Sid::from_wire(&format!("odd {number}"))
        } else {
            Sid::from_digits(number)
        }
    }

    /// Enough for runs that are merged twice, and a rest in memory.
    #[test]
    fn items_of_many_runs_come_in_the_order_of_their_keys() {
        let mut sorter = ItemSorter::default();
        let long = vec![b'x'; RUN / 8];
        let mut keys = Vec::new();
        for step in 0..(8 * MOST as u128 * 2 + 13) {
            let spread = step.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_003;
            let key = ItemKey { service: (step % 3) as u32, user: sid(spread % 50), channel: sid(spread) };
            let mut item = format!("{key:?} ").into_bytes();
            item.extend_from_slice(&long);
            sorter.push(key.clone(), &item).unwrap();
            keys.push(key);
        }
        assert!(sorter.levels.len() > 1 && !sorter.keys.is_empty());
        keys.sort();
        let mut found = Vec::new();
        sorter
            .finish(&mut |key, item| {
                assert!(item.starts_with(format!("{key:?} ").as_bytes()));
                found.push(key.clone());
                Ok(())
            })
            .unwrap();
        assert_eq!(found, keys);
    }

    #[test]
    fn few_items_need_no_file() {
        let mut sorter = ItemSorter::default();
        for number in [3_u8, 1, 2] {
            sorter
                .push(ItemKey { service: 0, user: sid(1), channel: sid(number.into()) }, &[b'0' + number])
                .unwrap();
        }
        assert!(sorter.levels.is_empty());
        let mut text = Vec::new();
        sorter
            .finish(&mut |_, item| {
                text.extend_from_slice(item);
                Ok(())
            })
            .unwrap();
        assert_eq!(text, b"123");
    }
}
