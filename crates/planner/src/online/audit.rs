//! Judges a driven day afterwards, from the times in its log and nothing else: no route, no closure, no search.

use super::DriveLog;
use crate::model::{Boarding, Load, Model, Request, Visit};
use crate::travel::Travel;

/// What was not kept. Vehicle and request by their numbers in the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub vehicle: u32,
    pub request: Option<u32>,
    pub what: &'static str,
}

/// Everything that the driven day broke: what each accepted request was told (its windows and ride limit), and what
/// each vehicle must keep. `arrivals[k]`: before then nobody can have driven for request `k`.
pub fn audit<T: Travel>(
    model: &Model<T>,
    logs: &[DriveLog],
    refused: &[u32],
    arrivals: &[i64],
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut boarded: Vec<Option<i64>> = vec![None; model.requests().len()];
    let mut alighted = vec![false; model.requests().len()];
    for (v, log) in logs.iter().enumerate() {
        let mut say = |request: Option<u32>, what| breaches.push(Breach { vehicle: v as u32, request, what });
        let mut aboard: Vec<u32> = Vec::new();
        let vehicle = &model.vehicles()[v];
        let (mut at, mut free) = (vehicle.start, vehicle.window.open);
        for driven in &log.visits {
            let r = driven.visit.request();
            let request = &model.requests()[r as usize];
            let stop = model.stop(driven.visit).copied().unwrap_or(request.dropoff);
            if driven.left < free {
                say(Some(r), "left before the service before was over");
            }
            if driven.left < arrivals[r as usize] {
                say(Some(r), "driven for before it was known");
            }
            if driven.begin < driven.left + model.travel().ticks(at, stop.at) {
                say(Some(r), "begun before the vehicle can have been there");
            }
            let arrival = free + model.travel().ticks(at, stop.at);
            if !aboard.is_empty() && vehicle.wait_max.is_some_and(|most| driven.begin - arrival > most) {
                say(Some(r), "stood too long with a rider on board");
            }
            if let Some(hours) = vehicle.hours[request.group.0 as usize].filter(|_| !request.hours_waived)
                && (driven.begin < hours.open || driven.begin + stop.service > hours.close)
            {
                say(Some(r), "on board outside the hours of the group");
            }
            if driven.begin < stop.window.open || driven.begin > stop.window.close {
                say(Some(r), "outside its window");
            }
            match driven.visit {
                Visit::Pickup(_) if boarded[r as usize].is_some() => say(Some(r), "boarded twice"),
                Visit::Pickup(_) => {
                    boarded[r as usize] = Some(driven.begin + stop.service);
                    aboard.push(r);
                }
                Visit::Dropoff(_) => {
                    if !aboard.contains(&r) {
                        say(Some(r), "alighted without being on board");
                    }
                    aboard.retain(|other| *other != r);
                    alighted[r as usize] = true;
                    if too_long(request, boarded[r as usize], driven.begin) {
                        say(Some(r), "rode too long");
                    }
                }
            }
            if let Some(what) = overfull(model, v, &aboard) {
                say(Some(r), what);
            }
            (at, free) = (stop.at, driven.begin + stop.service);
        }
        if let (Some(first), Some(back)) = (log.visits.first(), log.back) {
            let home = back + model.travel().ticks(at, vehicle.end);
            if back < free || home > vehicle.window.close || first.left < vehicle.window.open {
                say(None, "outside its shift");
            }
            if vehicle.duration_max.is_some_and(|most| home - first.left > most) {
                say(None, "out too long");
            }
        } else if !log.visits.is_empty() {
            say(None, "never came home");
        }
    }
    for (k, alighted) in alighted.iter().enumerate() {
        if *alighted == refused.contains(&(k as u32)) {
            let what = if *alighted { "refused and carried" } else { "accepted and not carried" };
            breaches.push(Breach { vehicle: 0, request: Some(k as u32), what });
        }
    }
    breaches
}

fn too_long(request: &Request, boarded: Option<i64>, begin: i64) -> bool {
    let ended = match request.pickup {
        Boarding::At(_) => boarded,
        Boarding::Done { ended } => Some(ended),
    };
    matches!((ended, request.ride_max), (Some(ended), Some(most)) if begin - ended > most)
}

/// Load and company of those on board.
fn overfull<T: Travel>(model: &Model<T>, v: usize, aboard: &[u32]) -> Option<&'static str> {
    let riders = || aboard.iter().map(|r| (*r, &model.requests()[*r as usize]));
    let load = riders().fold(Load::default(), |load, (_, r)| load.plus(&r.load));
    if !load.fits_any(&model.vehicles()[v].layouts) {
        return Some("more on board than fits");
    }
    let apart = riders().any(|(one, a)| {
        riders().any(|(other, b)| {
            one != other && (!model.may_share(a.group, b.group) || a.clash.contains(&other))
        })
    });
    let strange = riders()
        .any(|(_, r)| !r.vehicles.contains(v as u32) || model.vehicles()[v].barred >> r.group.0 & 1 == 1);
    if strange { Some("on a vehicle that may not carry them") } else { apart.then_some("met on board") }
}
