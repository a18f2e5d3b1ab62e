//! A small town of two corporations, served in this process, and people who ask it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dispatch::{Clock, Service, ServiceSetup, Setup};
use futures_util::StreamExt;
use reqwest::Method;
use roads::{Roads, StraightLines};
use serde_json::{Value, json};
use server::{Accounts, AddedAccount, Entrance, PublicUrl, Role};
use store::DataDir;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use units::{AreaId, Seconds, Timestamp};

/// No wait of any test takes longer; what does is hung.
const DEADLINE: Duration = Duration::from_secs(60);
pub const PASSWORD: &str = "yuki no furu machi";

/// A clock that stands until it is moved.
pub struct Hand(AtomicI64);

impl Hand {
    fn at(text: &str) -> Arc<Hand> {
        Arc::new(Hand(AtomicI64::new(Timestamp::parse(text).unwrap().unix_seconds())))
    }

    pub fn pass(&self, span: Seconds) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.load(Ordering::SeqCst))
    }
}

pub struct Town {
    pub address: SocketAddr,
    /// Of the accounts.
    pub clock: Arc<Hand>,
    pub accounts: Accounts,
    pub service: Arc<Service>,
    pub folder: TempDir,
    _data: DataDir,
}

/// Served in a town whose morning begins; nobody is registered yet.
pub async fn open(is_open: bool, public_url: &str) -> Town {
    let folder = tempfile::tempdir().unwrap();
    let roads = Arc::new(Roads::straight_lines(StraightLines::in_japan()).unwrap());
    let (clock, town_clock) = (Hand::at("2026-11-24T06:00:00+09:00"), Hand::at("2026-11-24T06:00:00+09:00"));
    let data = DataDir::open(&folder.path().join("data"), &roads.fingerprint(), "試験", clock.now()).unwrap();
    let accounts = Accounts::open(data.accounts().unwrap(), clock.clone()).unwrap();
    let log = Box::new(data.log().unwrap());
    let past = store::EventLog::reader(&*log).unwrap();
    let engine = Setup { area: AreaId(1), roads, log };
    let tick_every = Duration::from_secs(3_600);
    let setup = ServiceSetup { engine, clock: town_clock, tick_every, improve_steps: 0, snapshots: None };
    let service = Arc::new(Service::start(setup).unwrap());
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let url =
        if public_url.is_empty() { PublicUrl::default() } else { PublicUrl::parse(public_url).unwrap() };
    let setup = server::Setup {
        service: service.clone(),
        area_name: "試験".to_owned(),
        demo_clock: None,
        roads_warning: None,
        base_map: server::BaseMap::default(),
        keep_base_map: Box::new(|_| Ok(())),
        past: server::Past { log: past, snapshots: None },
        notify: server::NotifySetup { outbox: data.outbox().unwrap(), adapters: Vec::new() },
        entrance: Entrance { accounts: accounts.clone(), is_open, public_url: url, is_trial: false },
        metrics: recorder.handle(),
    };
    let router = server::router(setup).unwrap().into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Town { address, clock, accounts, service, folder, _data: data }
}

/// Two corporations with a facility, a vehicle, a driver and a member each, and a resident who is nobody's member.
pub struct People {
    pub town: Town,
    pub administrator: Person,
    pub names: Vec<String>,
}

/// What was registered, of the first corporation and of the second.
pub const OWN: usize = 1;
pub const FOREIGN: usize = 2;

pub async fn populate() -> People {
    let town = open(false, "").await;
    town.add("admin", Role::CorporationAdministrator, &[]);
    let administrator = town.sign_in("admin").await;
    let mut names = Vec::new();
    for k in 1..=2_usize {
        administrator.make("/corporations", json!({ "name": format!("法人{k}") })).await;
        for (n, (label, category)) in
            [("施設", "day_service"), ("自宅", "home"), ("別宅", "other")].iter().enumerate()
        {
            let away = (k * 3 + n) as f64 / 200.0;
            let (label, address) = (format!("{label}之{k}"), format!("秘密町{k}丁目{n}番地"));
            let body = json!({ "label": label, "address": address, "category": category, "position": [139.4 + away, 35.7] });
            administrator.make("/places", body).await;
            if n > 0 {
                names.extend([label, address]);
            }
        }
        let home = (k - 1) * 3 + 2;
        let body = json!({
            "corporation": format!("corporation-{k}"), "name": format!("デイ{k}"), "place": format!("place-{}", home - 1),
            "service": ["09:30", "16:40"],
        });
        administrator.make("/facilities", body).await;
        let facility = format!("facility-{k}");
        let body = json!({ "facility": facility, "name": format!("{k}号車"), "kind": "van", "layouts": [{ "seats": 6 }] });
        administrator.make("/vehicles", body).await;
        let (driver, phone) = (format!("運転 太郎{k}"), format!("080-7777-000{k}"));
        let body = json!({
            "facility": facility, "name": driver, "phone": phone, "licence": "van", "weekdays": ["tue"],
            "shifts": [["07:30", "18:30"]],
        });
        administrator.make("/drivers", body).await;
        let name = format!("会員 花子{k}");
        let body = json!({
            "name": name, "furigana": format!("かいいん はなこ{k}"), "phone": format!("090-1111-222{k}"),
            "note": format!("鍵は植木鉢{k}の下"), "places": [format!("place-{home}"), format!("place-{}", home + 1)],
            "membership": { "facility": facility, "weekdays": ["tue"] },
        });
        administrator.make("/riders", body).await;
        names.extend([
            name,
            driver,
            phone,
            format!("090-1111-222{k}"),
            format!("植木鉢{k}"),
            format!("はなこ{k}"),
        ]);
        let day = json!({ "facility": facility, "day": "2026-11-24" });
        administrator.make("/day-plans", day).await;
    }
    let body = json!({ "name": "住民 一郎", "phone": "090-3333-4444", "places": ["place-2", "place-5"] });
    administrator.make("/riders", body).await;
    names.extend(["住民 一郎".to_owned(), "090-3333-4444".to_owned()]);
    let policy = json!({
        "effective_from": "2026-11-24", "allows": ["member_on_run", "member_other_day", "guest_idle_vehicle"],
        "source": "試験", "author": "試験",
    });
    administrator.make("/policies", policy).await;
    People { town, administrator, names }
}

