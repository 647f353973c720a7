//! Whether the way to a folder is one that nobody else can turn: what is opened by its path is then what was meant.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Links on the way, beyond which they are taken for a circle, as the system does.
const LINKS_MAX: usize = 40;

/// Whether somebody beside the superuser and this user can put another folder in the place of one on the way to `path`: below a
/// folder in which everybody may write, each must belong to one of the two and be closed to others, and so must each link
/// anywhere. A folder in which others may write and that is not sticky is never safe.
pub(super) fn is_safe(path: &Path) -> io::Result<bool> {
    let user = rustix::process::geteuid().as_raw();
    let mut rest = std::path::absolute(path)?;
    for _ in 0..LINKS_MAX {
        match walk(&rest, user)? {
            Way::Safe => return Ok(true),
            Way::Open => return Ok(false),
            Way::Link(to) => rest = to,
        }
    }
    Ok(false)
}

/// What was met on the way.
enum Way {
    Safe,
    Open,
    /// A link of this user or the superuser, and where the way goes on behind it.
    Link(PathBuf),
}

fn walk(path: &Path, user: u32) -> io::Result<Way> {
    let (mut here, mut is_shared) = (PathBuf::new(), false);
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        if part == Component::ParentDir {
            here.pop();
            continue;
        }
        here.push(part);
        let meta = fs::symlink_metadata(&here)?;
        let is_ours = meta.uid() == 0 || meta.uid() == user;
        if meta.is_symlink() {
            if !is_ours {
                return Ok(Way::Open);
            }
            let to = here.parent().unwrap_or(Path::new("/")).join(fs::read_link(&here)?);
            return Ok(Way::Link(to.join(parts.as_path())));
        }
        let is_sticky = meta.mode() & 0o1000 != 0;
        let is_closed = meta.mode() & 0o022 == 0 || is_sticky;
        if (is_shared && !(is_ours && is_closed)) || (meta.mode() & 0o002 != 0 && !is_sticky) {
            return Ok(Way::Open);
        }
        is_shared |= meta.mode() & 0o022 != 0;
    }
    Ok(Way::Safe)
}
