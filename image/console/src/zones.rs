//! Time zones to choose from, by region.

/// Regions of the IANA database whose names people know; the rest of it is old spellings of the same.
const REGIONS: [&str; 10] =
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

/// The zones of a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: &'static str,
    /// Its zones: the whole name, and the place for people: `Europe/London`, `London`.
    pub zones: Vec<(String, String)>,
}

/// `zones` by region. `Etc/UTC` is not among them: it belongs before them.
#[must_use]
pub fn by_region(zones: &[String]) -> Vec<Region> {
    let of = |name: &'static str| {
        let place = |zone: &String| {
            let place = zone.strip_prefix(name)?.strip_prefix('/')?.replace('_', " ").replace('/', ", ");
            Some((zone.clone(), place))
        };
        let mut zones: Vec<_> = zones.iter().filter_map(place).collect();
        zones.sort();
        Region { name, zones }
    };
    REGIONS.into_iter().map(of).filter(|region| !region.zones.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_zones_and_leaves_out_old_spellings() {
        let zones = ["Europe/London", "America/Argentina/Buenos_Aires", "GB", "US/Eastern", "Etc/UTC", "Europe/Berlin"];
        let regions = by_region(&zones.map(String::from));
        assert_eq!(regions.len(), 2);
        assert_eq!(regions[0].zones[0].1, "Argentina, Buenos Aires");
        assert_eq!(regions[1].zones[0].1, "Berlin");
    }
}
