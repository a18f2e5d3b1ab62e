//! The waiting list (キャンセル待ち): when something has come free, those who wait are offered it in the order in which they
//! asked, and somebody is told to ring them up.

use std::collections::BTreeMap;

use domain::{Cause, Event, Listener, News, Notice, RequestState, Wish, classes_for};
use units::{NoticeId, OfferId, RequestId, Seconds};

use crate::desk::Holds;
use crate::turned::Turned;
use crate::work::Work;

/// An offer out of the waiting list stands so long: somebody has to be rung up first.
const STANDS: Seconds = Seconds::minutes(30);
/// Searches at one tick; whoever is left has the next one.
const SEARCHES_MAX: usize = 8;

/// What had come free when a wish was last looked for in vain.
pub(crate) type InVain = BTreeMap<RequestId, u64>;

impl Work<'_> {
    pub(crate) fn serve_waiting(&mut self) -> Result<(), Turned> {
        let waits = |id: &RequestId| {
            self.area.requests.get(id).is_some_and(|r| matches!(r.state, RequestState::Waiting(_)))
        };
        self.in_vain.retain(|id, _| waits(id));
        let freed = self.area.freed;
        let due: Vec<RequestId> = (self.area.requests.values())
            .filter(|r| {
                matches!(r.state, RequestState::Waiting(_)) && self.in_vain.get(&r.id) != Some(&freed)
            })
            .map(|r| r.id)
            .take(SEARCHES_MAX)
            .collect();
        for id in due {
            if !self.offer_again(id)? {
                self.in_vain.insert(id, freed);
            }
        }
        Ok(())
    }

    /// Makes offers for a wish on the waiting list, if there are any now.
    fn offer_again(&mut self, id: RequestId) -> Result<bool, Turned> {
        let request = self.get_request(id)?;
        let (Wish::LeaveAt(at) | Wish::ArriveBy(at)) = request.wish else { return Ok(false) };
        let day = request.wish.day();
        let policy = self.area.policies.in_force(day);
        let party = domain::Party {
            rider: request.rider,
            people: request.people,
            from: request.from,
            to: request.to,
            wish: request.wish,
            channel: request.channel,
            purpose: request.purpose,
        };
        let Ok(classes) = classes_for(&self.area, &policy, &party) else { return Ok(false) };
        let found = self.at_desk(day, &policy, Holds::OfOthers(id), |desk| {
            desk.search(&request, request.wish, &classes)
        })?;
        let mut offers = Vec::new();
        for candidate in found {
            let number = OfferId(self.area.last_offer.0 + 1 + offers.len() as u32);
            if let Some(mut offer) = self.firm(number, &request, &policy, candidate)? {
                offer.expires_at =
                    (self.now + STANDS.max(policy.offer_lasts)).min(offer.promise.pickup.close());
                offers.push(offer);
            }
        }
        let Some(first) = offers.first() else { return Ok(false) };
        let news = News::SeatFree { request: id, window: first.promise.pickup, until: first.expires_at };
        tracing::debug!(request = %id, %at, offers = offers.len(), "a seat came free for somebody who waits");
        self.take(Event::OffersMade { request: id, offers })?;
        let notice =
            Notice { id: NoticeId(self.area.last_notice.0 + 1), to: Listener::Rider(request.rider), news };
        self.take(Event::NoticesMade { day, cause: Cause::SeatFree(id), notices: vec![notice] })?;
        Ok(true)
    }
}
