//! A disk that fails on command: bytes of a journal, of which a crash keeps what was flushed and perhaps a torn piece more.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use store::{
    Append, AppendError, EventLog, Fault, LogReader, MemoryLog, NewEvent, Receipt, Refusal, RegisterEntry,
    RegisterWrite, StoredEvent, Version,
};
use units::{AreaId, Timestamp};

/// What becomes of the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Well,
    /// No room: refused whole.
    Full,
    /// The disk reports an error and has kept nothing.
    Lost,
    /// The disk reports an error, and has kept the write all the same.
    KeptUnsaid,
    /// The machine dies with so many per mille of the record on the platter: none, a torn piece, or all of it.
    Dies {
        permille: u32,
    },
}

/// How a broken disk cheats when it is read after a crash. The auditor must notice each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cheat {
    ForgetsLastBatch,
    ForgetsReceipts,
    ShiftsPromise,
    CancelsBooked,
    RepeatsFact,
    SwapsVisits,
}

#[derive(Debug)]
struct Disk {
    journal: Vec<u8>,
    /// Whole records behind it, not yet turned into bytes.
    unwritten: Vec<Append>,
    /// What the journal says, ready to be read.
    memory: MemoryLog,
    next: Fate,
    /// Reads that fail before one succeeds.
    unreadable: u32,
    died: bool,
    cheat: Option<Cheat>,
    cheated: bool,
}

#[derive(Debug, Clone)]
pub struct SimLog(Arc<Mutex<Disk>>);

/// One write, as the journal keeps it.
#[derive(Debug, Clone)]
pub enum Record {
    Epoch,
    Batch(Append),
}

/// FNV-1a: tells a torn record from a whole one.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

fn framed(record: &Record) -> Vec<u8> {
    let body = match record {
        Record::Epoch => json!("epoch"),
        Record::Batch(b) => json!([
            b.expected.0,
            b.epoch,
            b.events
                .iter()
                .map(|e| json!([e.kind, e.schema, e.at.unix_seconds(), e.actor, e.payload]))
                .collect::<Vec<_>>(),
            b.receipts
                .iter()
                .map(|r| json!([r.key, r.fingerprint, r.status, r.reply, r.at.unix_seconds()]))
                .collect::<Vec<_>>(),
            b.register
                .iter()
                .map(|w| json!([w.kind, w.id, w.body, w.search, w.at.unix_seconds()]))
                .collect::<Vec<_>>(),
        ]),
    };
    let body = body.to_string().into_bytes();
    let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
    bytes.extend(hash(&body).to_le_bytes());
    bytes.extend(body);
    bytes
}

fn text(v: &Value) -> String {
    v.as_str().unwrap().to_owned()
}

fn time(v: &Value) -> Timestamp {
    Timestamp::from_unix_seconds(v.as_i64().unwrap())
}

fn list(v: &Value) -> &[Value] {
    v.as_array().unwrap()
}

fn parsed(body: &[u8]) -> Record {
    let v: Value = serde_json::from_slice(body).unwrap();
    if v.is_string() {
        return Record::Epoch;
    }
    let mut batch = Append::new(AreaId(1), Version(v[0].as_u64().unwrap()), v[1].as_u64().unwrap());
    for e in list(&v[2]) {
        let schema = e[1].as_u64().unwrap() as u16;
        batch.events.push(NewEvent {
            kind: text(&e[0]),
            schema,
            at: time(&e[2]),
            actor: text(&e[3]),
            payload: text(&e[4]),
        });
    }
    for r in list(&v[3]) {
        let status = r[2].as_u64().unwrap() as u16;
        batch.receipts.push(Receipt {
            key: text(&r[0]),
            fingerprint: text(&r[1]),
            status,
            reply: text(&r[3]),
            at: time(&r[4]),
        });
    }
    for w in list(&v[4]) {
        let body = w[2].as_str().map(str::to_owned);
        batch.register.push(RegisterWrite {
            kind: text(&w[0]),
            id: text(&w[1]),
            body,
            search: text(&w[3]),
            at: time(&w[4]),
        });
    }
    Record::Batch(batch)
}

/// Whole records from the front; the first that is cut off or garbled ends the journal.
fn whole_records(journal: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let mut rest = journal;
    while let Some((head, behind)) = rest.split_at_checked(12) {
        let length = u32::from_le_bytes(head[..4].try_into().unwrap()) as usize;
        let Some((body, after)) = behind.split_at_checked(length) else { break };
        if hash(body) != u64::from_le_bytes(head[4..].try_into().unwrap()) {
            break;
        }
        records.push(parsed(body));
        rest = after;
    }
    records
}

impl Disk {
    fn write_out(&mut self) {
        for batch in std::mem::take(&mut self.unwritten) {
            self.journal.extend(framed(&Record::Batch(batch)));
        }
    }
}

