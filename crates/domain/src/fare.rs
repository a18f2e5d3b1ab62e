//! What a guest pays, and who may be one: both are decided by the area and stand in its policy.

use serde::{Deserialize, Serialize};
use units::Metres;

/// What is asked of a guest for a ride.
///
/// Without permit or registration only actual costs may be asked for: fuel, tolls, parking, insurance and vehicle hire of
/// that ride (国自旅第359号, 2024-03-01). Anything beyond is a fare and needs a registration (道路運送法79条) or a permit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fare {
    #[default]
    Free,
    /// Per kilometre of the way without detour; `items` says what it is made of.
    ActualCost { yen_per_km: u32, items: String },
    /// A fare as it is registered: a base for the first metres, then for every kilometre begun.
    Registered { base_yen: u32, base_metres: u32, yen_per_km: u32, registration: String },
}

impl Fare {
    pub fn is_free(&self) -> bool {
        *self == Fare::Free
    }

    /// In yen for a ride whose way without detour is so long. What others' stops add is nobody's to pay.
    pub fn yen(&self, direct: Metres) -> u32 {
        let metres = direct.0.max(0) as u64;
        let yen = match self {
            Fare::Free => 0,
            // Never more than was spent: parts of a yen are dropped.
            Fare::ActualCost { yen_per_km, .. } => metres * u64::from(*yen_per_km) / 1_000,
            Fare::Registered { base_yen, base_metres, yen_per_km, .. } => {
                let beyond = metres.saturating_sub(u64::from(*base_metres));
                u64::from(*base_yen) + beyond.div_ceil(1_000) * u64::from(*yen_per_km)
            }
        };
        u32::try_from(yen).unwrap_or(u32::MAX)
    }
}

/// What entitles somebody to be carried; an area decides whom it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entitlement {
    /// 要介護
    LongTermCare,
    /// 要支援
    SupportRequired,
    /// 基本チェックリストの事業対象者
    CareProgramme,
    /// 障害者手帳
    Disability,
    /// 運転免許を返納した人
    LicenceReturned,
    /// 高齢者 (aged 65 or more)
    Aged,
}

impl Entitlement {
    pub const ALL: [Entitlement; 6] = [
        Entitlement::LongTermCare,
        Entitlement::SupportRequired,
        Entitlement::CareProgramme,
        Entitlement::Disability,
        Entitlement::LicenceReturned,
        Entitlement::Aged,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actual_costs_are_never_more_than_was_spent_and_fares_count_kilometres_begun() {
        let cost = Fare::ActualCost { yen_per_km: 25, items: "fuel".to_owned() };
        assert_eq!([0, 999, 4_000, 4_039].map(|m| cost.yen(Metres(m))), [0, 24, 100, 100]);
        let registration = "関群福第1号".to_owned();
        let fare = Fare::Registered { base_yen: 300, base_metres: 2_000, yen_per_km: 100, registration };
        assert_eq!([0, 2_000, 2_001, 3_000, 3_001].map(|m| fare.yen(Metres(m))), [300, 300, 400, 400, 500]);
        assert_eq!(Fare::Free.yen(Metres(9_999)), 0);
    }
}
