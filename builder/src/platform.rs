//! Whether a condition of Cargo's holds on the device: `cfg(…)` over a target, or a target's name (the Cargo Book,
//! «Platform specific dependencies»).
//!
//! In: the condition as a crate wrote it, Debian's name of the architecture. Out: yes or no; yes for what is not
//! understood, for a list of what may be inside had better be too long.

/// How deep conditions may be nested; real ones have three levels.
const DEPTH: usize = 16;

/// Where the device's programs run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    arch: &'static str,
    target: &'static str,
}

impl Platform {
    /// The platform of Debian's `architecture`; nothing for one that no image was made for yet.
    #[must_use]
    pub fn of(architecture: &str) -> Option<Self> {
        match architecture {
            "amd64" => Some(Self { arch: "x86_64", target: "x86_64-unknown-linux-gnu" }),
            "arm64" => Some(Self { arch: "aarch64", target: "aarch64-unknown-linux-gnu" }),
            _ => None,
        }
    }

    /// Whether `condition` holds.
    #[must_use]
    pub fn holds(&self, condition: &str) -> bool {
        match condition.trim().strip_prefix("cfg(").and_then(|rest| rest.strip_suffix(')')) {
            Some(predicate) => self.predicate(predicate, 0).unwrap_or(true),
            None => condition == self.target,
        }
    }

    /// A predicate; nothing where it is not one.
    fn predicate(&self, text: &str, depth: usize) -> Option<bool> {
        let text = text.trim();
        let (name, rest) = text.find(['(', '=']).map_or((text, ""), |end| text.split_at(end));
        if let Some(list) = rest.strip_prefix('(') {
            let parts = split(list.strip_suffix(')')?)?;
            let mut values = parts.into_iter().map(|part| self.predicate(part, depth + 1));
            if depth == DEPTH {
                return None;
            }
            return match name.trim() {
                "all" => values.try_fold(true, |sum, value| Some(value? && sum)),
                "any" => values.try_fold(false, |sum, value| Some(value? || sum)),
                "not" => values.next()?.map(|value| !value),
                _ => None,
            };
        }
        match rest.strip_prefix('=') {
            Some(value) => Some(self.has(name.trim(), value.trim().strip_prefix('"')?.strip_suffix('"')?)),
            None => Some(matches!(name, "unix" | "true" | "panic_unwind")),
        }
    }

    /// What rustc sets for such a target.
    fn has(&self, key: &str, value: &str) -> bool {
        let own = match key {
            "target_arch" => self.arch,
            "target_os" => "linux",
            "target_family" => "unix",
            "target_env" => "gnu",
            "target_vendor" => "unknown",
            "target_endian" => "little",
            "target_pointer_width" => "64",
            "panic" => "unwind",
            _ => return false,
        };
        own == value
    }
}

/// The parts between the commas that are in no parentheses.
fn split(list: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (place, letter) in list.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                parts.push(&list[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    // A comma may stand behind the last one.
    parts.retain(|part| !part.trim().is_empty());
    (depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str) -> bool {
        Platform::of("amd64").unwrap().holds(condition)
    }

    #[test]
    fn what_is_for_the_device_holds() {
        for condition in [
            "cfg(unix)",
            "cfg(target_os = \"linux\")",
            "cfg(not(windows))",
            "cfg(any(target_os = \"macos\", target_os=\"linux\",))",
            "cfg(all(target_arch = \"x86_64\", not(any(target_env = \"musl\", target_os = \"wasi\"))))",
            "cfg(all())",
            "x86_64-unknown-linux-gnu",
        ] {
            assert!(holds(condition), "{condition}");
        }
    }

    #[test]
    fn what_is_for_other_machines_does_not() {
        for condition in [
            "cfg(windows)",
            "cfg(any())",
            "cfg(target_arch = \"wasm32\")",
            "cfg(all(unix, target_os = \"macos\"))",
            "cfg(tokio_unstable)",
            "cfg(target_feature = \"sse2\")",
            "x86_64-pc-windows-msvc",
        ] {
            assert!(!holds(condition), "{condition}");
        }
        assert!(Platform::of("arm64").unwrap().holds("cfg(target_arch = \"aarch64\")"));
    }

    #[test]
    fn what_is_not_understood_is_taken_to_hold() {
        let deep = format!("cfg({}windows{})", "all(".repeat(100), ")".repeat(100));
        for condition in ["cfg(any(unix)", "cfg(maybe(windows))", "cfg(target_os = windows)", "cfg(not())", &deep] {
            assert!(holds(condition), "{condition}");
        }
    }
}
