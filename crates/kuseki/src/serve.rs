//! `kuseki serve`, and the wiring that it shares with the demo.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dispatch::{Clock, Service, ServiceSetup, Setup, SystemClock, TownClock};
use roads::Roads;
use store::{AreaSettings, DataDir, EventLog, LogReader, Outbox};
use tokio::net::TcpListener;
use units::{AreaId, Timestamp};

use crate::fault::Fault;
use crate::notify_options::NotifyArguments;
use crate::roads_command::read_speeds;

pub const AREA: AreaId = AreaId(1);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The road network, made with `kuseki roads import`. Without one, travel times are estimated from straight lines, and
    /// every page says so.
    #[arg(long)]
    roads: Option<PathBuf>,
    /// Speeds of this area by class and hour (TOML); those of the roads file if left out.
    #[arg(long, requires = "roads")]
    speeds: Option<PathBuf>,
    /// Counts with the speeds of a day of snow at all hours.
    #[arg(long, requires = "roads")]
    snow: bool,
    /// Without roads: the box SOUTH,WEST,NORTH,EAST in degrees that places lie in; all of Japan if left out.
    #[arg(long, value_name = "S,W,N,E", allow_hyphen_values = true, conflicts_with = "roads")]
    bbox: Option<String>,
    /// Without roads: road metres to 100 m as the crow flies.
    #[arg(long, conflicts_with = "roads")]
    factor_percent: Option<u32>,
    /// Without roads: mean speed on the road.
    #[arg(long, conflicts_with = "roads")]
    kmh: Option<u32>,
    /// Data directory; made if it is not there.
    #[arg(long)]
    data: PathBuf,
    /// Address to listen on. Plain HTTP: beyond this machine, put a proxy with TLS before it and give --public-url.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Name of the area, shown on the pages.
    #[arg(long, default_value = "kuseki")]
    area_name: String,
    /// What lies under the marks of the map: `own` needs no internet; `gsi_pale` and `gsi_standard` load 地理院タイル.
    /// Without it, what was chosen on the page.
    #[arg(long, env = "KUSEKI_BASE_MAP", value_name = "own|gsi_pale|gsi_standard")]
    base_map: Option<server::BaseMap>,
    /// Steps of background search for a better plan, whenever it has changed; 0 for none.
    #[arg(long, default_value_t = sim::IMPROVE_STEPS, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    improve_steps: u64,
    /// For trials only: the clock begins at this time instead of now, and its speed can be set. Not for a real town's data.
    #[arg(long, value_name = "2026-11-24T08:00:00+09:00", value_parser = Timestamp::parse)]
    clock: Option<Timestamp>,
    /// Nobody has to sign in, and everybody may do everything. For trials on this machine only.
    #[arg(long)]
    open: bool,
    /// How the server is reached from outside, such as https://kuseki.example.jp; its links and cookies follow it.
    #[arg(long, env = "KUSEKI_PUBLIC_URL", value_name = "URL", value_parser = server::PublicUrl::parse, conflicts_with = "open")]
    public_url: Option<server::PublicUrl>,
    #[command(flatten)]
    notify: NotifyArguments,
}

/// A town ready to be served: its data directory is locked, its log folded.
pub struct House {
    pub service: Arc<Service>,
    pub past: server::Past,
    pub settings: Arc<AreaSettings>,
    pub outbox: Outbox,
    pub accounts: server::Accounts,
    /// Held as long as the house stands; dropped last.
    _data: DataDir,
}

/// The log as it lay on disk before the service started.
pub struct Beginning {
    pub data: DataDir,
    pub log: Box<dyn EventLog>,
    pub past: server::Past,
    pub last_at: Option<Timestamp>,
}

/// Opens a data directory for these roads.
pub fn open(data: &std::path::Path, roads: &Roads, area_name: &str) -> Result<Beginning, Fault> {
    let data = DataDir::open(data, &roads.fingerprint(), area_name, SystemClock.now())?;
    let mut log = data.log()?;
    let last_at = log.last(AREA)?.map(|(_, at)| at);
    let snapshots = program().map(|program| server::SnapshotFolder { path: data.path().to_owned(), program });
    let past = server::Past { log: log.reader()?, snapshots };
    Ok(Beginning { data, log: Box::new(log), past, last_at })
}

