//! When can a fixed sequence of visits be driven? A system of difference constraints, solved exactly.
//!
//! Position 0 is the start of the vehicle, the last its end. With `B_k` the begin of service at position `k`:
//!
//! ```text
//! window, shift           open_k <= B_k <= close_k
//! travel and service      B_{k+1} - B_k >= step_k
//! ride, duration, wait    B_from - B_to <= most          (from behind to: a `Limit`)
//! ```
//!
//! An earliest-start schedule is no test: leaving later can be the only way to keep a ride limit. The least
//! solution is found by raising begins along all constraints until nothing moves (Bellman-Ford for longest paths,
//! in the order forward along the route, then back along the limits).

use crate::travel::FAR;

/// Which rule a backward constraint stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ride,
    Duration,
    Wait,
}

/// `B_from - B_to <= most`, where `to` lies before `from` on the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub from: u32,
    pub to: u32,
    pub most: i64,
    pub kind: Kind,
}

/// Why a sequence cannot be driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// The begin at this position would have to pass its close.
    Late(usize),
    /// Limits contradict the driving times whatever the windows.
    Cycle,
}

/// The constraints of one sequence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    pub open: Vec<i64>,
    pub close: Vec<i64>,
    /// Service at `k` plus driving time to `k + 1`; one entry fewer than positions.
    pub step: Vec<i64>,
    /// Rides first, then the duration, then waits from back to front.
    pub limits: Vec<Limit>,
    /// How many of `limits` are not waits.
    pub firm: usize,
}

impl Line {
    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn clear(&mut self) {
        self.open.clear();
        self.close.clear();
        self.step.clear();
        self.limits.clear();
        self.firm = 0;
    }

    pub fn copy_from(&mut self, other: &Line) {
        self.open.clone_from(&other.open);
        self.close.clone_from(&other.close);
        self.step.clone_from(&other.step);
        self.limits.clone_from(&other.limits);
        self.firm = other.firm;
    }

    /// The least solution under the first `count` limits: every begin as early as any solution has it.
    ///
    /// It is feasible if and only if this succeeds. Each round relaxes every constraint once, and the greatest
    /// lower bound of a begin comes along a path without repeated position; so what still moves after as many
    /// rounds as there are positions moves for ever, and the loop may stop there.
    pub fn least(&self, count: usize, begin: &mut Vec<i64>) -> Result<(), Stuck> {
        begin.clear();
        begin.extend_from_slice(&self.open);
        let n = begin.len();
        if n == 0 || begin[0] > self.close[0] {
            return Err(Stuck::Late(0));
        }
        let mut low = 0;
        for _ in 0..=n {
            for k in low + 1..n {
                begin[k] = begin[k].max(begin[k - 1] + self.step[k - 1]);
                if begin[k] > self.close[k] {
                    return Err(Stuck::Late(k));
                }
            }
            low = n;
            for limit in &self.limits[..count] {
                let (from, to) = (limit.from as usize, limit.to as usize);
                let need = begin[from] - limit.most;
                if need > begin[to] {
                    if need > self.close[to] {
                        return Err(Stuck::Late(to));
                    }
                    begin[to] = need;
                    low = low.min(to);
                }
            }
            if low == n {
                return Ok(());
            }
        }
        Err(Stuck::Cycle)
    }

    /// The greatest solution under the first `count` limits with no begin above `caps`; `None` inside the result
    /// never happens if a solution below `caps` exists.
    pub fn greatest(&self, count: usize, caps: &[i64], begin: &mut Vec<i64>) -> Result<(), Stuck> {
        begin.clear();
        begin.extend_from_slice(caps);
        let n = begin.len();
        let mut high = n.saturating_sub(1);
        for _ in 0..=n {
            for k in (0..high).rev() {
                begin[k] = begin[k].min(begin[k + 1] - self.step[k]);
            }
            if let Some(k) = (0..n).find(|k| begin[*k] < self.open[*k]) {
                return Err(Stuck::Late(k));
            }
            high = 0;
            for limit in &self.limits[..count] {
                let (from, to) = (limit.from as usize, limit.to as usize);
                let bound = begin[to] + limit.most;
                if bound < begin[from] {
                    begin[from] = bound;
                    high = high.max(from);
                }
            }
            if high == 0 {
                return Ok(());
            }
        }
        Err(Stuck::Cycle)
    }

