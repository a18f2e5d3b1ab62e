//! The folder of a running server: what it is for, who uses it, and the log inside.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use units::Timestamp;

use crate::accounts::AccountsFile;
use crate::fault::Fault;
use crate::outbox::Outbox;
use crate::settings::AreaSettings;
use crate::sqlite::SqliteLog;

/// The number of the folder's layout; a folder with another number is refused.
pub const FORMAT: u64 = 1;

const DESCRIPTION: &str = "kuseki.json";
const NEW_DESCRIPTION: &str = "kuseki.json.new";
const LOCK: &str = "lock";
const LOG: &str = "log.sqlite";
const OUTBOX: &str = "outbox.sqlite";
const ACCOUNTS: [&str; 3] = ["accounts.sqlite", "accounts.sqlite-wal", "accounts.sqlite-shm"];

/// What `kuseki.json` says of its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    pub format: u64,
    /// Fingerprint of the road network: places keep their node in it, so another network makes no sense.
    pub roads: String,
    /// Name of the area, for people.
    pub area: String,
    pub created: Timestamp,
}

/// A data directory, held for this process alone until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    description: Description,
    /// The open file holds the lock of the operating system; it ends with the process, however that ends.
    _lock: File,
}

/// The lock of a directory whose accounts alone are used.
#[derive(Debug)]
pub struct AccountsLock {
    _file: File,
}

impl DataDir {
    /// Opens the directory, or makes it if it is missing or empty (`area` and `now` are then written down).
    pub fn open(path: &Path, roads_fingerprint: &str, area: &str, now: Timestamp) -> Result<Self, Fault> {
        make_directory(path)?;
        refuse_foreign(path)?;
        let lock = take_lock(path)?;
        let description = match read_description(&path.join(DESCRIPTION))? {
            Some(description) => description,
            None => {
                let (roads, area) = (roads_fingerprint.to_owned(), area.to_owned());
                write_description(path, Description { format: FORMAT, roads, area, created: now })?
            }
        };
        if description.roads != roads_fingerprint {
            return Err(Fault::OtherRoads {
                file: path.join(DESCRIPTION),
                found: description.roads,
                expected: roads_fingerprint.to_owned(),
            });
        }
        Ok(DataDir { path: path.to_owned(), description, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written down when the directory was made.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// What the area has set for itself.
    ///
    /// # Errors
    /// [`Fault::Malformed`] for a file that is none of settings.
    pub fn settings(&self) -> Result<AreaSettings, Fault> {
        AreaSettings::open(&self.path)
    }

    /// Opens what is to be told to people outside.
    pub fn outbox(&self) -> Result<Outbox, Fault> {
        Outbox::open(&self.path.join(OUTBOX))
    }

    /// Opens who may use the service.
    pub fn accounts(&self) -> Result<AccountsFile, Fault> {
        AccountsFile::open(&self.path.join(ACCOUNTS[0]))
    }

    /// The accounts of a directory that no server uses now, whatever roads it is for; it may still have to be made. They
    /// are held for this process alone until the returned lock is dropped.
    pub fn accounts_alone(path: &Path) -> Result<(AccountsFile, AccountsLock), Fault> {
        make_directory(path)?;
        refuse_foreign(path)?;
        let lock = take_lock(path)?;
        Ok((AccountsFile::open(&path.join(ACCOUNTS[0]))?, AccountsLock { _file: lock }))
    }

    /// Opens the log inside. Drop it before the directory.
    pub fn log(&self) -> Result<SqliteLog, Fault> {
        SqliteLog::open(&self.path.join(LOG))
    }
}

fn make_directory(path: &Path) -> Result<(), Fault> {
    if path.is_dir() {
        return Ok(());
    }
    // Of `file/data` it is `file` that stands in the way.
    if let Some(file) = path.ancestors().find(|part| part.exists() && !part.is_dir()) {
        return Err(Fault::NotADirectory { path: file.to_owned() });
    }
    fs::create_dir_all(path).map_err(|source| Fault::NotWritable { path: path.to_owned(), source })
}

/// A folder without description must be as good as empty: nobody's files get a database put beside them.
fn refuse_foreign(path: &Path) -> Result<(), Fault> {
    if path.join(DESCRIPTION).exists() {
        return Ok(());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| Fault::file(path, e))? {
        names.push(entry.map_err(|e| Fault::file(path, e))?.file_name().to_string_lossy().into_owned());
    }
    // Left by a start that was killed before it wrote the description, or by the making of a file system.
    // The first accounts may be made before the server first starts.
    names.retain(|name| ![LOCK, NEW_DESCRIPTION, "lost+found"].contains(&name.as_str()));
    names.retain(|name| !ACCOUNTS.contains(&name.as_str()));
    names.sort();
    match names.into_iter().next() {
        Some(found) => Err(Fault::Foreign { path: path.to_owned(), found }),
        None => Ok(()),
    }
}

fn take_lock(path: &Path) -> Result<File, Fault> {
    let name = path.join(LOCK);
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name);
    let mut file = opened.map_err(|source| match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Fault::NotWritable { path: path.to_owned(), source }
        }
        _ => Fault::file(&name, source),
    })?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&name).unwrap_or_default();
            let holder =
                if holder.trim().is_empty() { "a process that is just starting" } else { holder.trim() };
            return Err(Fault::InUse { path: path.to_owned(), holder: holder.to_owned() });
        }
        Err(TryLockError::Error(e)) => return Err(Fault::file(&name, e)),
    }
    let holder = format!("process {}\n", std::process::id());
    file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(|e| Fault::file(&name, e))?;
    Ok(file)
}

/// `None` if there is none yet.
fn read_description(file: &Path) -> Result<Option<Description>, Fault> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Fault::file(file, e)),
    };
    let malformed = |e: serde_json::Error| Fault::Malformed { file: file.to_owned(), detail: e.to_string() };
    // The format number is read first and alone: the rest may look different in another format.
    #[derive(Deserialize)]
    struct Head {
        format: u64,
    }
    let found = serde_json::from_str::<Head>(&text).map_err(malformed)?.format;
    if found != FORMAT {
        return Err(Fault::OtherFormat { file: file.to_owned(), found, expected: FORMAT });
    }
    serde_json::from_str(&text).map(Some).map_err(malformed)
}

/// Written under another name, flushed and renamed, so that a description is either absent or whole.
fn write_description(path: &Path, description: Description) -> Result<Description, Fault> {
    let (new, file) = (path.join(NEW_DESCRIPTION), path.join(DESCRIPTION));
    let text = serde_json::to_string_pretty(&description)
        .map_err(|e| Fault::Malformed { file: file.clone(), detail: e.to_string() })?;
    let written = File::create(&new).and_then(|mut out| {
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.sync_all()
    });
    written.map_err(|e| Fault::file(&new, e))?;
    fs::rename(&new, &file).map_err(|e| Fault::file(&file, e))?;
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|e| Fault::file(path, e))?;
    Ok(description)
}
