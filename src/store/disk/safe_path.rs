//! Whether the way to a folder is one that nobody else can turn: what is opened by its path is then what was meant.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Links on the way, beyond which they are taken for a circle, as the system does.
const LINKS_MAX: usize = 40;

/// Whether nobody who may write in a shared folder can put another one in the place of a folder on the way to `path`: below a folder
/// in which others may write, each folder and each link must belong to this user or the superuser, and each folder be closed to
/// others. A folder in which everybody may write and that is not sticky is never safe. Who owns a folder that is not shared may turn
/// the way below it, and is trusted.
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
    /// A link that may be followed, or a step back, and where the way goes on behind it.
    Link(PathBuf),
}

fn walk(path: &Path, user: u32) -> io::Result<Way> {
    let (mut here, mut is_shared) = (PathBuf::new(), false);
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        if part == Component::ParentDir {
            // What lies above is not looked at again: from the beginning, without the detour.
            here.pop();
            return Ok(Way::Link(here.join(parts.as_path())));
        }
        here.push(part);
        let meta = fs::symlink_metadata(&here)?;
        let is_ours = meta.uid() == 0 || meta.uid() == user;
        if meta.is_symlink() {
            if is_shared && !is_ours {
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
