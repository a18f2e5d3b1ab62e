//! Thousands of lives of one engine under faults, each drawn from a seed, with an auditor who knows the right answer on its
//! own (`docs/decisions/0015-simulated-faults.md`).
//!
//! `KUSEKI_SEED=17 cargo nextest run -p dispatch --test faults --no-capture one_life` lives one life again and tells it;
//! `KUSEKI_SEEDS=20000` lives more.
#![allow(clippy::unwrap_used)]

mod auditor;
mod clients;
mod disk;
mod ledger;
mod listeners;
mod sim;
mod world;

use auditor::Wrong;
use disk::Cheat;
use listeners::Slip;
use sim::{Counts, Sabotage, live};

/// Seeds of each of the four tests that share them, so that two cores are used.
fn seeds(quarter: u64) -> impl Iterator<Item = u64> {
    let all: u64 = std::env::var("KUSEKI_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    (quarter..all).step_by(4)
}

fn live_all(quarter: u64) {
    let mut sum = Counts::default();
    for seed in seeds(quarter) {
        let life = live(seed, None, false);
        assert!(life.found.is_empty(), "seed {seed} (KUSEKI_SEED={seed} tells it): {:#?}", life.found);
        let c = life.counts;
        sum.answered += c.answered;
        sum.rejected += c.rejected;
        sum.busy += c.busy;
        sum.unavailable += c.unavailable;
        sum.crashes += c.crashes;
        sum.torn += c.torn;
        sum.kept_unsaid += c.kept_unsaid;
        sum.repeated += c.repeated;
        sum.lagged += c.lagged;
        sum.plans += c.plans;
        sum.told_late += c.told_late;
    }
    println!("{sum:?}");
    if seeds(quarter).count() < 400 {
        return;
    }
    // Lives in which nothing went wrong would show nothing.
    let rare = [
        sum.busy,
        sum.unavailable,
        sum.crashes,
        sum.torn,
        sum.kept_unsaid,
        sum.repeated,
        sum.lagged,
        sum.told_late,
    ];
    assert!(rare.iter().all(|count| *count > 20), "{sum:?}");
    assert!(sum.answered > 10 * sum.unavailable && sum.plans > 1_000, "{sum:?}");
}

#[test]
fn faults_lose_nothing_double_nothing_and_break_no_promise_in_silence_1() {
    live_all(0);
}

#[test]
fn faults_lose_nothing_double_nothing_and_break_no_promise_in_silence_2() {
    live_all(1);
}

#[test]
fn faults_lose_nothing_double_nothing_and_break_no_promise_in_silence_3() {
    live_all(2);
}

#[test]
fn faults_lose_nothing_double_nothing_and_break_no_promise_in_silence_4() {
    live_all(3);
}

/// A life again, told line by line where `KUSEKI_SEED` asks for it; the same seed is the same life.
#[test]
fn one_life_can_be_lived_again() {
    let chosen = std::env::var("KUSEKI_SEED").ok().and_then(|n| n.parse().ok());
    for seed in chosen.map_or(vec![1, 2, 3, 4, 5], |seed| vec![seed]) {
        let first = live(seed, None, chosen.is_some());
        let again = live(seed, None, false);
        println!("seed {seed}: trace {:016x}, {:?}", first.trace, first.counts);
        assert_eq!((first.trace, first.counts), (again.trace, again.counts), "seed {seed}");
        assert!(first.found.is_empty(), "{:#?}", first.found);
    }
    assert_ne!(live(1, None, false).trace, live(2, None, false).trace);
}

/// Breaks something on purpose, in as many lives; wherever it took effect the auditor must say what is wrong.
fn is_noticed(sabotage: Sabotage, as_one_of: &[Wrong]) {
    let mut effective = 0;
    for seed in 0..40 {
        let life = live(seed, Some(sabotage), false);
        if life.counts.cheated == 0 {
            continue;
        }
        effective += 1;
        let noticed = life.found.iter().any(|(wrong, _)| as_one_of.contains(wrong));
        assert!(noticed, "seed {seed}: {sabotage:?} went unnoticed: {:#?}", life.found);
    }
    assert!(effective >= 10, "{sabotage:?} took effect in {effective} lives only");
}

#[test]
fn a_store_that_forgets_the_last_batch_is_noticed() {
    is_noticed(Sabotage::Disk(Cheat::ForgetsLastBatch), &[Wrong::Lost]);
}

#[test]
fn a_store_that_changes_a_promise_is_noticed() {
    is_noticed(Sabotage::Disk(Cheat::ShiftsPromise), &[Wrong::Promise]);
}

#[test]
fn a_ride_that_is_cancelled_in_silence_is_noticed() {
    is_noticed(Sabotage::Disk(Cheat::CancelsBooked), &[Wrong::Promise, Wrong::Plan]);
}

#[test]
fn a_wish_that_is_carried_out_twice_is_noticed() {
    is_noticed(Sabotage::Disk(Cheat::RepeatsFact), &[Wrong::Doubled]);
}

#[test]
fn a_plan_that_was_altered_is_noticed() {
    is_noticed(Sabotage::Disk(Cheat::SwapsVisits), &[Wrong::Lost, Wrong::Plan, Wrong::State]);
}

#[test]
fn a_feed_that_skips_a_number_is_noticed() {
    is_noticed(Sabotage::Feed(Slip::Skips), &[Wrong::Feed]);
}

#[test]
fn a_feed_that_tells_twice_is_noticed() {
    is_noticed(Sabotage::Feed(Slip::Repeats), &[Wrong::Feed]);
}

#[test]
fn a_feed_out_of_order_is_noticed() {
    is_noticed(Sabotage::Feed(Slip::Swaps), &[Wrong::Feed]);
}

/// Without receipts a command that is sent again happens again. Not every life sends one again at the wrong moment.
#[test]
fn a_store_that_forgets_what_it_answered_is_noticed() {
    let cheat = Some(Sabotage::Disk(Cheat::ForgetsReceipts));
    let doubled = |seed| live(seed, cheat, false).found.iter().any(|(wrong, _)| *wrong == Wrong::Doubled);
    assert!((0..400).any(doubled), "nobody noticed");
}
