//! Lists of masters through the real doors: the API and the command line.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Answer, Client, Server, Site, kuseki, run};
use crate::town::street_points;

async fn send(client: &Client, path: &str, kind: &str, body: &[u8]) -> Answer {
    client
        .send(Method::POST, &format!("/api/v1/import/{path}"), &[("content-type", kind)], body.to_vec())
        .await
        .unwrap()
}

fn sjis(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

fn counts(report: &Value) -> [u64; 4] {
    ["added", "changed", "unchanged", "faulty"].map(|name| report[name].as_u64().unwrap())
}

/// A facility and two riders in the encodings and forms of an office, on the drawn town's streets.
async fn office(site: &Site, server: &Server) -> (Client, String) {
    let client = server.client();
    let points = street_points(site, 8);
    let at = |n: usize| format!("{},{}", points[n][1], points[n][0]);
    let facilities = format!(
        "事業所名,法人名,緯度,経度,サービス開始,サービス終了\r\nデイみどり,みどり会,{},9:30,16:40\r\n",
        at(0)
    );
    let report = send(&client, "facilities", "text/csv", &sjis(&facilities)).await.expect(200);
    assert_eq!((report["encoding"].as_str(), counts(&report)), (Some("Shift_JIS"), [1, 0, 0, 0]));
    let riders = format!(
        "利用者番号,氏名,フリガナ,生年月日,住所,緯度,経度,車いす,事業所,利用曜日,申し送り\r\n\
         Ｒ００１,佐藤 ハル,ｻﾄｳ ﾊﾙ,昭和15年3月2日,\"栄町\r\n1-1\",{},,デイみどり,月・水・金,=1+1\r\n\
         R002,鈴木 一郎,スズキ イチロウ,S10.1.5,栄町2-2,{},○,デイみどり,火木,\r\n",
        at(1),
        at(2)
    );
    (client, riders)
}

#[tokio::test]
async fn a_list_is_tried_taken_in_changed_and_given_back() {
    let site = Site::draw();
    let server = site.serve();
    let (client, riders) = office(&site, &server).await;
    let before = client.log_version().await;
    let tried = send(&client, "riders?dry_run=true", "text/csv", &sjis(&riders)).await.expect(200);
    assert_eq!((tried["dry_run"].as_bool(), counts(&tried)), (Some(true), [2, 0, 0, 0]), "{tried}");
    assert_eq!(client.get("/riders").await.expect(200)["riders"].as_array().unwrap().len(), 0);
    let with_mark = [b"\xef\xbb\xbf", riders.as_bytes()].concat();
    let headers = [("content-type", "text/csv; charset=utf-8"), ("idempotency-key", "first list")];
    let take = || client.send(Method::POST, "/api/v1/import/riders", &headers, with_mark.clone());
    assert_eq!(counts(&take().await.unwrap().expect(200)), [2, 0, 0, 0]);
    let after = client.log_version().await;
    assert!(after > before + 3, "a place and a rider each");
    assert_eq!(counts(&take().await.unwrap().expect(200)), [0, 0, 2, 0], "nothing is doubled");
    let found = client.get("/riders?query=さとう").await.expect(200);
    assert_eq!(found["riders"][0]["name"], "佐藤 ハル");
    assert_eq!(found["riders"][0]["places"][0]["address"], "栄町 1-1");

    let list = client.get("/export/riders.csv").await.expect(200).as_str().unwrap().to_owned();
    assert!(list.contains("R001,佐藤 ハル,サトウ ハル,1940-03-02") && list.contains("'=1+1"), "{list}");
    let report = send(&client, "riders", "text/csv", list.as_bytes()).await.expect(200);
    assert_eq!(counts(&report), [0, 0, 2, 0], "{report}");
    let report = send(
        &client,
        "riders",
        "text/csv",
        "利用者番号,氏名,電話番号\nR002,鈴木 一郎,０２７－０００－１１１１\n".as_bytes(),
    )
    .await;
    assert_eq!(report.expect(200)["changes"][0]["columns"][0], "電話番号");
    // A form that does not show what a list brought leaves it: the birth date is still there.
    let rider = &found["riders"][0];
    let (id, home) = (rider["id"].as_str().unwrap(), &rider["places"][0]["id"]);
    let body = json!({ "name": "佐藤 春", "places": [home], "needs": { "wheelchair": true } });
    let changed = client.json(Method::PUT, &format!("/riders/{id}"), &body).await.expect(200);
    assert_eq!(
        (changed["name"].as_str(), changed["needs"]["wheelchair"].as_bool()),
        (Some("佐藤 春"), Some(true))
    );
    client.json(Method::PUT, "/riders/rider-99", &body).await.expect(404);
    let list = client.get("/export/riders.csv").await.expect(200);
    assert!(list.as_str().unwrap().contains("R001,佐藤 春,,1940-03-02"), "{list}");
    let pair = send(&client, "not_with", "text/csv", "利用者,相手,理由\nR001,R002,口論\n".as_bytes()).await;
    assert_eq!(counts(&pair.expect(200)), [1, 0, 0, 0]);
    // What was brought in outlives the process, and no name is in the log.
    server.kill();
    let server = site.serve();
    let list = server.client().get("/export/riders.csv").await.expect(200);
    assert!(list.as_str().unwrap().contains("027-000-1111"), "{list}");
    let pairs = server.client().get("/export/not_with.csv").await.expect(200);
    assert!(pairs.as_str().unwrap().contains("R001,R002,口論"), "{pairs}");
}

#[tokio::test]
async fn a_list_with_flaws_changes_nothing_unless_the_sound_rows_are_asked_for() {
    let site = Site::draw();
    let server = site.serve();
    let (client, riders) = office(&site, &server).await;
    let list = format!("{riders}R003,田中 花,,昭和65年1月1日,,35.0,135.0,,,,\r\n");
    let before = client.log_version().await;
    let tried = send(&client, "riders?dry_run=true", "text/csv", list.as_bytes()).await.expect(200);
    let flaws: Vec<(u64, &str, &str)> = tried["flaws"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["row"].as_u64().unwrap(), f["column"].as_str().unwrap(), f["code"].as_str().unwrap()))
        .collect();
    assert_eq!(flaws, [(4, "生年月日", "invalid_date"), (4, "緯度", "off_road")]);
    assert!(tried["flaws"][1]["detail"].as_str().unwrap().contains(" from the nearest road"), "{tried}");
    let refused = send(&client, "riders", "text/csv", list.as_bytes()).await;
    let problem = refused.expect(422);
    assert_eq!(
        (problem["code"].as_str(), problem["errors"].as_array().map(Vec::len)),
        (Some("faulty_list"), Some(2))
    );
    assert!(client.log_version().await <= before + 1, "only a day may have begun");
    let taken = send(&client, "riders?skip_faulty=true", "text/csv", list.as_bytes()).await.expect(200);
    assert_eq!(counts(&taken), [2, 0, 0, 1]);
    let rest = taken["faulty_csv"].as_str().unwrap();
    assert!(rest.contains("R003,田中 花") && rest.lines().count() == 2, "{rest}");
}

