//! Strongly connected parts: where every node reaches every other.

/// The number of the part each node belongs to, and how many parts there are (Tarjan 1972, without recursion).
pub(crate) fn strong_parts(nodes: usize, arcs: &[(u32, u32)]) -> (Vec<u32>, u32) {
    let mut first = vec![0_u32; nodes + 1];
    for (from, _) in arcs {
        first[*from as usize + 1] += 1;
    }
    for node in 0..nodes {
        first[node + 1] += first[node];
    }
    let mut next = first.clone();
    let mut heads = vec![0_u32; arcs.len()];
    for (from, to) in arcs {
        heads[next[*from as usize] as usize] = *to;
        next[*from as usize] += 1;
    }

    const UNSEEN: u32 = u32::MAX;
    let mut seen_at = vec![UNSEEN; nodes];
    let mut low = vec![0_u32; nodes];
    let mut part = vec![UNSEEN; nodes];
    let (mut clock, mut parts) = (0_u32, 0_u32);
    let mut open: Vec<u32> = Vec::new();
    let mut work: Vec<(u32, u32)> = Vec::new();
    for root in 0..nodes as u32 {
        if seen_at[root as usize] != UNSEEN {
            continue;
        }
        work.push((root, first[root as usize]));
        while let Some((node, arc)) = work.pop() {
            let n = node as usize;
            if seen_at[n] == UNSEEN {
                (seen_at[n], low[n]) = (clock, clock);
                clock += 1;
                open.push(node);
            }
            if arc < first[n + 1] {
                work.push((node, arc + 1));
                let head = heads[arc as usize] as usize;
                if seen_at[head] == UNSEEN {
                    work.push((head as u32, first[head]));
                } else if part[head] == UNSEEN {
                    low[n] = low[n].min(seen_at[head]);
                }
                continue;
            }
            if low[n] == seen_at[n] {
                while let Some(member) = open.pop() {
                    part[member as usize] = parts;
                    if member == node {
                        break;
                    }
                }
                parts += 1;
            }
            if let Some((parent, _)) = work.last() {
                let p = *parent as usize;
                low[p] = low[p].min(low[n]);
            }
        }
    }
    (part, parts)
}

/// Marks the nodes of the largest part; of equally large ones that with the smallest node.
pub(crate) fn largest_part(nodes: usize, arcs: &[(u32, u32)]) -> Vec<bool> {
    let (part, parts) = strong_parts(nodes, arcs);
    let mut size = vec![0_u32; parts as usize];
    for p in &part {
        size[*p as usize] += 1;
    }
    let largest = size.iter().copied().max().unwrap_or(0);
    let chosen = part.iter().copied().find(|p| size[*p as usize] == largest);
    part.iter().map(|p| Some(*p) == chosen).collect()
}

/// Marks the nodes that hang together with `home` when every arc is open both ways.
pub(crate) fn whole_part_of(nodes: usize, arcs: &[(u32, u32)], home: Option<u32>) -> Vec<bool> {
    let mut above: Vec<u32> = (0..nodes as u32).collect();
    fn top(above: &mut [u32], mut node: u32) -> u32 {
        while above[node as usize] != node {
            above[node as usize] = above[above[node as usize] as usize];
            node = above[node as usize];
        }
        node
    }
    for (a, b) in arcs {
        let (a, b) = (top(&mut above, *a), top(&mut above, *b));
        above[a.max(b) as usize] = a.min(b);
    }
    let home = home.map(|node| top(&mut above, node));
    (0..nodes as u32).map(|node| Some(top(&mut above, node)) == home).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_ring_is_kept_and_what_only_leads_in_or_out_is_not() {
        // 0 -> (1 -> 2 -> 3 -> 1) -> 4, and a lesser ring 5 <-> 6 that leads in.
        let arcs = [(0, 1), (1, 2), (2, 3), (3, 1), (3, 4), (5, 6), (6, 5), (6, 1)];
        assert_eq!(largest_part(7, &arcs), [false, true, true, true, false, false, false]);
        assert_eq!(strong_parts(7, &arcs).1, 4);
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let n = 300_000_u32;
        let arcs: Vec<(u32, u32)> = (0..n).map(|i| (i, (i + 1) % n)).collect();
        assert!(largest_part(n as usize, &arcs).iter().all(|kept| *kept));
    }
}
