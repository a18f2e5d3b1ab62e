//! What every log must do. One suite, run on each implementation.
#![allow(clippy::unwrap_used)]

mod support;

use store::{Append, AppendError, EventLog, Fault, MemoryLog, SqliteLog, Version};
use support::{AREA, all, at, batch, erase, event, keep, receipt, register};
use units::AreaId;

fn on_each_log(check: impl Fn(&mut dyn EventLog)) {
    check(&mut MemoryLog::new());
    let folder = tempfile::tempdir().unwrap();
    check(&mut SqliteLog::open(&folder.path().join("log.sqlite")).unwrap());
}

/// What a failing batch must leave untouched.
fn everything(log: &mut dyn EventLog) -> (usize, usize, bool) {
    (all(log).len(), register(log).len(), log.receipt(AREA, "new key").unwrap().is_some())
}

#[test]
fn events_come_back_as_they_were_written() {
    on_each_log(|log| {
        assert_eq!(all(log), []);
        let epoch = log.take_epoch(AREA).unwrap();
        assert_eq!(log.append(&batch(0, epoch, 2)).unwrap(), Version(2));
        assert_eq!(log.append(&batch(2, epoch, 2500)).unwrap(), Version(2502));
        let events = all(log);
        assert_eq!(events.len(), 2502);
        for (stored, n) in events.iter().zip(1..) {
            let new = event(n);
            assert_eq!(stored.version, Version(n));
            assert_eq!((&stored.kind, stored.schema, stored.at), (&new.kind, new.schema, new.at));
            assert_eq!((&stored.actor, &stored.payload), (&new.actor, &new.payload));
        }
    });
}

#[test]
fn loading_starts_after_the_version_given_and_stops_where_the_consumer_refuses() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        log.append(&batch(0, epoch, 5)).unwrap();
        let mut seen = Vec::new();
        let last = log.load(AREA, Version(3), &mut |e| {
            seen.push(e.version.0);
            Ok(())
        });
        assert_eq!((last.unwrap(), seen), (Version(5), vec![4, 5]));
        assert_eq!(log.load(AREA, Version(5), &mut |_| Err("nothing is left".into())).unwrap(), Version(5));
        let stopped = log.load(AREA, Version::EMPTY, &mut |e| {
            if e.version == Version(2) { Err("unknown kind".into()) } else { Ok(()) }
        });
        let Err(Fault::Refused { what, source }) = stopped else { panic!("{stopped:?}") };
        assert_eq!((what.as_str(), source.to_string().as_str()), ("area-1, version 2", "unknown kind"));
    });
}

#[test]
fn a_batch_on_an_outdated_version_is_refused_whole() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        log.append(&batch(0, epoch, 3)).unwrap();
        for outdated in [0, 2, 4] {
            let mut refused = batch(outdated, epoch, 1);
            refused.receipts.push(receipt("new key"));
            refused.register.push(keep("rider", "rider-1", "{}", ""));
            let conflict = log.append(&refused);
            let Err(AppendError::VersionConflict { expected, actual }) = conflict else {
                panic!("{conflict:?}")
            };
            assert_eq!((expected, actual), (Version(outdated), Version(3)));
            assert_eq!(everything(log), (3, 0, false));
        }
    });
}

#[test]
fn areas_do_not_touch_each_other() {
    on_each_log(|log| {
        let (epoch, other) = (log.take_epoch(AREA).unwrap(), AreaId(2));
        log.append(&batch(0, epoch, 3)).unwrap();
        let epoch = log.take_epoch(other).unwrap();
        let mut second = Append::new(other, Version::EMPTY, epoch);
        second.events.push(event(9));
        second.receipts.push(receipt("k"));
        assert_eq!(log.append(&second).unwrap(), Version(1));
        assert_eq!(all(log).len(), 3);
        assert_eq!(log.receipt(AREA, "k").unwrap(), None);
        assert_eq!(log.receipt(other, "k").unwrap(), Some(receipt("k")));
    });
}

