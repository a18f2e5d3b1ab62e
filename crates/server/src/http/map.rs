//! The map of the pages: its description, its tiles, and what an area chooses to see under its marks.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use roads::map::{Kind, Layer, MAX_ZOOM, TileId};
use serde_json::json;

use crate::app::{App, Call};
use crate::assets::holds;
use crate::base_map::{BaseMap, GSI_HOST};
use crate::input;
use crate::problem::Problem;
use crate::tiles::Packing;
use crate::wire;

/// The map's description, TileJSON 3.0 with the chosen base map beside it. Addresses of tiles are relative to this server.
#[utoipa::path(get, path = "/map", tag = "map", responses((status = 200, body = wire::MapDescription)))]
pub async fn describe(State(app): State<Arc<App>>) -> Json<wire::MapDescription> {
    Json(description(&app))
}

/// Chooses what lies under the marks, for everybody in the area and for good. Pages load it when they are opened anew.
#[utoipa::path(put, path = "/map/base-map", tag = "map", request_body = input::NewBaseMap,
    responses((status = 200, body = wire::MapDescription), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn choose(
    State(app): State<Arc<App>>,
    call: Call<input::NewBaseMap>,
) -> Result<Json<wire::MapDescription>, Problem> {
    let chosen = call.input.base_map;
    let keeper = app.clone();
    let kept = tokio::task::spawn_blocking(move || (keeper.keep_base_map)(chosen)).await;
    let failed = |detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable", detail);
    kept.map_err(|fault| failed(fault.to_string()))?.map_err(failed)?;
    app.base_map.store(Arc::new(chosen));
    app.feed.announce(json!({ "kind": "map", "base_map": chosen }));
    Ok(Json(description(&app)))
}

/// One vector tile (Mapbox Vector Tile 2.1). With the `v` of the description it may be kept for ever.
#[utoipa::path(get, path = "/tiles/{z}/{x}/{y}", tag = "map",
    params(("z" = String, Path, description = "Zoom level, 0 to 16; a viewer enlarges the last", example = "14"),
        ("x" = String, Path, description = "Column from the west", example = "14520"),
        ("y" = String, Path, description = "Row from the north, with or without `.mvt`", example = "6420.mvt"),
        ("v" = Option<String>, Query, description = "The map's version, from its description")),
    responses((status = 200, content_type = "application/vnd.mapbox-vector-tile", body = Vec<u8>),
        (status = 204, description = "Nothing to show there"), (status = 304), (status = 422, body = Problem)))]
pub async fn tile(
    State(app): State<Arc<App>>,
    Path((z, x, y)): Path<(String, String, String)>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = tile_id(&z, &x, y.strip_suffix(".mvt").unwrap_or(&y))?;
    let packing = Packing::taken_by(&headers);
    let version = app.tiles.version();
    let coding = packing.word().unwrap_or("plain");
    let tag = format!("\"{version}-{}-{}-{}-{coding}\"", id.zoom(), id.x(), id.y());
    let current =
        uri.query().is_some_and(|q| q.split('&').any(|pair| pair.strip_prefix("v=") == Some(version)));
    let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let said = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if holds(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, said).into_response());
    }
    let Some(bytes) = app.tiles.get(id, packing).await else {
        let detail = "the tile could not be cut; it has been logged";
        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail));
    };
    if bytes.is_empty() {
        return Ok((StatusCode::NO_CONTENT, said).into_response());
    }
    let kind = [(header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile")];
    let mut answer = (said, kind, bytes).into_response();
    if let Some(word) = packing.word() {
        answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(word));
    }
    Ok(answer)
}

