//! The roads file: a head, a table of sections, then the sections, all of little-endian integers and counted lists.
//!
//! ```text
//! KUSEKI-ROADS | u32 format | u64 length of all that follows the head | u32 CRC-32 of the table
//! table: u32 count | for each section: 4 letters, u64 length, u32 CRC-32
//! SRCE source and licence   NETW network   SPED speeds (JSON)   ORDR order of contraction
//! OUTS, OUT0..OUT3 hierarchy out of states: records, and whole weights of each period (see `half`)
//! INTS, INT0..INT3 the same into states    SCEN scenery         MAPX what the map is drawn from
//! ```
//!
//! Sections are read one by one, and those of the hierarchy kept as they are; a checksum is taken before anything in a
//! section is believed, beside the reading of the next.

mod codec;
mod sections;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::hierarchy::{Hierarchy, Order};
use crate::map::MapLayers;
use crate::net::Net;
use crate::network::Network;
use crate::shapes::Scenery;
use crate::speeds::Speeds;
use crate::turns::Turns;
use crate::{Fault, Source};
use codec::Input;
pub(crate) use sections::fingerprint;

const MAGIC: &[u8; 12] = b"KUSEKI-ROADS";
const FORMAT: u32 = 4;
const HEAD: usize = 12 + 4 + 8 + 4;
/// More than any writer makes; a table is not believed beyond it.
const MOST_SECTIONS: u32 = 64;
/// Sections below this are read on the spot.
const WORTH_A_THREAD: u64 = 1 << 20;

/// What a file holds.
pub(crate) struct Parts {
    pub source: Source,
    /// As [`fingerprint`] of the network.
    pub fingerprint: u32,
    pub network: Network,
    pub turns: Turns,
    pub speeds: Speeds,
    pub order: Order,
    pub hierarchy: Hierarchy,
    pub scenery: Scenery,
    pub map: Option<MapLayers>,
}

/// What is written.
pub(crate) struct Written<'a> {
    pub source: &'a Source,
    pub net: &'a Net,
    pub scenery: &'a Scenery,
    pub map: &'a [u8],
}

type Tag = [u8; 4];

/// Its checksum is the fingerprint.
const NETWORK: Tag = *b"NETW";

/// What takes longest to read comes first.
const TAGS: [Tag; 16] = [
    NETWORK, *b"MAPX", *b"SRCE", *b"SPED", *b"ORDR", *b"OUTS", *b"OUT0", *b"OUT1", *b"OUT2", *b"OUT3",
    *b"INTS", *b"INT0", *b"INT1", *b"INT2", *b"INT3", *b"SCEN",
];

struct Entry {
    tag: Tag,
    length: u64,
    crc: u32,
}