impl Town {
    pub fn add(&self, login: &str, role: Role, of: &[&str]) -> String {
        let of = of.iter().map(|id| (*id).to_owned()).collect();
        let new = AddedAccount { login: login.to_owned(), name: format!("{login}の名"), role, of };
        let added = self.accounts.add(new, Some(PASSWORD));
        added.unwrap_or_else(|problem| panic!("{}", problem.detail))
    }

    pub fn anybody(&self) -> Person {
        let client = reqwest::Client::new();
        Person { address: self.address, client, cookie: None, key: None, origin: Some(self.origin()) }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn sign_in(&self, login: &str) -> Person {
        let mut person = self.anybody();
        let body = json!({ "login": login, "password": PASSWORD });
        let answer = person.send(Method::POST, "/session", &body).await;
        assert_eq!(answer.status, 200, "{login}: {}", answer.body);
        person.cookie = answer.cookie;
        person
    }

    /// One account of the role, of the first corporation where it has to be of something.
    pub async fn one(&self, role: Role) -> Person {
        let (login, of): (&str, &[&str]) = match role {
            Role::Operator => ("operator", &[]),
            Role::Driver => ("driver", &["vehicle-1"]),
            Role::FacilityManager => ("facility", &["facility-1"]),
            Role::CorporationAdministrator => ("corporation", &["corporation-1"]),
            Role::Rider => ("family", &["rider-1"]),
            Role::Municipality => ("town-hall", &[]),
            Role::Auditor => ("auditor", &[]),
            Role::Machine => unreachable!("machines have keys"),
        };
        self.add(login, role, of);
        self.sign_in(login).await
    }
}

#[derive(Debug, Clone)]
pub struct Person {
    pub address: SocketAddr,
    pub client: reqwest::Client,
    /// Name and token.
    pub cookie: Option<String>,
    pub key: Option<String>,
    /// What the browser says of the page that asks.
    pub origin: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub text: String,
    /// As it was set.
    pub set_cookie: Option<String>,
    /// Name and token of it.
    pub cookie: Option<String>,
    pub retry_after: Option<u64>,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }
}

impl Person {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &body).await
    }

    #[track_caller]
    pub fn make(&self, path: &str, body: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        let (person, path) = (self.clone(), path.to_owned());
        async move {
            let answer = person.post(&path, body).await;
            assert!(matches!(answer.status, 200 | 201), "{path} from {caller}: {}", answer.text);
            answer.body
        }
    }

    /// `path` begins behind `/api/v1`.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.raw(method, &format!("/api/v1{path}"), body).await
    }

    pub async fn raw(&self, method: Method, path: &str, body: &Value) -> Answer {
        let mut request = self.client.request(method.clone(), format!("http://{}{path}", self.address));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        if let (Some(origin), false) = (&self.origin, method == Method::GET) {
            request = request.header("origin", origin);
        }
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (set_cookie, retry_after) = (header("set-cookie"), header("retry-after"));
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let cookie = set_cookie.as_deref().and_then(|c| c.split(';').next()).map(str::to_owned);
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer {
            status,
            body,
            text,
            set_cookie,
            cookie,
            retry_after: retry_after.and_then(|r| r.parse().ok()),
        }
    }

    /// Listens with a query such as `as=board`; the status where the door stays shut.
    pub async fn listen(&self, query: &str) -> Result<Socket, u16> {
        let mut request = format!("ws://{}/api/v1/ws?{query}", self.address).into_client_request().unwrap();
        let mut set = |name: &'static str, value: Option<String>| {
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        };
        set("cookie", self.cookie.clone());
        set("origin", self.origin.clone());
        set("authorization", self.key.as_ref().map(|key| format!("Bearer {key}")));
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Socket(stream)),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }
}

type Stream = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;
pub struct Socket(pub Stream);

impl Socket {
    /// All messages up to and with the one that tells of this event number.
    pub async fn until(&mut self, n: u64) -> Vec<Value> {
        let mut heard = Vec::new();
        loop {
            let frame = tokio::time::timeout(DEADLINE, self.0.next()).await.expect("no message came");
            let Message::Text(text) = frame.unwrap().unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            let (at, kind) = (message["n"].as_u64().unwrap(), message["kind"].clone());
            heard.push(message);
            if kind == "change" && at >= n {
                return heard;
            }
        }
    }

    /// The code with which the other side closes.
    pub async fn closed(&mut self) -> u16 {
        loop {
            let frame = tokio::time::timeout(DEADLINE, self.0.next()).await.expect("it stays open");
            match frame {
                Some(Ok(Message::Close(Some(close)))) => return close.code.into(),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