fn tile_id(z: &str, x: &str, y: &str) -> Result<TileId, Problem> {
    let number = |field: &str, text: &str| {
        let wrong = || Problem::invalid(field, format!("`{text}` is no whole number from 0 on"));
        // `parse` would take a sign, too.
        if text.bytes().all(|b| b.is_ascii_digit()) {
            text.parse::<u32>().map_err(|_| wrong())
        } else {
            Err(wrong())
        }
    };
    let (zoom, column, row) = (number("z", z)?, number("x", x)?, number("y", y)?);
    let Some(level) = u8::try_from(zoom).ok().filter(|z| *z <= MAX_ZOOM) else {
        let detail = format!("{zoom}; tiles are cut for 0 to {MAX_ZOOM}, a viewer enlarges the last");
        return Err(Problem::invalid("z", detail));
    };
    let last = (1_u32 << level) - 1;
    for (field, at) in [("x", column), ("y", row)] {
        if at > last {
            return Err(Problem::invalid(field, format!("{at}; zoom level {level} has 0 to {last}")));
        }
    }
    TileId::new(level, column, row).ok_or_else(|| Problem::invalid("z", "no such tile"))
}

fn description(app: &App) -> wire::MapDescription {
    let roads = &app.service.roads;
    let bounds = roads.bounds();
    let base_map: BaseMap = **app.base_map.load();
    let layers = Layer::ALL.into_iter().map(|layer| wire::MapLayer {
        id: layer.as_str().to_owned(),
        fields: layer.fields().iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect(),
        minzoom: Kind::all().filter(|k| k.layer() == layer).map(Kind::first_zoom).min().unwrap_or_default(),
        maxzoom: MAX_ZOOM,
    });
    wire::MapDescription {
        tilejson: "3.0.0".to_owned(),
        name: roads.source().title.clone(),
        attribution: roads.source().licence.clone(),
        version: "1.0.0".to_owned(),
        scheme: "xyz".to_owned(),
        tiles: vec![format!("/api/v1/tiles/{{z}}/{{x}}/{{y}}.mvt?v={}", app.tiles.version())],
        minzoom: 0,
        maxzoom: MAX_ZOOM,
        bounds: [bounds.sw.lon(), bounds.sw.lat(), bounds.ne.lon(), bounds.ne.lat()],
        vector_layers: layers.collect(),
        base_map,
        raster: base_map.raster(),
    }
}

/// Lets the pages load pictures from the one host outside while an area has switched to it, and from nowhere else.
///
/// The rule travels with the page, so that a page must be loaded whole once the choice may have changed.
pub async fn allow_raster(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let is_online = app.base_map.load().raster().is_some();
    if is_online
        && !request.uri().path().starts_with("/assets/")
        && !request.uri().path().starts_with("/api/")
    {
        request.headers_mut().remove(header::IF_NONE_MATCH);
    }
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    if let Some(rule) = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|rule| rule.to_str().ok())
        && is_online
    {
        let with = rule
            .replace("img-src 'self'", &format!("img-src 'self' {GSI_HOST}"))
            .replace("connect-src 'self'", &format!("connect-src 'self' {GSI_HOST}"));
        if let Ok(with) = HeaderValue::from_str(&with) {
            headers.insert(header::CONTENT_SECURITY_POLICY, with);
            headers.remove(header::ETAG);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_that_cannot_be_says_which_part_is_wrong_and_what_would_be_right() {
        for (z, x, y, field, words) in [
            ("17", "0", "0", "z", "0 to 16"),
            ("x", "0", "0", "z", "whole number"),
            ("-1", "0", "0", "z", "whole number"),
            ("999999999999", "0", "0", "z", "whole number"),
            ("2", "4", "0", "x", "0 to 3"),
            ("2", "3", "+1", "y", "whole number"),
            ("2", "3", "", "y", "whole number"),
            ("0", "0", "1", "y", "0 to 0"),
        ] {
            let problem = tile_id(z, x, y).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{z}/{x}/{y}");
            assert!(problem.detail.contains(words), "{}", problem.detail);
        }
        assert_eq!(tile_id("16", "65535", "0").unwrap(), TileId::new(16, 65_535, 0).unwrap());
    }
}