#[tokio::test]
async fn files_that_are_no_lists_get_an_answer() {
    let site = Site::draw();
    let server = site.serve();
    let client = server.client();
    for (path, body, status, code) in [
        ("riders", &b"PK\x03\x04xlsx"[..], 422, "not_text"),
        ("riders", b"\x00\x01\x02\xff\xfe\xfd", 422, "bad_encoding"),
        ("riders", b"name\n\0\n", 422, "not_text"),
        ("riders", b"", 422, "empty_file"),
        ("riders", b"name,\"x\n1,2\n", 422, "unbalanced_quotes"),
        ("riders", b"name,name\nx,y\n", 422, "faulty_list"),
        ("riders?skip_faulty=true", b"a,b\nx,y\n", 422, "faulty_list"),
        ("passengers", b"name\n", 404, "not_found"),
        ("riders?separator=pipe", b"name\n", 422, "invalid_value"),
        ("riders?encoding=latin-1", b"name\n", 422, "invalid_value"),
        ("riders?mapping=x", b"name\n", 422, "invalid_value"),
        ("riders?dryrun=true", b"name\n", 400, "invalid_value"),
    ] {
        let problem = send(&client, path, "text/csv", body).await.expect(status);
        assert_eq!(problem["code"], code, "{path}: {problem}");
        assert!(!problem["detail_ja"].as_str().unwrap().is_empty());
    }
    assert_eq!(counts(&send(&client, "riders", "text/csv", b"name\n").await.expect(200)), [0, 0, 0, 0]);
    client.get("/export/passengers.csv").await.expect(404);
    client.get("/export/riders.csv?encoding=latin-1").await.expect(422);
    assert_eq!(claim_of_100_megabytes(&server).await, 413);
}

/// Says that it will send 100 MB and sends a few bytes.
async fn claim_of_100_megabytes(server: &Server) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let host = server.address.trim_start_matches("http://").to_owned();
    let mut socket = tokio::net::TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "POST /api/v1/import/riders HTTP/1.1\r\nhost: {host}\r\ncontent-length: 100000000\r\n\r\nname\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[9..]).parse().unwrap()
}

#[tokio::test]
async fn the_command_line_takes_lists_in_and_out() {
    let site = Site::draw();
    let server = site.serve();
    let (_, riders) = office(&site, &server).await;
    let file = site.path("riders.csv");
    let mapping = site.path("columns.toml");
    fs::write(&mapping, "\"ご利用者様\" = \"name\"\n\"申し送り\" = \"\"\n").unwrap();
    fs::write(&file, sjis(&riders.replacen("氏名", "ご利用者様", 1))).unwrap();
    let import = |more: &[&str]| {
        let mut command = kuseki();
        command.arg("import").arg("riders").arg(&file).args(["--server", &server.address]).args(more);
        run(&mut command)
    };
    let ended = import(&["--dry-run"]);
    assert!(!ended.status.success() && ended.out.contains("`name` is needed"), "{}{}", ended.out, ended.err);
    let mapped = ["--mapping", mapping.to_str().unwrap()];
    let ended = import(&[&mapped[..], &["--dry-run"]].concat());
    assert!(ended.status.success() && ended.out.contains("2 would be added"), "{}{}", ended.out, ended.err);
    let ended = import(&mapped);
    assert!(ended.out.contains("2 rows (Shift_JIS): 2 added"), "{}{}", ended.out, ended.err);
    let out = site.path("out.csv");
    let mut command = kuseki();
    command
        .args(["export", "riders", "--server", &server.address, "--encoding", "shift_jis", "--out"])
        .arg(&out);
    let ended = run(&mut command);
    assert!(ended.status.success(), "{}", ended.err);
    let text = encoding_rs::SHIFT_JIS.decode(&fs::read(&out).unwrap()).0.into_owned();
    assert!(text.contains("鈴木 一郎") && !text.contains("=1+1"), "{text}");
    let mut command = kuseki();
    command.args(["export", "nobody", "--server", &server.address]);
    assert!(run(&mut command).err.contains("there is no list `nobody`"));
}
