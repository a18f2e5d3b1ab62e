//! How a rider answers offers: takes the least bad one, or none when all of them are worse than staying at home.

use domain::Wish;
use units::{Seconds, Timestamp, Window};

use crate::draw::{Draw, Purpose};

/// What a rider is told of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferView {
    pub pickup: Window,
    /// By when one is there.
    pub dropoff_latest: Timestamp,
    pub ride: Seconds,
    pub direct: Seconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Index into the offers shown.
    Accept(usize),
    Decline,
}

/// One rider's taste for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiderBot {
    /// Trouble in seconds of waiting from which on one stays at home.
    patience: Seconds,
    /// How long one thinks, or the desk reads out the offers.
    pub thinks: Seconds,
}

impl RiderBot {
    /// `request` is any number that is the rider's own for this request.
    pub fn new(seed: u64, request: u64) -> RiderBot {
        let mut draw = Draw::keyed(seed, Purpose::Patience, request);
        RiderBot { patience: Seconds::minutes(draw.between(30, 75)), thinks: Seconds(draw.skewed(20, 120)) }
    }

    /// Ties go to the offer shown first.
    pub fn choose(&self, wish: Wish, offers: &[OfferView]) -> Choice {
        let rated = offers.iter().enumerate().map(|(index, offer)| (trouble(wish, offer), index));
        match rated.min() {
            Some((trouble, index)) if trouble <= self.patience => Choice::Accept(index),
            _ => Choice::Decline,
        }
    }
}

/// In seconds of waiting: the wait as told, half of what the ride takes beyond the direct way, half of being there too
/// early; being late for an appointment weighs fourfold.
fn trouble(wish: Wish, offer: &OfferView) -> Seconds {
    let detour = (offer.ride - offer.direct).0.max(0);
    let time = match wish {
        Wish::LeaveAt(at) => (offer.pickup.close() - at).0.max(0),
        Wish::ArriveBy(at) => {
            let late = (offer.dropoff_latest - at).0;
            if late > 0 { 4 * late } else { -late / 2 }
        }
        Wish::Run { .. } => 0,
    };
    Seconds(time + detour / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_seconds(1_795_489_200);

    fn offer(pickup_after: i64, latest_after: i64, ride: i64) -> OfferView {
        let pickup = Window::from(NOON + Seconds::minutes(pickup_after), Seconds::minutes(10));
        let minutes = Seconds::minutes;
        OfferView {
            pickup,
            dropoff_latest: NOON + minutes(latest_after),
            ride: minutes(ride),
            direct: minutes(8),
        }
    }

    #[test]
    fn the_least_trouble_is_taken() {
        let bot = RiderBot::new(7, 1);
        let wish = Wish::LeaveAt(NOON);
        assert_eq!(
            bot.choose(wish, &[offer(15, 40, 9), offer(5, 30, 10), offer(5, 30, 10)]),
            Choice::Accept(1)
        );
        // Two minutes sooner, but ten minutes of detour.
        assert_eq!(bot.choose(wish, &[offer(5, 30, 18), offer(7, 30, 8)]), Choice::Accept(1));
        let appointment = Wish::ArriveBy(NOON + Seconds::minutes(60));
        assert_eq!(bot.choose(appointment, &[offer(30, 70, 8), offer(10, 40, 8)]), Choice::Accept(1));
    }

    #[test]
    fn nobody_waits_for_ever() {
        for request in 0..200 {
            let bot = RiderBot::new(7, request);
            assert!((20..=120).contains(&bot.thinks.0));
            assert_eq!(bot.choose(Wish::LeaveAt(NOON), &[offer(90, 120, 8)]), Choice::Decline);
            assert_eq!(bot.choose(Wish::LeaveAt(NOON), &[offer(0, 20, 8)]), Choice::Accept(0));
            assert_eq!(bot.choose(Wish::LeaveAt(NOON), &[]), Choice::Decline);
        }
    }
}
