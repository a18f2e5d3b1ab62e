//! What an area has set for itself beside its log: words by name, in `settings.json` of the data directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;

const SETTINGS: &str = "settings.json";
const NEW_SETTINGS: &str = "settings.json.new";

/// The settings of one data directory. The file is made with the first word that is kept.
#[derive(Debug)]
pub struct AreaSettings {
    folder: PathBuf,
    words: Mutex<BTreeMap<String, String>>,
}

impl AreaSettings {
    /// # Errors
    /// [`Fault::Malformed`] for a file that holds anything but words by name.
    pub(crate) fn open(folder: &Path) -> Result<Self, Fault> {
        let file = folder.join(SETTINGS);
        let words = match fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|e| Fault::Malformed { file: file.clone(), detail: e.to_string() })?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => return Err(Fault::file(&file, e)),
        };
        Ok(AreaSettings { folder: folder.to_owned(), words: Mutex::new(words) })
    }

    pub fn find(&self, name: &str) -> Option<String> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps a word durably. If that fails, the former word still holds.
    ///
    /// # Errors
    /// A [`Fault`] that names the file.
    pub fn keep(&self, name: &str, word: &str) -> Result<(), Fault> {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = words.clone();
        changed.insert(name.to_owned(), word.to_owned());
        let (new, file) = (self.folder.join(NEW_SETTINGS), self.folder.join(SETTINGS));
        let text = serde_json::to_string_pretty(&changed)
            .map_err(|e| Fault::Malformed { file: file.clone(), detail: e.to_string() })?;
        let written = File::create(&new).and_then(|mut out| {
            out.write_all(text.as_bytes())?;
            out.write_all(b"\n")?;
            out.sync_all()
        });
        written.map_err(|e| Fault::file(&new, e))?;
        fs::rename(&new, &file).map_err(|e| Fault::file(&file, e))?;
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| Fault::file(&self.folder, e))?;
        *words = changed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_and_a_failed_write_leaves_the_former() {
        let folder = tempfile::tempdir().unwrap();
        let settings = AreaSettings::open(folder.path()).unwrap();
        assert_eq!(settings.find("base_map"), None);
        settings.keep("base_map", "gsi_pale").unwrap();
        assert_eq!(AreaSettings::open(folder.path()).unwrap().find("base_map").as_deref(), Some("gsi_pale"));
        // A folder in the place of the new file: nothing can be written there.
        fs::create_dir(folder.path().join(NEW_SETTINGS)).unwrap();
        assert!(settings.keep("base_map", "own").unwrap_err().to_string().contains("settings.json.new"));
        assert_eq!(settings.find("base_map").as_deref(), Some("gsi_pale"));
    }

    #[test]
    fn a_file_of_another_kind_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(SETTINGS), "[1, 2]").unwrap();
        let fault = AreaSettings::open(folder.path()).unwrap_err().to_string();
        assert!(fault.contains("settings.json"), "{fault}");
    }
}