#[test]
fn a_former_owner_cannot_write_any_more() {
    on_each_log(|log| {
        let never_taken = log.append(&batch(0, 1, 1));
        assert!(matches!(never_taken, Err(AppendError::OldEpoch { held: 1, current: 0 })), "{never_taken:?}");
        let first = log.take_epoch(AREA).unwrap();
        log.append(&batch(0, first, 1)).unwrap();
        let second = log.take_epoch(AREA).unwrap();
        assert_eq!((first, second), (1, 2));
        let late = log.append(&batch(1, first, 1));
        assert!(matches!(late, Err(AppendError::OldEpoch { held: 1, current: 2 })), "{late:?}");
        assert_eq!(log.append(&batch(1, second, 1)).unwrap(), Version(2));
    });
}

#[test]
fn a_command_is_answered_once() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        let mut first = batch(0, epoch, 1);
        first.receipts = vec![receipt("a"), receipt("b")];
        log.append(&first).unwrap();
        assert_eq!(log.receipt(AREA, "b").unwrap(), Some(receipt("b")));
        assert_eq!(log.receipt(AREA, "c").unwrap(), None);

        let mut again = batch(1, epoch, 1);
        again.receipts = vec![receipt("new key"), receipt("b"), receipt("a")];
        again.register.push(keep("rider", "rider-1", "{}", ""));
        let used = log.append(&again);
        assert!(matches!(&used, Err(AppendError::KeyUsed { key }) if key == "a"), "{used:?}");
        assert_eq!(everything(log), (1, 0, false));

        again.receipts = vec![receipt("new key"), receipt("new key")];
        assert!(matches!(log.append(&again), Err(AppendError::KeyUsed { .. })));
        assert_eq!(everything(log), (1, 0, false));

        // A refusal is an answer, too: a receipt without an event.
        again = Append { receipts: vec![receipt("new key")], ..Append::new(AREA, Version(1), epoch) };
        assert_eq!(log.append(&again).unwrap(), Version(1));
        assert_eq!(everything(log), (1, 0, true));
    });
}

#[test]
fn what_no_log_may_keep_is_refused_with_its_field() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        type Spoil = fn(&mut Append);
        let spoil: [(&str, Spoil); 7] = [
            ("event.payload", |b| b.events[1].payload = "{".into()),
            ("event.kind", |b| b.events[1].kind.clear()),
            ("event.actor", |b| b.events[1].actor = "a\0b".into()),
            ("receipt.key", |b| b.receipts[0].key = "a\nb".into()),
            ("receipt.reply", |b| b.receipts[0].reply = "nothing".into()),
            ("register.body", |b| b.register[0].body = Some(String::new())),
            ("register.search", |b| b.register[0].search = "\0".into()),
        ];
        for (name, spoil) in spoil {
            let mut bad = batch(0, epoch, 2);
            bad.receipts.push(receipt("new key"));
            bad.register.push(keep("rider", "rider-1", "{}", ""));
            spoil(&mut bad);
            let refused = log.append(&bad);
            assert!(
                matches!(&refused, Err(AppendError::Invalid { field, .. }) if *field == name),
                "{name}: {refused:?}"
            );
            assert_eq!(everything(log), (0, 0, false));
        }
    });
}