pub(crate) fn read(path: &Path) -> Result<Parts, Fault> {
    let io = |source| Fault::Io { path: path.to_owned(), doing: "read", source };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let table = read_table(path, &mut file, size)?;
    let malformed = |what: String| Fault::Malformed { path: path.to_owned(), what };
    let mut found = [false; TAGS.len()];
    let unread = sections::Unread::default();
    std::thread::scope(|scope| {
        let mut reading = Vec::new();
        for entry in &table {
            // The lengths of all sections add up to the file's, so this many bytes really follow.
            let mut bytes = vec![0; entry.length as usize];
            file.read_exact(&mut bytes).map_err(io)?;
            match TAGS.iter().position(|tag| *tag == entry.tag) {
                Some(i) if !found[i] => found[i] = true,
                Some(_) => return Err(malformed(format!("section {} occurs twice", name(entry.tag)))),
                // A section of a later program that this one can do without.
                None => {}
            }
            let unread = &unread;
            let read = move || {
                let crc = crc32fast::hash(&bytes);
                if crc != entry.crc {
                    return Err(Fault::WrongChecksum {
                        path: path.to_owned(),
                        found: crc,
                        expected: entry.crc,
                    });
                }
                unread.take(&entry.tag, bytes).map_err(malformed)
            };
            if entry.length < WORTH_A_THREAD {
                read()?;
            } else {
                reading.push(scope.spawn(read));
            }
        }
        // In the order of the file, so that one file always has the same fault.
        reading
            .into_iter()
            .try_for_each(|section| section.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    let network = table.iter().find(|entry| entry.tag == NETWORK).map_or(0, |entry| entry.crc);
    unread.whole(network).map_err(malformed)
}

fn name(tag: Tag) -> String {
    String::from_utf8_lossy(&tag).into_owned()
}

fn read_table(path: &Path, file: &mut File, size: u64) -> Result<Vec<Entry>, Fault> {
    let io = |source| Fault::Io { path: path.to_owned(), doing: "read", source };
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head).map_err(io)?;
    let mut input = Input::new(&head);
    if input.bytes(MAGIC.len()).ok() != Some(MAGIC.as_slice()) {
        return Err(Fault::NotRoads { path: path.to_owned() });
    }
    let short = |_| Fault::WrongLength { path: path.to_owned(), promised: HEAD as u64, found: size };
    let found = input.u32().map_err(short)?;
    if found != FORMAT {
        return Err(Fault::OtherVersion { path: path.to_owned(), found, expected: FORMAT });
    }
    let promised = input.u64().map_err(short)?.saturating_add(HEAD as u64);
    let expected = input.u32().map_err(short)?;
    if promised != size {
        return Err(Fault::WrongLength { path: path.to_owned(), promised, found: size });
    }
    let malformed = |what: String| Fault::Malformed { path: path.to_owned(), what };
    let mut count = [0; 4];
    file.read_exact(&mut count).map_err(io)?;
    let sections = u32::from_le_bytes(count);
    if sections > MOST_SECTIONS {
        return Err(malformed(format!(
            "it announces {sections} sections; at most {MOST_SECTIONS} are known"
        )));
    }
    let mut table = vec![0; sections as usize * 16];
    file.read_exact(&mut table).map_err(io)?;
    let found = crc32fast::hash(&[&count[..], &table].concat());
    if found != expected {
        return Err(Fault::WrongChecksum { path: path.to_owned(), found, expected });
    }
    let mut entries = Vec::new();
    let mut left = size - HEAD as u64 - 4;
    left =
        left.checked_sub(table.len() as u64).ok_or_else(|| malformed("its table is cut off".to_owned()))?;
    for entry in table.chunks_exact(16) {
        let mut input = Input::new(entry);
        let mut tag = [0; 4];
        tag.copy_from_slice(input.bytes(4).map_err(malformed)?);
        let (length, crc) = (input.u64().map_err(malformed)?, input.u32().map_err(malformed)?);
        left = left
            .checked_sub(length)
            .ok_or_else(|| malformed(format!("section {} is longer than the file", name(tag))))?;
        entries.push(Entry { tag, length, crc });
    }
    if left != 0 {
        return Err(malformed(format!("{left} bytes belong to no section")));
    }
    Ok(entries)
}

/// Writes beside the target, makes it durable, then puts it in place in one step.
pub(crate) fn write(path: &Path, what: &Written) -> Result<(), Fault> {
    let mut beside: PathBuf = path.to_owned();
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    beside.set_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = write_beside(&beside, what).and_then(|()| {
        fs::rename(&beside, path).map_err(|source| Fault::Io {
            path: path.to_owned(),
            doing: "put in place",
            source,
        })
    });
    if written.is_err() {
        // The first fault is the one to tell; a leftover is only untidy.
        let _ = fs::remove_file(&beside);
        return written;
    }
    // A rename is durable once its directory is; some systems cannot sync a directory and need not.
    if let Some(Ok(directory)) =
        path.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }).map(File::open)
    {
        let _ = directory.sync_all();
    }
    Ok(())
}

fn write_beside(path: &Path, what: &Written) -> Result<(), Fault> {
    let io = |source| Fault::Io { path: path.to_owned(), doing: "write", source };
    // Sections are made twice, once for their checksums: large ones need not lie in memory side by side.
    let mut table = Vec::from((TAGS.len() as u32).to_le_bytes());
    let mut length = 0;
    for tag in TAGS {
        let bytes = sections::encode(&tag, what);
        table.extend_from_slice(&tag);
        table.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        table.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        length += bytes.len();
    }
    let mut head = Vec::with_capacity(HEAD);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&FORMAT.to_le_bytes());
    head.extend_from_slice(&((length + table.len()) as u64).to_le_bytes());
    head.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
    let mut file = File::create(path).map_err(io)?;
    file.write_all(&head).map_err(io)?;
    file.write_all(&table).map_err(io)?;
    for tag in TAGS {
        file.write_all(&sections::encode(&tag, what)).map_err(io)?;
    }
    file.sync_all().map_err(io)
}