impl SimLog {
    /// A disk with this journal on it.
    pub fn with(journal: &[u8]) -> SimLog {
        let disk = Disk {
            journal: journal.to_vec(),
            unwritten: Vec::new(),
            memory: MemoryLog::new(),
            next: Fate::Well,
            unreadable: 0,
            died: false,
            cheat: None,
            cheated: false,
        };
        let log = SimLog(Arc::new(Mutex::new(disk)));
        log.recover(false);
        log
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }

    pub fn journal(&self) -> Vec<u8> {
        let mut disk = self.disk();
        disk.write_out();
        disk.journal.clone()
    }

    pub fn next(&self, fate: Fate) {
        self.disk().next = fate;
    }

    pub fn fail_reads(&self, count: u32) {
        self.disk().unreadable = count;
    }

    pub fn cheat(&self, how: Cheat) {
        self.disk().cheat = Some(how);
    }

    pub fn cheated(&self) -> bool {
        self.disk().cheated
    }

    pub fn died(&self) -> bool {
        self.disk().died
    }

    /// After a crash: what is whole on the platter is the log.
    /// A broken disk cheats now if it `may`.
    pub fn recover(&self, may_cheat: bool) {
        let mut disk = self.disk();
        disk.write_out();
        let mut records = whole_records(&disk.journal);
        if let Some(cheat) = disk.cheat.filter(|_| !disk.cheated && may_cheat) {
            disk.cheated = falsify(&mut records, cheat);
        }
        let mut memory = MemoryLog::new();
        for record in &records {
            match record {
                Record::Epoch => drop(memory.take_epoch(AreaId(1)).unwrap()),
                Record::Batch(batch) => drop(memory.append(batch).unwrap()),
            }
        }
        disk.journal = records.iter().flat_map(framed).collect();
        disk.memory = memory;
        (disk.next, disk.unreadable, disk.died) = (Fate::Well, 0, false);
    }

    /// Everything in the log, as an auditor reads it with nobody else at it.
    pub fn events(&self) -> Vec<StoredEvent> {
        let mut memory = self.disk().memory.clone();
        let mut all = Vec::new();
        let each = &mut |event| {
            all.push(event);
            Ok(())
        };
        memory.load(AreaId(1), Version::EMPTY, each).unwrap();
        all
    }

    pub fn register_entries(&self) -> Vec<RegisterEntry> {
        let mut memory = self.disk().memory.clone();
        let mut all = Vec::new();
        let each = &mut |entry| {
            all.push(entry);
            Ok(())
        };
        memory.load_register(each).unwrap();
        all
    }
}

fn failed() -> Fault {
    let source = std::io::Error::other("the disk reports an error");
    Fault::File { file: PathBuf::from("simulated"), source }
}

impl EventLog for SimLog {
    fn append(&mut self, batch: &Append) -> Result<Version, AppendError> {
        let mut disk = self.disk();
        if disk.died {
            return Err(failed().into());
        }
        let write = |disk: &mut Disk, permille: u32| -> Result<Version, AppendError> {
            if permille < 1_000 {
                disk.write_out();
                let bytes = framed(&Record::Batch(batch.clone()));
                disk.journal.extend(&bytes[..bytes.len() * permille as usize / 1_000]);
                return Err(failed().into());
            }
            let version = disk.memory.append(batch)?;
            // The journal is written out when somebody looks at it: nobody reads it as long as all goes well.
            disk.unwritten.push(batch.clone());
            Ok(version)
        };
        match std::mem::replace(&mut disk.next, Fate::Well) {
            Fate::Well => write(&mut disk, 1_000),
            Fate::Full => Err(Fault::DiskFull { path: PathBuf::from("simulated") }.into()),
            Fate::Lost => Err(failed().into()),
            Fate::KeptUnsaid => write(&mut disk, 1_000).and_then(|_| Err(failed().into())),
            Fate::Dies { permille } => {
                disk.died = true;
                write(&mut disk, permille).and_then(|_| Err(failed().into()))
            }
        }
    }

    fn take_epoch(&mut self, area: AreaId) -> Result<u64, Fault> {
        let mut disk = self.disk();
        let epoch = disk.memory.take_epoch(area)?;
        disk.write_out();
        disk.journal.extend(framed(&Record::Epoch));
        Ok(epoch)
    }

    fn reader(&self) -> Result<Box<dyn LogReader>, Fault> {
        Ok(Box::new(self.clone()))
    }
}

impl LogReader for SimLog {
    fn load(
        &mut self,
        area: AreaId,
        after: Version,
        each: &mut dyn FnMut(StoredEvent) -> Result<(), Refusal>,
    ) -> Result<Version, Fault> {
        let mut memory = {
            let mut disk = self.disk();
            if disk.died || disk.unreadable > 0 {
                disk.unreadable = disk.unreadable.saturating_sub(1);
                return Err(failed());
            }
            disk.memory.clone()
        };
        memory.load(area, after, each)
    }

