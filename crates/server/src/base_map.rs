//! What lies under the marks of the pages' map: kuseki's own tiles, or an online raster that an area has switched to.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The name of the setting in the data directory.
pub const SETTING: &str = "base_map";

/// `own` works without internet. The others load pictures from the Geospatial Information Authority of Japan (国土地理院),
/// which then learns which part of the map is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaseMap {
    #[default]
    Own,
    /// 地理院タイル, 淡色地図
    GsiPale,
    /// 地理院タイル, 標準地図
    GsiStandard,
}

/// Where a raster comes from and what must be said beside it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Raster {
    /// URL templates with `{z}`, `{x}` and `{y}`.
    #[schema(example = json!(["https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png"]))]
    pub tiles: Vec<String>,
    pub minzoom: u8,
    pub maxzoom: u8,
    pub attribution: String,
    /// Where the credit leads, as the terms ask.
    pub attribution_url: String,
}

/// The one host outside that pages may load from, and only while its maps are switched on.
pub const GSI_HOST: &str = "https://cyberjapandata.gsi.go.jp";
/// Terms: <https://maps.gsi.go.jp/development/ichiran.html> asks for this credit with a link to this page.
const GSI_PAGE: &str = "https://maps.gsi.go.jp/development/ichiran.html";

impl BaseMap {
    pub const ALL: [BaseMap; 3] = [BaseMap::Own, BaseMap::GsiPale, BaseMap::GsiStandard];

    /// The word on the wire and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            BaseMap::Own => "own",
            BaseMap::GsiPale => "gsi_pale",
            BaseMap::GsiStandard => "gsi_standard",
        }
    }

    /// `None` for the own map, which needs nothing from outside.
    pub fn raster(self) -> Option<Raster> {
        let (folder, minzoom) = match self {
            BaseMap::Own => return None,
            BaseMap::GsiPale => ("pale", 5),
            BaseMap::GsiStandard => ("std", 5),
        };
        Some(Raster {
            tiles: vec![format!("{GSI_HOST}/xyz/{folder}/{{z}}/{{x}}/{{y}}.png")],
            minzoom,
            maxzoom: 18,
            attribution: "国土地理院 地理院タイル".to_owned(),
            attribution_url: GSI_PAGE.to_owned(),
        })
    }
}

impl FromStr for BaseMap {
    type Err = String;

    fn from_str(word: &str) -> Result<BaseMap, String> {
        BaseMap::ALL.into_iter().find(|map| map.as_str() == word).ok_or_else(|| {
            let known: Vec<&str> = BaseMap::ALL.iter().map(|map| map.as_str()).collect();
            format!("`{word}` is no base map; choose one of {}", known.join(", "))
        })
    }
}

/// Keeps the choice beyond the next start; the error is a sentence for the operator.
pub type Keep = Box<dyn Fn(BaseMap) -> Result<(), String> + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_on_the_wire_and_on_the_command_line() {
        for map in BaseMap::ALL {
            assert_eq!(map.as_str().parse(), Ok(map));
            assert_eq!(serde_json::to_value(map).unwrap(), map.as_str());
        }
        assert!("osm".parse::<BaseMap>().unwrap_err().contains("gsi_pale"));
        for raster in BaseMap::ALL.into_iter().filter_map(BaseMap::raster) {
            assert!(
                raster.tiles.iter().all(|url| url.starts_with(GSI_HOST) && url.ends_with("/{z}/{x}/{y}.png"))
            );
            assert!(
                raster.attribution.contains("国土地理院") && raster.attribution_url.contains("gsi.go.jp")
            );
        }
    }
}
