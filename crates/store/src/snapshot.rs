//! Folds of the log kept beside it, so that a start need not fold it from its beginning. A snapshot is a convenience and
//! never the truth: one that is not whole, of another program or of another log counts as none.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use units::AreaId;

use crate::fault::{Fault, Refusal};
use crate::log::{LogReader, StoredEvent, Version};

/// First bytes of a snapshot; the number is that of the layout below.
const MAGIC: &[u8; 8] = b"kuseki-1";

/// The places of one kind of snapshot: two files in turn, so that there is an older one while the newer is written, and for
/// whoever has read less of the log.
#[derive(Debug, Clone)]
pub struct Snapshots {
    folder: PathBuf,
    name: &'static str,
    program: String,
}

/// A snapshot that is whole and of this program. Whether it is of this log, [`Kept::is_of`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Of the last event that is folded in it.
    pub version: Version,
    mark: u32,
    pub body: Vec<u8>,
}

impl Snapshots {
    /// Snapshots named `name` in this folder. `program` names the code that folds: another program may fold otherwise.
    pub fn new(folder: &Path, name: &'static str, program: &str) -> Snapshots {
        Snapshots { folder: folder.to_owned(), name, program: program.to_owned() }
    }

    fn file(&self, slot: u8) -> PathBuf {
        self.folder.join(format!("{}-{slot}.snapshot", self.name))
    }

    /// Those that can be read, the newest first.
    pub fn list(&self) -> Vec<Kept> {
        let mut all: Vec<Kept> = (0..2).filter_map(|slot| self.read(slot)).collect();
        all.sort_by_key(|kept| std::cmp::Reverse(kept.version));
        all
    }

    fn read(&self, slot: u8) -> Option<Kept> {
        let bytes = fs::read(self.file(slot)).ok()?;
        let rest = bytes.strip_prefix(MAGIC)?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        if crc32fast::hash(rest) != u32::from_le_bytes(*sum) {
            return None;
        }
        let (version, rest) = rest.split_first_chunk::<8>()?;
        let (mark, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (program, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        (program == self.program.as_bytes()).then(|| Kept {
            version: Version(u64::from_le_bytes(*version)),
            mark: u32::from_le_bytes(*mark),
            body: body.to_vec(),
        })
    }

    /// Writes over the older of the two. Whole or not at all: written under another name, flushed, renamed.
    pub fn keep(&self, version: Version, last: &StoredEvent, body: &[u8]) -> Result<(), Fault> {
        let newest = self.list().first().map(|kept| kept.version);
        let in_first = self.read(0).map(|kept| kept.version);
        let slot = u8::from(newest.is_some() && newest == in_first);
        let mut rest = Vec::with_capacity(body.len() + 64);
        rest.extend(version.0.to_le_bytes());
        rest.extend(mark_of(last).to_le_bytes());
        rest.extend((self.program.len() as u32).to_le_bytes());
        rest.extend(self.program.as_bytes());
        rest.extend(body);
        let (file, new) = (self.file(slot), self.folder.join(format!("{}.snapshot.new", self.name)));
        let written = File::create(&new).and_then(|mut out| {
            out.write_all(MAGIC)?;
            out.write_all(&crc32fast::hash(&rest).to_le_bytes())?;
            out.write_all(&rest)?;
            out.sync_all()
        });
        written.map_err(|e| Fault::file(&new, e))?;
        fs::rename(&new, &file).map_err(|e| Fault::file(&file, e))
    }
}

impl Kept {
    /// Whether the log holds the very event up to which this was folded.
    pub fn is_of(&self, log: &mut dyn LogReader, area: AreaId) -> Result<bool, Fault> {
        Ok(find_event(log, area, self.version)?.is_some_and(|event| mark_of(&event) == self.mark))
    }
}

fn mark_of(event: &StoredEvent) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&event.version.0.to_le_bytes());
    sum.update(&event.at.unix_seconds().to_le_bytes());
    sum.update(event.payload.as_bytes());
    sum.finalize()
}

/// The event of this number; none if the log is not so long.
pub fn find_event(
    log: &mut dyn LogReader,
    area: AreaId,
    version: Version,
) -> Result<Option<StoredEvent>, Fault> {
    let Some(before) = version.0.checked_sub(1) else { return Ok(None) };
    let mut found = None;
    let loaded = log.load(area, Version(before), &mut |event| {
        found = Some(event);
        // One is enough.
        Err(Refusal::from("no more"))
    });
    match (found, loaded) {
        (Some(event), _) => Ok(Some(event)),
        (None, Err(fault)) => Err(fault),
        (None, Ok(_)) => Ok(None),
    }
}
