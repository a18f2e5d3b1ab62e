//! Ids as real types: a rider's id cannot be passed where a vehicle's is due. Written `rider-12`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {example_kind} id such as `{example_kind}-12`")]
pub struct IdError {
    pub text: String,
    pub example_kind: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub const fn next(self) -> Self {
                $name(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "-{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "-"))
                    .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
                    .and_then(|digits| digits.parse().ok())
                    .map($name)
                    .ok_or_else(|| IdError { text: text.to_owned(), example_kind: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// The unit that one engine dispatches.
    AreaId = "area";
    /// Owner of facilities.
    CorporationId = "corporation";
    /// A day-service site.
    FacilityId = "facility";
    VehicleId = "vehicle";
    /// A person who is carried.
    RiderId = "rider";
    /// A place where a vehicle may halt.
    PlaceId = "place";
    /// A wish, and the booking and trip that may come of it.
    RequestId = "request";
    /// One of the choices shown for a request; numbered over the whole area.
    OfferId = "offer";
    /// A person at the wheel.
    DriverId = "driver";
    /// Something that somebody has to be told.
    NoticeId = "notice";
    /// A report that contradicts what is known.
    ContradictionId = "contradiction";
    /// Somebody who may sign in.
    AccountId = "account";
    /// A phone that was enrolled for a vehicle or a driver.
    DeviceId = "device";
    /// A machine's key to the API.
    KeyId = "key";
    /// A stretch of road that is closed for a while.
    ClosureId = "closure";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_and_not_mixed_up() {
        assert_eq!("vehicle-7".parse(), Ok(VehicleId(7)));
        assert!("rider-7".parse::<VehicleId>().is_err());
        for wrong in ["vehicle-", "vehicle-x", "vehicle--1", "7", "vehicle-+7", "vehicle-99999999999"] {
            assert!(wrong.parse::<VehicleId>().is_err(), "{wrong}");
        }
    }
}
