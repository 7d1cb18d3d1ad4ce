//! Which commit a checkout is.
//!
//! In: the checkout's root. Out: the commit's name, where git says that nothing differs from it; nothing where
//! something does, where there is no git, or where the files did not come by git. git only reads, and starts neither the
//! hooks nor the file monitor that the checkout's configuration may name.

use std::path::Path;

use crate::command::Run;

/// The commit that the checkout at `root` is, with nothing changed and nothing added.
#[must_use]
pub fn clean_commit(root: &Path) -> Option<String> {
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    // A folder inside of somebody else's repository is no checkout of this one.
    if Path::new(top.trim_end()).canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    let changes = git(root, &["status", "--porcelain", "--untracked-files=all", "--ignore-submodules=none"])?;
    let commit = git(root, &["rev-parse", "--verify", "HEAD^{commit}"])?;
    let commit = commit.trim();
    let whole = matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| b.is_ascii_hexdigit());
    (changes.is_empty() && whole).then(|| commit.to_owned())
}

fn git(root: &Path, args: &[&str]) -> Option<String> {
    let fixed =
        ["--no-optional-locks", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath="];
    let run = Run::new("git").env("GIT_CONFIG_NOSYSTEM", "1").args(fixed).arg("-C").arg(root).args(args);
    match run.run() {
        Ok(said) => Some(said),
        Err(error) => {
            log::info!("no commit is named: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn run(root: &Path, args: &[&str]) {
        let who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"];
        Run::new("git").arg("-C").arg(root).args(who).args(args).run().unwrap();
    }

    #[test]
    fn a_commit_is_named_only_while_nothing_differs_from_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert_eq!(clean_commit(root), None);
        run(root, &["init", "--quiet"]);
        assert_eq!(clean_commit(root), None);
        fs::create_dir(root.join("image")).unwrap();
        fs::write(root.join("image/users.toml"), "1").unwrap();
        fs::write(root.join(".gitignore"), "target\n").unwrap();
        run(root, &["add", "."]);
        run(root, &["commit", "--quiet", "-m", "first"]);
        let commit = clean_commit(root).unwrap();
        assert_eq!(commit.len(), 40);
        fs::write(root.join("target"), "built").unwrap();
        assert_eq!(clean_commit(root).as_ref(), Some(&commit));
        assert_eq!(clean_commit(&root.join("image")), None, "a folder inside is no checkout");
        fs::write(root.join("image/new.toml"), "").unwrap();
        assert_eq!(clean_commit(root), None);
        fs::remove_file(root.join("image/new.toml")).unwrap();
        fs::write(root.join("image/users.toml"), "2").unwrap();
        assert_eq!(clean_commit(root), None);
    }
}