#[test]
fn the_register_changes_with_the_events() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        let mut first = batch(0, epoch, 1);
        first.register = vec![
            keep("rider", "rider-2", r#"{"name":"old"}"#, "old"),
            keep("place", "place-1", r#"{"name":"病院"}"#, "病院"),
            keep("rider", "rider-1", r#"{"name":"鈴木"}"#, "鈴木 スズキ"),
            keep("rider", "rider-2", r#"{"name":"佐藤"}"#, "佐藤 Sato"),
        ];
        log.append(&first).unwrap();
        let seen: Vec<_> = register(log).into_iter().map(|e| (e.kind, e.id, e.body)).collect();
        let row = |kind: &str, id: &str, body: &str| (kind.to_owned(), id.to_owned(), body.to_owned());
        let expected = [
            row("place", "place-1", r#"{"name":"病院"}"#),
            row("rider", "rider-1", r#"{"name":"鈴木"}"#),
            row("rider", "rider-2", r#"{"name":"佐藤"}"#),
        ];
        assert_eq!(seen, expected);
        assert_eq!(log.find_register("rider", "rider-2").unwrap().unwrap().updated_at, at(9));

        // Erasing, and erasing what is not there, are both fine; the later of two writes stands.
        let mut second = batch(1, epoch, 1);
        second.register =
            vec![keep("rider", "rider-1", "{}", ""), erase("rider", "rider-1"), erase("rider", "rider-7")];
        log.append(&second).unwrap();
        assert_eq!(log.find_register("rider", "rider-1").unwrap(), None);
        assert_eq!(register(log).len(), 2);
    });
}

#[test]
fn the_register_is_loaded_whole_past_one_page() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        let mut many = Append::new(AREA, Version::EMPTY, epoch);
        many.register =
            (0..2345).map(|n| keep("rider", &format!("rider-{n:04}"), &n.to_string(), "")).collect();
        log.append(&many).unwrap();
        let bodies: Vec<String> = register(log).into_iter().map(|entry| entry.body).collect();
        assert_eq!(bodies, (0..2345).map(|n| n.to_string()).collect::<Vec<_>>());
    });
}

#[test]
fn the_register_is_searched_by_words() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        let mut people = Append::new(AREA, Version::EMPTY, epoch);
        people.register = vec![
            keep("rider", "rider-1", "1", "鈴木花子 スズキハナコ 042-111"),
            keep("rider", "rider-2", "2", "鈴木一郎 スズキイチロウ Élan 100%_x"),
            keep("staff", "staff-1", "3", "鈴木次郎"),
        ];
        log.append(&people).unwrap();
        let mut found = |words: &str, limit| {
            let rows = log.search_register("rider", words, limit).unwrap();
            rows.into_iter().map(|entry| entry.body).collect::<Vec<_>>().concat()
        };
        assert_eq!(found("鈴木", 10), "12");
        assert_eq!(found("鈴木", 1), "1");
        assert_eq!(found("花子\u{3000}鈴木", 10), "1");
        assert_eq!(found("éLAN", 10), "2");
        assert_eq!(found("%", 10), "2");
        assert_eq!(found("次郎", 10), "");
        assert_eq!(found("", 10), "12");
    });
}

#[test]
fn a_reader_on_another_thread_sees_what_was_acknowledged() {
    on_each_log(|log| {
        let epoch = log.take_epoch(AREA).unwrap();
        let mut reader = log.reader().unwrap();
        assert_eq!(all(&mut *reader).len(), 0);
        log.append(&batch(0, epoch, 3)).unwrap();
        let mut third = batch(3, epoch, 1);
        third.register.push(keep("rider", "rider-1", "{}", "suzuki"));
        third.receipts.push(receipt("k"));
        log.append(&third).unwrap();
        let seen = std::thread::spawn(move || {
            let found = reader.search_register("rider", "SUZUKI", 9).unwrap().len();
            (all(&mut *reader).len(), register(&mut *reader).len(), found, reader.receipt(AREA, "k").unwrap())
        });
        assert_eq!(seen.join().unwrap(), (4, 1, 1, Some(receipt("k"))));
    });
}

#[test]
fn the_consumer_of_events_may_use_the_log_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = SqliteLog::open(&folder.path().join("log.sqlite")).unwrap();
    let epoch = log.take_epoch(AREA).unwrap();
    log.append(&batch(0, epoch, 3)).unwrap();
    let mut reader = log.reader().unwrap();
    let mut version = Version(3);
    reader
        .load(AREA, Version::EMPTY, &mut |_| {
            if version < Version(6) {
                version = log.append(&batch(version.0, epoch, 1))?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!((version, all(&mut log).len()), (Version(6), 6));
}

#[test]
fn the_store_may_be_called_from_inside_an_async_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.sqlite");
    let count = runtime.block_on(async move {
        let mut log = SqliteLog::open(&file).unwrap();
        let epoch = log.take_epoch(AREA).unwrap();
        log.append(&batch(0, epoch, 3)).unwrap();
        let mut reader = log.reader().unwrap();
        tokio::task::spawn_blocking(move || all(&mut *reader).len()).await.unwrap()
    });
    assert_eq!(count, 3);
}
