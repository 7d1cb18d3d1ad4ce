//! The waiting line of those who try a claim code: so many tries a second for everybody together, and every network has
//! its turn, so that a thousand strangers keep the owner waiting for moments only.
//!
//! Pure: the time comes in. A network is an IPv4 /24 or an IPv6 /48, the smallest that is usually handed out: who has
//! more of them waits more seldom, and owns a network for each.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Between two tries.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
/// Most that wait. When it is full, whoever came last of the network with most in line goes.
pub(super) const MOST: usize = 32;

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What whoever holds a ticket does now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Tries.
    Now,
    /// Waits, and asks again after this long at the latest.
    Wait(Duration),
    /// Goes: the line was too long.
    Never,
}

/// The line: networks in the order of their turns, each with its tickets.
#[derive(Debug, Default)]
pub(super) struct Line {
    lanes: VecDeque<(IpAddr, VecDeque<Ticket>)>,
    next: u64,
    /// When the last try was.
    last: Option<Instant>,
}

/// The network of an address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from(u32::from(address) & (u32::MAX << 8))),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & (u128::MAX << 80))),
    }
}

impl Line {
    /// Joins at the end of its own network.
    pub(super) fn join(&mut self, address: IpAddr) -> Ticket {
        let (ticket, network) = (Ticket(self.next), network(address));
        self.next += 1;
        match self.lanes.iter_mut().find(|(lane, _)| *lane == network) {
            Some((_, waiting)) => waiting.push_back(ticket),
            None => self.lanes.push_back((network, VecDeque::from([ticket]))),
        }
        if self.lanes.iter().map(|(_, waiting)| waiting.len()).sum::<usize>() > MOST {
            let longest = self.lanes.iter_mut().max_by_key(|(_, waiting)| waiting.len());
            longest.and_then(|(_, waiting)| waiting.pop_back());
            self.lanes.retain(|(_, waiting)| !waiting.is_empty());
        }
        ticket
    }

    /// What `ticket` does at `now`. After [`Turn::Now`] the turn goes to the next network.
    pub(super) fn turn(&mut self, ticket: Ticket, now: Instant) -> Turn {
        if !self.lanes.iter().any(|(_, waiting)| waiting.contains(&ticket)) {
            return Turn::Never;
        }
        let rest = self.last.map_or(Duration::ZERO, |last| PAUSE.saturating_sub(now.saturating_duration_since(last)));
        let first = self.lanes.front().and_then(|(_, waiting)| waiting.front());
        if first != Some(&ticket) {
            return Turn::Wait(rest.max(PAUSE));
        }
        if !rest.is_zero() {
            return Turn::Wait(rest);
        }
        self.last = Some(now);
        if let Some((network, mut waiting)) = self.lanes.pop_front() {
            waiting.pop_front();
            if !waiting.is_empty() {
                self.lanes.push_back((network, waiting));
            }
        }
        Turn::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Lets everybody in `tickets` have their turn; gives the order.
    fn serve(line: &mut Line, tickets: &[Ticket], mut now: Instant) -> Vec<usize> {
        let mut order = Vec::new();
        while order.len() < tickets.len() {
            let turns: Vec<Turn> = tickets.iter().map(|ticket| line.turn(*ticket, now)).collect();
            order.extend(turns.iter().enumerate().filter(|(_, turn)| **turn == Turn::Now).map(|(at, _)| at));
            if !turns.iter().any(|turn| matches!(turn, Turn::Now | Turn::Wait(_))) {
                break;
            }
            now += PAUSE;
        }
        order
    }

    #[test]
    fn the_owner_waits_for_one_stranger_and_not_for_all_of_them() {
        let mut line = Line::default();
        let mut tickets: Vec<Ticket> = (0..20).map(|_| line.join(address("203.0.113.7"))).collect();
        tickets.push(line.join(address("198.51.100.1")));
        assert_eq!(serve(&mut line, &tickets, Instant::now())[..3], [0, 20, 1]);
    }

    #[test]
    fn networks_take_turns() {
        let mut line = Line::default();
        let from = ["192.0.2.1", "192.0.2.2", "198.51.100.1", "2001:db8:1::1", "2001:db8:1:5::1"];
        let tickets: Vec<Ticket> = from.iter().map(|from| line.join(address(from))).collect();
        assert_eq!(serve(&mut line, &tickets, Instant::now()), [0, 2, 3, 1, 4]);
    }

    #[test]
    fn no_more_tries_than_one_each_pause() {
        let mut line = Line::default();
        let (first, second) = (line.join(address("192.0.2.1")), line.join(address("198.51.100.1")));
        let now = Instant::now();
        assert_eq!(line.turn(first, now), Turn::Now);
        assert_eq!(line.turn(second, now), Turn::Wait(PAUSE));
        assert_eq!(line.turn(second, now + PAUSE), Turn::Now);
    }

    #[test]
    fn a_full_line_sends_away_the_last_of_the_largest_crowd() {
        let mut line = Line::default();
        let crowd: Vec<Ticket> = (0..MOST).map(|_| line.join(address("203.0.113.7"))).collect();
        let owner = line.join(address("198.51.100.1"));
        let now = Instant::now();
        assert_eq!(line.turn(crowd[MOST - 1], now), Turn::Never);
        assert!(matches!(line.turn(owner, now), Turn::Wait(_)));
        assert_eq!(line.turn(crowd[0], now), Turn::Now);
        assert_eq!(line.turn(owner, now + PAUSE), Turn::Now);
        assert_eq!(line.turn(owner, now + PAUSE), Turn::Never);
    }
}
