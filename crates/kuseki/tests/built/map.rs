//! The map from outside: its description, its tiles, what an area chooses to see, and what pages may load for it.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;

use crate::house::{Server, Site, serve_command};

/// The raw answer to a GET, with its bytes as they came.
struct Raw {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Raw {
    async fn get(server: &Server, path: &str, said: &[(&str, &str)]) -> Raw {
        let mut request = reqwest::Client::new().get(format!("{}{path}", server.address));
        for (name, value) in said {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Raw { status, headers, bytes: answer.bytes().await.unwrap().to_vec() }
    }

    fn said(&self, name: &str) -> &str {
        let name: HeaderName = name.parse().unwrap();
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

/// A tile of the description's address that holds the middle of the town.
fn middle(description: &serde_json::Value, zoom: u8) -> String {
    let at = |i: usize| description["bounds"][i].as_f64().unwrap();
    let (lat, lon) = ((at(1) + at(3)) / 2.0, (at(0) + at(2)) / 2.0);
    let id = roads::map::TileId::at(zoom, units::Point::from_degrees(lat, lon).unwrap());
    let address = description["tiles"][0].as_str().unwrap();
    [("{z}", u32::from(id.zoom())), ("{x}", id.x()), ("{y}", id.y())]
        .iter()
        .fold(address.to_owned(), |address, (hole, number)| address.replace(hole, &number.to_string()))
}

#[tokio::test]
async fn tiles_are_found_by_the_description_packed_and_kept_by_the_client() {
    let site = Site::draw();
    let server = site.serve();
    let description = server.client().get("/map").await.expect(200);
    assert_eq!(
        (description["tilejson"].as_str(), description["maxzoom"].as_u64()),
        (Some("3.0.0"), Some(16))
    );
    assert_eq!(description["vector_layers"].as_array().unwrap().len(), 8);
    // A drawn town owes nothing to anybody.
    assert!(!description["attribution"].as_str().unwrap().contains("OpenStreetMap"));
    let path = middle(&description, 13);
    let plain = Raw::get(&server, &path, &[]).await;
    assert_eq!((plain.status, plain.said("content-type")), (200, "application/vnd.mapbox-vector-tile"));
    assert!(plain.said("cache-control").contains("immutable"), "{}", plain.said("cache-control"));
    let drawn = roads::Roads::open(&site.roads()).unwrap();
    assert!(!plain.bytes.is_empty());
    assert!(description["tiles"][0].as_str().unwrap().ends_with(&drawn.map().version()));
    for (said, word) in [("gzip", "gzip"), ("gzip, br", "br")] {
        let packed = Raw::get(&server, &path, &[("accept-encoding", said)]).await;
        assert_eq!((packed.status, packed.said("content-encoding")), (200, word));
        assert!(packed.bytes.len() < plain.bytes.len(), "{word} makes it no smaller");
        assert_ne!(packed.said("etag"), plain.said("etag"), "other bytes under the same tag");
    }
    let again = Raw::get(&server, &path, &[("if-none-match", plain.said("etag"))]).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    // Without the map's version, or with that of a former map, the client has to ask each time.
    let bare = path.split('?').next().unwrap();
    for path in [bare.to_owned(), format!("{bare}?v=00000000")] {
        let unversioned = Raw::get(&server, &path, &[]).await;
        assert_eq!((unversioned.said("cache-control"), &unversioned.bytes), ("no-cache", &plain.bytes));
    }
    let elsewhere = Raw::get(&server, "/api/v1/tiles/10/0/0.mvt", &[]).await;
    assert_eq!((elsewhere.status, elsewhere.bytes.len()), (204, 0));
}

#[tokio::test]
async fn a_tile_that_cannot_be_is_a_problem_that_says_so() {
    let site = Site::draw();
    let server = site.serve();
    for path in ["17/0/0.mvt", "3/8/0.mvt", "3/0/8", "a/0/0.mvt", "1/0/-1.mvt", "1/0/.mvt", "1/0/0.png"] {
        let answer = server.client().get(&format!("/tiles/{path}")).await;
        assert_eq!((answer.status, answer.kind.as_str()), (422, "application/problem+json"), "{path}");
        assert!(
            answer.body["errors"][0]["field"].is_string() && answer.body["detail_ja"].is_string(),
            "{path}"
        );
    }
    assert_eq!(server.client().get("/tiles/1/0").await.status, 404);
}

#[tokio::test]
async fn an_area_switches_its_base_map_for_good_and_pages_may_load_only_that() {
    let site = Site::draw();
    let outside = "cyberjapandata.gsi.go.jp";
    {
        let server = site.serve();
        let client = server.client();
        let first = Raw::get(&server, "/", &[]).await;
        assert!(!first.said("content-security-policy").contains("https:"), "a page may load from outside");
        assert_eq!(client.get("/map").await.expect(200)["raster"], json!(null));
        let refused = client.json(Method::PUT, "/map/base-map", &json!({ "base_map": "elsewhere" })).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body["detail"].as_str().unwrap().contains("gsi_pale"), "{}", refused.body);
        let chosen =
            client.json(Method::PUT, "/map/base-map", &json!({ "base_map": "gsi_pale" })).await.expect(200);
        assert!(chosen["raster"]["tiles"][0].as_str().unwrap().contains(outside));
        assert!(chosen["raster"]["attribution"].as_str().unwrap().contains("国土地理院"));
        // A browser that holds the page from before must not go on with its old rule.
        let page = Raw::get(&server, "/", &[("if-none-match", first.said("etag"))]).await;
        assert_eq!(page.status, 200);
        for rule in page.said("content-security-policy").split(';').map(str::trim) {
            let opened = rule.starts_with("img-src") || rule.starts_with("connect-src");
            assert_eq!(rule.contains(outside), opened, "{rule}");
            assert_eq!(rule.contains("https:"), opened, "{rule}");
        }
    }
    {
        let server = site.serve();
        assert_eq!(
            server.client().get("/map").await.expect(200)["base_map"],
            "gsi_pale",
            "forgotten at a new start"
        );
        server.client().json(Method::PUT, "/map/base-map", &json!({ "base_map": "own" })).await.expect(200);
        assert!(!Raw::get(&server, "/", &[]).await.said("content-security-policy").contains("https:"));
    }
    let mut command = serve_command(&site.roads(), &site.data(), "127.0.0.1:0");
    command.args(["--base-map", "gsi_standard"]);
    let server = Server::start(command);
    assert_eq!(server.client().get("/map").await.expect(200)["base_map"], "gsi_standard");
    let wrong = crate::house::run(
        serve_command(&site.roads(), &site.data(), "127.0.0.1:0").args(["--base-map", "google"]),
    );
    assert!(!wrong.status.success() && wrong.err.contains("gsi_pale"), "{}", wrong.err);
}

#[tokio::test]
async fn the_area_is_told_by_itself() {
    let site = Site::draw();
    let server = site.serve();
    let area = server.client().get("/area").await.expect(200);
    assert!(area["roads"]["attribution"].is_string() && area["bounds"].as_array().unwrap().len() == 4);
}