/// Names the running program, so that no snapshot of a program that folded otherwise is taken for one of this.
fn program() -> Option<String> {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let changed = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), file.len(), changed.as_nanos()))
}

impl Beginning {
    pub fn start(
        self,
        roads: Arc<Roads>,
        clock: Arc<dyn Clock>,
        tick_every: Duration,
        improve_steps: u64,
    ) -> Result<House, Fault> {
        let engine = Setup { area: AREA, roads, log: self.log };
        let snapshots = self.past.snapshots.as_ref().map(server::SnapshotFolder::state);
        let service = Service::start(ServiceSetup { engine, clock, tick_every, improve_steps, snapshots })?;
        let settings = Arc::new(self.data.settings()?);
        let outbox = self.data.outbox()?;
        let accounts = server::Accounts::open(self.data.accounts()?, Arc::new(SystemClock))?;
        Ok(House {
            settings,
            accounts,
            outbox,
            service: Arc::new(service),
            past: self.past,
            _data: self.data,
        })
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    start_logging();
    if arguments.open && !arguments.listen.ip().is_loopback() {
        let right = "--open lets everybody in, so it listens on this machine only; leave it out, and let people sign in";
        return Err(Fault::Usage(format!("--listen {}: {right}", arguments.listen)));
    }
    let adapters = arguments.notify.adapters()?;
    let roads = Arc::new(find_roads(arguments)?);
    if let Some(warning) = roads_warning(&roads) {
        eprintln!("kuseki: {warning}");
    }
    let beginning = open(&arguments.data, &roads, &arguments.area_name)?;
    // A trial goes on where it was left: time does not run backwards.
    let begin = arguments.clock.map(|at| beginning.last_at.map_or(at, |last| last.max(at)));
    let trial = begin.map(|at| Arc::new(TownClock::starting(at, 1.0)));
    let clock: Arc<dyn Clock> = match &trial {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock),
    };
    let tick_every = if trial.is_some() { Duration::from_millis(500) } else { Duration::from_secs(5) };
    let house = beginning.start(roads, clock, tick_every, arguments.improve_steps)?;
    runtime()?.block_on(async {
        let listener = listen(arguments.listen).await?;
        println!("kuseki serves {} at {}", arguments.area_name, address_of(&listener));
        let public_url = arguments.public_url.clone().unwrap_or_default();
        if arguments.open {
            eprintln!("kuseki: --open: nobody has to sign in; whoever uses this machine may do everything");
        } else {
            greet_first(&house.accounts, &public_url.address_or(&address_of(&listener)))?;
        }
        let outside = Outside {
            demo_clock: trial,
            base_map: arguments.base_map,
            adapters,
            is_open: arguments.open,
            public_url,
            is_trial: false,
        };
        serve(house, listener, &arguments.area_name, outside).await
    })
}

/// Says how the first administrator gets in, as long as there is none.
fn greet_first(accounts: &server::Accounts, address: &str) -> Result<(), Fault> {
    let refused = |problem: server::Problem| Fault::Usage(problem.detail);
    if let Some(first) = accounts.invite_first().map_err(refused)? {
        println!(
            "Nobody can sign in yet. Whoever opens this link becomes the administrator `{}`:",
            first.login
        );
        println!("  {address}{}", first.path);
        println!("It is good for once, and for three days. Or stop, and use `kuseki accounts add`.");
    }
    Ok(())
}

fn find_roads(arguments: &Arguments) -> Result<Roads, Fault> {
    let Some(path) = &arguments.roads else {
        let bounds = arguments.bbox.as_deref().map(roads::Bounds::parse).transpose()?;
        let mut lines = bounds.map_or_else(roads::StraightLines::in_japan, roads::StraightLines::within);
        lines.factor_percent = arguments.factor_percent.unwrap_or(lines.factor_percent);
        lines.kmh = arguments.kmh.unwrap_or(lines.kmh);
        return Ok(Roads::straight_lines(lines)?);
    };
    let roads = Roads::open(path)?;
    let given = arguments.speeds.as_deref().map(read_speeds).transpose()?;
    let Some(mut speeds) = given.or_else(|| roads.speeds().cloned()) else { return Ok(roads) };
    if arguments.snow {
        speeds = speeds.in_snow();
    } else if arguments.speeds.is_none() {
        return Ok(roads);
    }
    let roads = roads.with_speeds(speeds)?;
    roads.ready_all();
    Ok(roads)
}