    fn last(&mut self, area: AreaId) -> Result<Option<(Version, Timestamp)>, Fault> {
        self.disk().memory.last(area)
    }

    fn receipt(&mut self, area: AreaId, key: &str) -> Result<Option<Receipt>, Fault> {
        self.disk().memory.receipt(area, key)
    }

    fn load_register(
        &mut self,
        each: &mut dyn FnMut(RegisterEntry) -> Result<(), Refusal>,
    ) -> Result<(), Fault> {
        let mut memory = self.disk().memory.clone();
        memory.load_register(each)
    }

    fn find_register(&mut self, kind: &str, id: &str) -> Result<Option<RegisterEntry>, Fault> {
        self.disk().memory.find_register(kind, id)
    }

    fn search_register(&mut self, kind: &str, words: &str, limit: u32) -> Result<Vec<RegisterEntry>, Fault> {
        self.disk().memory.search_register(kind, words, limit)
    }
}

/// Changes what the journal says; whether there was anything to change.
fn falsify(records: &mut Vec<Record>, cheat: Cheat) -> bool {
    let events = |r: &Record| matches!(r, Record::Batch(b) if !b.events.is_empty());
    let Some(last) = records.iter().rposition(events) else { return false };
    let total: usize =
        records.iter().map(|r| if let Record::Batch(b) = r { b.events.len() } else { 0 }).sum();
    let epoch = records.iter().filter(|r| matches!(r, Record::Epoch)).count() as u64;
    let find = |name: &str, which: &dyn Fn(&Value) -> bool| {
        let batches =
            records.iter().rev().filter_map(|r| if let Record::Batch(b) = r { Some(b) } else { None });
        let all = batches.flat_map(|b| b.events.iter().rev());
        let mut found =
            all.filter(|e| e.kind == name).map(|e| (e.clone(), serde_json::from_str(&e.payload).unwrap()));
        found.find(|(_, payload): &(NewEvent, Value)| which(payload))
    };
    let add = |event: NewEvent| {
        let mut batch = Append::new(AreaId(1), Version(total as u64), epoch);
        batch.events.push(event);
        Record::Batch(batch)
    };
    match cheat {
        Cheat::ForgetsLastBatch => {
            records.truncate(last);
            true
        }
        Cheat::ForgetsReceipts => {
            let mut any = false;
            for record in records.iter_mut() {
                if let Record::Batch(batch) = record {
                    any |= !batch.receipts.is_empty();
                    batch.receipts.clear();
                }
            }
            any
        }
        Cheat::CancelsBooked => {
            let over = |request: &Value| {
                ["request_cancelled", "boarded", "no_show"]
                    .iter()
                    .any(|name| find(name, &|p| p["request"] == *request).is_some())
            };
            let Some((mut event, payload)) = find("offer_accepted", &|p| !over(&p["request"])) else {
                return false;
            };
            event.kind = "request_cancelled".to_owned();
            let said = json!({ "event": "request_cancelled", "request": payload["request"], "at": event.at });
            event.payload = said.to_string();
            records.push(add(event));
            true
        }
        Cheat::RepeatsFact => {
            let Some((mut event, mut payload)) = find("alighted", &|p| {
                // What a plan makes for members has no key.
                find("request_made", &|made| made["request"] == p["request"] && made["wish"]["run"].is_null())
                    .is_some()
            }) else {
                return false;
            };
            // The fold of the program refuses a boarding twice, so what is repeated is the wish.
            let Some((made, mut wish)) = find("request_made", &|p| p["request"] == payload["request"]) else {
                return false;
            };
            wish["request"] = json!("request-900000");
            payload = wish;
            event.kind = made.kind;
            event.payload = payload.to_string();
            records.push(add(event));
            true
        }
        Cheat::ShiftsPromise | Cheat::SwapsVisits => alter(records, cheat),
    }
}

fn alter(records: &mut [Record], cheat: Cheat) -> bool {
    let batches =
        records.iter_mut().rev().filter_map(|r| if let Record::Batch(b) = r { Some(b) } else { None });
    for event in batches.flat_map(|b| b.events.iter_mut().rev()) {
        let mut payload: Value = serde_json::from_str(&event.payload).unwrap();
        match (cheat, event.kind.as_str()) {
            (Cheat::ShiftsPromise, "offer_accepted") => {
                let promise = &mut payload["booking"]["promise"];
                promise["pickup"] = promise["dropoff"].clone();
            }
            (Cheat::SwapsVisits, "plan_changed") => {
                let Some(visits) = payload["routes"][0]["visits"].as_array_mut() else { continue };
                if visits.len() < 2 {
                    continue;
                }
                visits.reverse();
            }
            _ => continue,
        }
        event.payload = payload.to_string();
        return true;
    }
    false
}
