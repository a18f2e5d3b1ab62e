//! How each figure is counted, in words for the town hall. A figure without its definition is worth nothing in a
//! council: shares of shared rides, for one, are counted in two ways in Japan.

/// The wording of one figure. `figure` is its path as the town-hall page names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    pub figure: &'static str,
    pub ja: &'static str,
    pub en: &'static str,
}

const fn define(figure: &'static str, ja: &'static str, en: &'static str) -> Definition {
    Definition { figure, ja, en }
}

/// One entry per figure.
pub const DEFINITIONS: &[Definition] = &[
    define(
        "members.expected",
        "本日が利用曜日の利用者のうち、終日お休みの連絡がない人の数。",
        "Members whose weekday it is and who have not been noted absent for the whole day.",
    ),
    define(
        "members.absent",
        "本日が利用曜日の利用者のうち、終日お休みの連絡があった人の数。",
        "Members whose weekday it is and who have been noted absent for the whole day.",
    ),
    define(
        "members.carried_pickup",
        "迎えの便で施設に着き、降車が済んだ利用者の数。",
        "Members who have got off at the facility from a pickup run.",
    ),
    define(
        "members.carried_dropoff",
        "送りの便で自宅に着き、降車が済んだ利用者の数。",
        "Members who have got off at home from a drop-off run.",
    ),
    define(
        "members.on_time_share",
        "降車が済んだ利用者の送迎(片道ごと)のうち、乗車・降車の開始がともに約束の時間帯の終わりまでだった割合。開始は車両の到着、または同じ停車での前の乗降の終了の遅い方。",
        "Of members' finished rides on runs (each way counts), those whose boarding and alighting both began by the end of the promised window. A boarding or alighting begins when the vehicle has arrived and the one before it at the stop is over.",
    ),
    define(
        "members.max_late_minutes",
        "利用者の乗車・降車の開始が約束の時間帯の終わりから遅れた最大の分数(切り上げ)。",
        "Largest lateness of a member's boarding or alighting against the end of the promised window, in minutes rounded up.",
    ),
    define(
        "requests.total",
        "本日の乗車の依頼の数。利用者の送迎便は含まない。",
        "Requests for rides today, places on runs not counted.",
    ),
    define(
        "requests.by_channel",
        "依頼の受付方法(電話・アプリ・窓口・施設)別の数。",
        "Requests by the way they came in.",
    ),
    define("requests.by_purpose", "依頼の目的別の数。", "Requests by purpose."),
    define(
        "requests.booked",
        "予約が成立し、これから乗車する、または乗車中の依頼の数。",
        "Requests accepted and still to be carried, or on board now.",
    ),
    define("requests.done", "降車まで済んだ依頼の数。", "Requests whose riders have got off."),
    define(
        "requests.refused",
        "条件に合う車両がなく、お断りした依頼の数。",
        "Requests for which nothing could be offered.",
    ),
    define(
        "requests.cancelled",
        "取り消された依頼の数(予約の前後とも)。",
        "Requests cancelled, before or after booking.",
    ),
    define(
        "requests.no_show",
        "約束の時刻に乗車場所に現れなかった依頼の数。",
        "Requests whose rider was not at the door.",
    ),
    define(
        "requests.expired",
        "提示した案に返事がなく、期限が切れた依頼の数。",
        "Requests whose offers ran out unanswered.",
    ),
    define(
        "requests.open",
        "案を提示し、返事を待っている依頼の数。",
        "Requests with offers that await an answer.",
    ),
    define(
        "served_by_class",
        "実際に乗車した(乗車中を含む)件数を、乗車の区分別に数えたもの。利用者の送迎便も含み、片道を1件とする。",
        "Rides on which the rider got on board, by class; runs of members included, each way one ride.",
    ),
    define(
        "refused_by_reason",
        "お断りした依頼を、最も多くの車両が当てはまった理由で1件ずつ数えたもの。",
        "Refused requests, each counted once under the reason that ruled out most vehicles.",
    ),
    define(
        "idle_seats_used",
        "送迎便以外で席が確保された人数(予約中・乗車中・降車済み、同行者を含む)。",
        "People, escorts included, of booked, on-board and finished rides that are not members' runs.",
    ),
    define(
        "wait_seconds",
        "出発時刻を希望した依頼について、希望時刻(依頼がそれより後なら依頼時刻)から乗車完了までの秒数。中央値と90パーセンタイルは最近順位法。",
        "For rides wished to leave at a time: seconds from that time (from the call, if later) until on board. Median and 90th percentile by nearest rank.",
    ),
    define(
        "ride_seconds",
        "送迎便以外の乗車について、乗車完了から降車開始までの秒数。",
        "For rides other than runs: seconds from the end of boarding to the begin of alighting.",
    ),
    define(
        "drive_km",
        "出発した区間の道路距離の合計。回送を含む。",
        "Road length of all legs departed on, empty ones included.",
    ),
    define(
        "idle_seat_km",
        "出発した区間ごとに、乗っている人を収められる座席配置のうち最も席の多いものの空席数に区間の距離を掛けた合計。歩行器は席の10分の1単位で数える。",
        "Over all legs departed on: free seats of the roomiest layout that holds those on board, times the length of the leg. Walkers count in tenths of a seat.",
    ),
    define(
        "guest_seat_km",
        "出発した区間ごとに、送迎便の利用者以外で乗っている人数に区間の距離を掛けた合計。",
        "Over all legs departed on: people on board who are not members on a run, times the length of the leg.",
    ),
    define(
        "shared_ride_share",
        "送迎便以外で乗車した人のうち、走行中に別の依頼の人と乗り合わせた人の割合(人数による)。",
        "Of people carried other than on runs, those who had somebody of another request on board on at least one leg.",
    ),
];