/// What must be said on every page and in every report where travel times are not from roads.
pub fn roads_warning(roads: &Roads) -> Option<String> {
    roads.factor_percent().map(|_| {
        format!(
            "道路データがありません。所要時間は概算です（{}）。 / No roads file: travel times are estimates.",
            roads.source().licence
        )
    })
}

pub fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Fault::Runtime)
}

pub async fn listen(address: SocketAddr) -> Result<TcpListener, Fault> {
    let fault = |source| Fault::Listen { address: address.to_string(), source };
    TcpListener::bind(address).await.map_err(fault)
}

pub fn address_of(listener: &TcpListener) -> String {
    listener.local_addr().map_or_else(|_| "http://127.0.0.1".to_owned(), |a| format!("http://{a}"))
}

/// What differs between a service and a demo.
pub struct Outside {
    pub demo_clock: Option<Arc<TownClock>>,
    pub base_map: Option<server::BaseMap>,
    pub adapters: Vec<Arc<dyn server::Notifier>>,
    pub is_open: bool,
    pub public_url: server::PublicUrl,
    pub is_trial: bool,
}

/// Serves until the process is asked to stop; then finishes what was accepted.
pub async fn serve(
    house: House,
    listener: TcpListener,
    area_name: &str,
    outside: Outside,
) -> Result<(), Fault> {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    // A second recorder in one process is refused; the first goes on counting.
    drop(metrics_recorder(recorder));
    let setup = server::Setup {
        service: house.service.clone(),
        area_name: area_name.to_owned(),
        demo_clock: outside.demo_clock,
        roads_warning: roads_warning(&house.service.roads),
        base_map: outside.base_map.unwrap_or_else(|| kept_base_map(&house.settings)),
        keep_base_map: keeper(house.settings),
        past: house.past,
        notify: server::NotifySetup { outbox: house.outbox, adapters: outside.adapters },
        entrance: server::Entrance {
            accounts: house.accounts,
            is_open: outside.is_open,
            public_url: outside.public_url,
            is_trial: outside.is_trial,
        },
        metrics,
    };
    let router = server::router(setup)?;
    let address = address_of(&listener);
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, router).with_graceful_shutdown(asked_to_stop());
    // Open sockets of pages never end by themselves: after the signal they get a moment, no more.
    let deadline = async {
        asked_to_stop().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    tokio::select! {
        outcome = served => outcome.map_err(|source| Fault::Listen { address, source })?,
        () = deadline => {}
    }
    house.service.stop();
    Ok(())
}

/// What was chosen on the page in a former life; a word of a later program counts as none.
fn kept_base_map(settings: &AreaSettings) -> server::BaseMap {
    settings.find(server::BASE_MAP_SETTING).and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn keeper(settings: Arc<AreaSettings>) -> Box<dyn Fn(server::BaseMap) -> Result<(), String> + Send + Sync> {
    Box::new(move |chosen| {
        let kept = settings.keep(server::BASE_MAP_SETTING, chosen.as_str());
        kept.map_err(|fault| crate::fault::chain(&fault))
    })
}

fn metrics_recorder(recorder: metrics_exporter_prometheus::PrometheusRecorder) -> Result<(), String> {
    metrics::set_global_recorder(recorder).map_err(|e| e.to_string())
}

async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut ended) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            drop(interrupted.await);
            return;
        };
        tokio::select! {
            _ = interrupted => {}
            _ = ended.recv() => {}
        }
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}

/// Log lines go to standard error; `RUST_LOG` chooses which.
pub fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,notify=info"));
    // Colours are for eyes; a file or a log collector would keep them as rubbish between the words.
    let coloured = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    drop(lines.with_ansi(coloured).try_init());
}
