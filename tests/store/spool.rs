//! The spool: where others may write, nobody takes records away, blocks them or puts in their own; and a copy stays
//! until the disk has confirmed the record.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use dtlearn::app::record_exits;
use dtlearn::domain::Timestamp;
use dtlearn::store::{
    Disk, Layout, Log, RealDisk, SpoolFolders, foreign_spools, spool_record, spooled_everywhere,
    spooled_records,
};

use crate::common::contexts::context_of;
use crate::common::memory_disk::{Fault, MemoryDisk};
use crate::common::{CLOSE, exit};

/// Somebody else's number.
const OTHER: u32 = 64_321;

/// A folder like the system's temporary one, a store beside it, and the folders of its spool there.
struct Shared {
    folder: tempfile::TempDir,
    spool: SpoolFolders,
}

impl Shared {
    /// `None` where files cannot be given to somebody else.
    fn new(mode: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let probe = folder.path().join("probe");
        std::fs::write(&probe, b"").unwrap();
        if chown(&probe, Some(OTHER), Some(OTHER)).is_err() {
            eprintln!("SKIPPED: only the superuser can give files away");
            return None;
        }
        let shared = folder.path().join("shared");
        std::fs::create_dir(&shared).unwrap();
        std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(mode)).unwrap();
        // A store that cannot be made: a file stands in its place.
        std::fs::write(folder.path().join("store"), b"").unwrap();
        let layout = Layout::new(folder.path().join("store"));
        let spool = SpoolFolders::new(&RealDisk, &layout, Some(shared), None, None);
        Some(Self { folder, spool })
    }

    fn shared(&self) -> PathBuf {
        self.folder.path().join("shared")
    }

    fn own(&self) -> PathBuf {
        let probe = spool_record(&RealDisk, &self.spool, Log::Outcomes, 1, b"{}\n").unwrap();
        let own = probe.parent().unwrap().to_owned();
        std::fs::remove_dir_all(&own).unwrap();
        own
    }

    fn spool(&self) -> Result<PathBuf, dtlearn::store::StoreError> {
        spool_record(&RealDisk, &self.spool, Log::Outcomes, 77, b"{\"trade_id\":\"mine\"}\n")
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        spooled_records(&RealDisk, &self.spool)
            .iter()
            .map(|spooled| spooled.read().unwrap_or_default())
            .collect()
    }
}

fn give(path: &Path) {
    chown(path, Some(OTHER), Some(OTHER)).unwrap();
}

#[test]
fn a_folder_that_somebody_else_made_neither_blocks_nor_brings_in() {
    let Some(shared) = Shared::new(0o1777) else { return };
    let own = shared.own();
    std::fs::create_dir(&own).unwrap();
    let forged = own.join("outcomes-00000000000000000001-0000000000000001.jsonl");
    std::fs::write(&forged, b"{\"trade_id\":\"forged\"}\n").unwrap();
    give(&own);
    give(&forged);
    let path = shared.spool().unwrap();
    assert!(path.starts_with(shared.shared()) && !path.starts_with(&own), "{}", path.display());
    assert_eq!(shared.lines(), [b"{\"trade_id\":\"mine\"}\n"]);
    // Once the other folder is gone, ours is found by whoever looks everywhere.
    std::fs::remove_dir_all(&own).unwrap();
    assert_eq!(spooled_everywhere(&RealDisk, &shared.spool).len(), 1);
    crate::common::cases::tried("shared spool", 1, false);
}

#[test]
fn no_link_is_followed_and_no_other_user_s_file_is_read() {
    let Some(shared) = Shared::new(0o1777) else { return };
    let own = shared.own();
    let elsewhere = shared.folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &own).unwrap();
    let path = shared.spool().unwrap();
    assert!(!path.starts_with(&own), "{}", path.display());
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
    std::fs::remove_file(&own).unwrap();
    let path = shared.spool().unwrap();
    assert!(path.starts_with(&own));
    give(&path);
    let waiting = spooled_records(&RealDisk, &shared.spool);
    assert!(waiting.iter().any(|spooled| spooled.path == path && spooled.read().is_err()), "{waiting:?}");
    // A folder that others may write to is not ours alone.
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!shared.spool().unwrap().starts_with(&own));
    // A link, a file of somebody else, and a folder that others may write to.
    crate::common::cases::tried("shared spool", 3, false);
}

#[test]
fn a_folder_in_which_others_can_rename_takes_no_record() {
    let Some(shared) = Shared::new(0o777) else { return };
    assert!(shared.spool().is_err());
    assert!(shared.lines().is_empty());
    crate::common::cases::tried("shared spool", 1, false);
}