    /// Greatest lower bounds on differences of begins that follow from driving times and the firm limits (windows
    /// left out), for a line known to be feasible: `ahead[y] - ahead[x]` on `B_y - B_x` where `x <= y`, and
    /// `back[x * n + y]` where `y < x` (`-FAR`: none).
    ///
    /// Forward the driving is all there is: going back over a limit and forth again gains nothing where no cycle is
    /// positive. Backward a best path lands, limit by limit, at ever earlier positions and drives on from the last:
    /// a landing before the goal of a later limit could drive there instead. So one pass over the limits, the last
    /// goal first, settles a row; each landing is carried forward until an earlier one is as good.
    pub fn closure(&self, ahead: &mut Vec<i64>, back: &mut Vec<i64>) {
        let n = self.len();
        ahead.clear();
        ahead.push(0);
        for step in &self.step {
            ahead.push(ahead[ahead.len() - 1] + step);
        }
        let firm = &self.limits[..self.firm];
        let rides = firm.iter().position(|l| l.kind != Kind::Ride).unwrap_or(firm.len());
        debug_assert!(firm[..rides].windows(2).all(|pair| pair[0].to < pair[1].to));
        debug_assert!(firm[rides..].iter().all(|l| l.to == 0));
        back.clear();
        back.resize(n * n, -FAR);
        let mut begun = 0;
        for x in 1..n {
            let row = &mut back[x * n..x * n + x];
            while begun < rides && (firm[begun].to as usize) < x {
                begun += 1;
            }
            for limit in firm[..begun].iter().rev().chain(&firm[rides..]) {
                let (from, to) = (limit.from as usize, limit.to as usize);
                let there = if from >= x { ahead[from] - ahead[x] } else { row[from] };
                let mut bound = there - limit.most;
                if there == -FAR {
                    continue;
                }
                for (entry, step) in row[to..].iter_mut().zip(&self.step[to..]) {
                    if *entry >= bound {
                        break;
                    }
                    *entry = bound;
                    bound += step;
                }
            }
        }
    }

    /// Whether the given begins keep every constraint; the check of last resort in tests and debug builds.
    pub fn holds(&self, begin: &[i64]) -> bool {
        begin.len() == self.len()
            && begin
                .iter()
                .zip(self.open.iter().zip(&self.close))
                .all(|(b, (open, close))| open <= b && b <= close)
            && begin.windows(2).zip(&self.step).all(|(pair, step)| pair[1] - pair[0] >= *step)
            && self.limits.iter().all(|l| begin[l.from as usize] - begin[l.to as usize] <= l.most)
    }
}

/// Times of a route that keep every rule; entry 0 is the start, the last the end, between them the visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// What is driven: nobody arrives later than need be, and everybody boards as late as that allows.
    pub begin: Vec<i64>,
    /// The earliest begin at each position that any schedule has.
    pub earliest: Vec<i64>,
    /// The latest begin at each position that any schedule has.
    pub latest: Vec<i64>,
}

impl Schedule {
    /// How much later than planned the begin at a position may be in some schedule that keeps every rule (then
    /// the visits before it may have to be later too).
    pub fn slack(&self, position: usize) -> i64 {
        self.latest[position] - self.begin[position]
    }
}

impl Line {
    /// Earliest, latest and driven times. `arrivals[k]` marks positions that must not be later than need be.
    pub fn schedule(&self, arrivals: impl Fn(usize) -> bool) -> Result<Schedule, Stuck> {
        let all = self.limits.len();
        let (mut earliest, mut latest, mut begin) = (Vec::new(), Vec::new(), Vec::new());
        self.least(all, &mut earliest)?;
        self.greatest(all, &self.close, &mut latest)?;
        let caps: Vec<i64> =
            (0..self.len()).map(|k| if arrivals(k) { earliest[k] } else { self.close[k] }).collect();
        self.greatest(all, &caps, &mut begin)?;
        debug_assert!(self.holds(&begin));
        Ok(Schedule { begin, earliest, latest })
    }
}
