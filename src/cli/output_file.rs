//! The file of `--output` and `--html`: never a file of the store, and untouched until there is an answer.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Environment;
use super::error::CliError;
use super::options::Format;
use crate::store::{Layout, replace_user_file, system_words};

/// The file of `--output`, which is opened with the first byte of an answer: a command that fails before it
/// has one leaves the file as it was.
pub(super) struct OutputFile<'a> {
    around: &'a Environment<'a>,
    /// The stores of the command.
    stores: &'a [Layout],
    path: &'a Path,
    inner: Option<std::io::BufWriter<Box<dyn Write + Send>>>,
    /// The answer so far, where it is written whole or not at all.
    whole: Option<Vec<u8>>,
}

impl<'a> OutputFile<'a> {
    pub(super) fn new(around: &'a Environment<'a>, stores: &'a [Layout], path: &'a Path) -> Self {
        Self { around, stores, path, inner: None, whole: None }
    }

    /// One that is replaced in one step when the answer is complete: another program reads it at any time.
    pub(super) fn whole(self) -> Self {
        Self { whole: Some(Vec::new()), ..self }
    }
}

/// The form that the name of the output file asks for; a name that asks for a form that there is not is an error,
/// unless a form was given.
pub(super) fn format_of(path: &Path, is_given: bool) -> Result<Option<Format>, CliError> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    Ok(match extension.as_deref() {
        Some("json") => Some(Format::Json),
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        Some("csv") => Some(Format::Csv),
        Some("env") => Some(Format::Env),
        Some("ics") => Some(Format::Ics),
        Some("prom") => Some(Format::Prometheus),
        Some("html" | "htm") if !is_given => {
            let hint = format!("dtlearn report --html {}", path.display());
            return Err(CliError::Usage(
                "a page is written with --html: leave --output out".into(),
                Some(hint),
            ));
        }
        Some(
            other @ ("pdf" | "xlsx" | "xls" | "ods" | "png" | "svg" | "md" | "xml" | "yaml" | "parquet"),
        ) if !is_given => {
            let why = format!("{}: answers are not written as {other}", path.display());
            let hint =
                "name a .json, .jsonl, .csv or .txt file, or say --format; a page is written with --html"
                    .into();
            return Err(CliError::Usage(why, Some(hint)));
        }
        _ => None,
    })
}

/// Refuses a file of the store as the place of an answer, under whatever name it is meant.
pub(super) fn outside_of_store(
    around: &Environment<'_>,
    stores: &[Layout],
    path: &Path,
) -> std::io::Result<()> {
    let refused = || {
        let why = "is a file of the store: name another one for the answer";
        Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, format!("{}: {why}", path.display())))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = real_place(around, folder);
    let target = around.disk.canonical(path).ok();
    let inode = around.disk.stat(path).ok().flatten().map(|stat| stat.inode);
    let folders = |store: &Layout| [Some(store.learning()), store.brain().parent().map(Path::to_owned)];
    for own in stores.iter().flat_map(folders).flatten() {
        // By its place, by a link to it, and by a second name.
        let Ok(own) = around.disk.canonical(&own) else { continue };
        // Beside the daily reports there is room for a page.
        let is_page = path.extension().is_some_and(|extension| extension == "html");
        if is_page
            && real == own.join("reports")
            && target.as_ref().is_none_or(|target| target.parent() == Some(&real))
        {
            continue;
        }
        let is_inside =
            real.starts_with(&own) || target.as_ref().is_some_and(|target| target.starts_with(&own));
        let is_near = || around.disk.device(path).ok() == around.disk.device(&own).ok();
        if is_inside || inode.is_some_and(|inode| is_near() && holds(around, &own, inode, 6)) {
            return refused();
        }
    }
    Ok(())
}

/// Where a folder lies, or would lie once it is made.
fn real_place(around: &Environment<'_>, folder: &Path) -> PathBuf {
    let is_there = |place: &&Path| around.disk.canonical(place).is_ok();
    let there = folder.ancestors().filter(|place| !place.as_os_str().is_empty()).find(is_there);
    let there = there.unwrap_or(Path::new("."));
    let real = around.disk.canonical(there).unwrap_or_else(|_| there.to_owned());
    folder.strip_prefix(there).map_or_else(|_| real.join(folder), |rest| real.join(rest))
}

/// Whether a file of a folder, or of those in it, has this number.
fn holds(around: &Environment<'_>, folder: &Path, inode: u64, depth: usize) -> bool {
    let entries = around.disk.list(folder).unwrap_or_default();
    entries.iter().any(|entry| match entry.stat.is_file {
        true => entry.stat.inode == inode,
        false => depth > 0 && holds(around, &folder.join(&entry.name), inode, depth - 1),
    })
}

/// The error with the path in it.
pub(super) fn named(path: &Path, error: std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), format!("{}: {}", path.display(), system_words(&error)))
}

/// Writes a file that other programs may be reading: whole or not at all, with the rights that the user's files have.
pub(super) fn replace_output(
    around: &Environment<'_>,
    stores: &[Layout],
    path: &Path,
    bytes: &[u8],
) -> std::io::Result<()> {
    outside_of_store(around, stores, path)?;
    // What a link points at is replaced, not the link; and a device or a pipe is written to.
    let path = &around.disk.canonical(path).unwrap_or_else(|_| path.to_owned());
    if around.disk.stat(path)?.is_some_and(|there| !there.is_file) {
        let mut place = around.disk.create_user_output(path).map_err(|error| named(path, error))?;
        return place.write_all(bytes).and_then(|()| place.flush()).map_err(|error| named(path, error));
    }
    replace_user_file(around.disk, path, bytes).map_err(|error| named(path, error))
}

impl Write for OutputFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(whole) = &mut self.whole {
            return whole.write(bytes);
        }
        if self.inner.is_none() {
            outside_of_store(self.around, self.stores, self.path)?;
            let opened = self.around.disk.create_user_output(self.path);
            let file = opened.map_err(|error| named(self.path, error))?;
            self.inner = Some(std::io::BufWriter::new(file));
        }
        self.inner.as_mut().map_or(Ok(0), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if let Some(bytes) = self.whole.as_ref().filter(|bytes| !bytes.is_empty()) {
            return replace_output(self.around, self.stores, self.path, bytes);
        }
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }
}
