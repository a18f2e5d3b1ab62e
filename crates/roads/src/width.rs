//! How wide a vehicle may be that is to reach a road: the widest way there is as wide as its narrowest lane.

use crate::network::Network;

/// No narrow lane is known on the way.
pub(crate) const ANY: u8 = u8::MAX;

/// By edge: decimetres that may measure across on the best way from the wide roads, the edge itself included.
pub(crate) fn reachable(network: &Network) -> Vec<u8> {
    let width = |e: usize| match network.edges[e].width_dm {
        0 => ANY,
        dm => dm,
    };
    let mut above: Vec<u32> = (0..network.points.len() as u32).collect();
    let mut size = vec![0_u32; network.points.len()];
    let mut by_width: Vec<Vec<u32>> = vec![Vec::new(); usize::from(ANY) + 1];
    for e in 0..network.edges.len() {
        by_width[usize::from(width(e))].push(e as u32);
    }
    for e in &by_width[usize::from(ANY)] {
        let edge = &network.edges[*e as usize];
        join(&mut above, &mut size, edge.a, edge.b);
    }
    // The town's roads are the largest part that hangs together without any narrow lane.
    let home = (0..network.points.len() as u32).max_by_key(|n| (size[top(&mut above, *n) as usize], !*n));
    let Some(home) = home else { return Vec::new() };
    let mut node_width = vec![0_u8; network.points.len()];
    let mut waiting: Vec<Vec<u32>> = (0..network.points.len() as u32).map(|n| vec![n]).collect();
    let mut above: Vec<u32> = (0..network.points.len() as u32).collect();
    for w in (1..=ANY).rev() {
        for e in &by_width[usize::from(w)] {
            let edge = &network.edges[*e as usize];
            let (a, b) = (top(&mut above, edge.a), top(&mut above, edge.b));
            if a == b {
                continue;
            }
            let at_home = top(&mut above, home);
            if a == at_home || b == at_home {
                let other = if a == at_home { b } else { a };
                for node in std::mem::take(&mut waiting[other as usize]) {
                    node_width[node as usize] = w;
                }
            }
            // The longer list takes the shorter in; what is at home waits for nothing any more.
            let (to, from) =
                if waiting[a as usize].len() >= waiting[b as usize].len() { (a, b) } else { (b, a) };
            let moved = std::mem::take(&mut waiting[from as usize]);
            above[from as usize] = to;
            if a != at_home && b != at_home {
                waiting[to as usize].extend(moved);
            }
        }
    }
    node_width[home as usize] = ANY;
    (0..network.edges.len())
        .map(|e| {
            let edge = &network.edges[e];
            width(e).min(node_width[edge.a as usize].max(node_width[edge.b as usize]))
        })
        .collect()
}

fn top(above: &mut [u32], mut node: u32) -> u32 {
    while above[node as usize] != node {
        above[node as usize] = above[above[node as usize] as usize];
        node = above[node as usize];
    }
    node
}

fn join(above: &mut [u32], size: &mut [u32], a: u32, b: u32) {
    let (a, b) = (top(above, a), top(above, b));
    if a != b {
        above[a.max(b) as usize] = a.min(b);
        size[a.min(b) as usize] += size[a.max(b) as usize] + 1;
    }
}