/// Below a folder where everybody may write, a folder of somebody else is one in which a record can be moved away, however
/// private the last folder is; and so is a link of somebody else.
#[test]
fn every_folder_on_the_way_and_every_link_is_this_user_s() {
    let Some(shared) = Shared::new(0o1777) else { return };
    let layout = Layout::new(shared.folder.path().join("store"));
    let spooled = |path: PathBuf| {
        let spool = SpoolFolders::new(&RealDisk, &layout, Some(path), None, None);
        spool_record(&RealDisk, &spool, Log::Outcomes, 77, b"{\"trade_id\":\"mine\"}\n")
    };
    let theirs = shared.shared().join("theirs");
    std::fs::create_dir_all(theirs.join("mine")).unwrap();
    std::fs::set_permissions(theirs.join("mine"), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(spooled(theirs.join("mine")).is_ok(), "while all of it is this user's");
    give(&theirs);
    assert!(spooled(theirs.join("mine")).is_err(), "its folder can be renamed by somebody else");
    let safe = shared.folder.path().join("safe");
    std::fs::create_dir(&safe).unwrap();
    let link = shared.shared().join("link");
    symlink(&safe, &link).unwrap();
    assert!(spooled(link.clone()).is_ok(), "a link of this user");
    assert!(
        std::process::Command::new("chown")
            .arg("-h")
            .arg(OTHER.to_string())
            .arg(&link)
            .status()
            .unwrap()
            .success()
    );
    assert!(spooled(link).is_err(), "a link of somebody else");
    symlink("circle", shared.shared().join("circle")).unwrap();
    assert!(spooled(shared.shared().join("circle")).is_err());
    // A folder of somebody else, a link of somebody else, a circle of links.
    crate::common::cases::tried("shared spool", 3, false);
}

#[test]
fn records_in_another_user_s_spool_are_named() {
    let memory = Path::new("/dev/shm");
    let home = tempfile::tempdir().unwrap();
    let layout = Layout::new(home.path());
    if RealDisk.device(memory).ok() == RealDisk.device(home.path()).ok() || !memory.is_dir() {
        eprintln!("SKIPPED: there is no other file system for temporary files");
        return;
    }
    let temporary = tempfile::tempdir_in(memory).unwrap();
    std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
    let spool = SpoolFolders::new(&RealDisk, &layout, None, None, Some(temporary.path().to_owned()));
    // The store's own folder cannot be made.
    std::fs::write(layout.learning(), b"").unwrap();
    let path = spool_record(&RealDisk, &spool, Log::Outcomes, 1, b"{}\n").unwrap();
    assert!(foreign_spools(&RealDisk, &spool).is_empty());
    let mine = path.ancestors().nth(3).unwrap();
    std::fs::rename(mine, mine.with_file_name(format!("dtlearn-{OTHER}"))).unwrap();
    let named = foreign_spools(&RealDisk, &spool);
    assert_eq!(named.iter().map(|foreign| foreign.records).collect::<Vec<_>>(), [1]);
    assert!(spooled_records(&RealDisk, &spool).is_empty());
    drop(layout);
    crate::common::cases::tried("shared spool", 1, false);
}

#[test]
fn a_copy_stays_in_the_spool_until_the_disk_has_confirmed_the_record() {
    let now = Timestamp::parse(CLOSE).unwrap();
    let context = |disk| context_of(disk, "/store", now, None);
    let trade = |id: &str| exit(id, 1.0, "2019-02-15T19:50:00Z");
    let start = MemoryDisk::default();
    record_exits(&context(&start), trade("first").as_bytes()).unwrap();
    let log = Layout::new("/store").log(Log::Outcomes);
    let whole = start.bytes(&log).unwrap();
    start.put(&log, b"plain text, put there by mistake");
    assert_eq!(record_exits(&context(&start), trade("waits").as_bytes()).unwrap().spooled.len(), 1);
    start.put(&log, &whole);
    start.restart();
    let clean = start.copy();
    record_exits(&context(&clean), trade("next").as_bytes()).unwrap();
    let sync = clean.restart().iter().position(|operation| operation == "sync").unwrap();
    let disk = start.copy();
    disk.fail_at(sync, Fault::Error);
    let done = record_exits(&context(&disk), trade("next").as_bytes()).unwrap();
    assert!(done.warnings.iter().any(|warning| warning.contains("has not confirmed")), "{:?}", done.warnings);
    assert_eq!(spooled_records(&disk, &context(&disk).spool).len(), 1);
    disk.restart();
    record_exits(&context(&disk), trade("last").as_bytes()).unwrap();
    assert!(spooled_records(&disk, &context(&disk).spool).is_empty());
    let operations = disk.restart();
    let removed = operations.iter().position(|o| o.starts_with("remove ") && o.contains("/spool/")).unwrap();
    assert!(operations[..removed].iter().any(|operation| operation == "sync"), "{operations:?}");
}
