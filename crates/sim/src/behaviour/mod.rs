//! What people do: pure state machines, used alike by the simulation and by the demo's virtual phones.

mod script;
mod driver;
mod view;
mod rider;

pub use driver::{BotVisit, DriverAct, DriverBot, DriverState, DriverView, Manners, Step};
pub use rider::{Choice, OfferView, RiderBot};
pub use script::{Absence, Ask, BackDecision, DayScript, Door, Outbound, Outing};
