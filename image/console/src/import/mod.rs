//! A list of members from a spreadsheet: bytes → rows that can be added, and every line that cannot, with what to do.
//!
//! Nothing here changes anything. What was read well is written again by [`write()`], which is what the page's button
//! sends back; it is read and checked once more then.

mod columns;
mod decode;
mod job;

use std::collections::HashMap;
use std::path::Path;

use sos_settings::MemberName;

use crate::directory::NewMember;
use crate::slip::{self, Slip};

pub use columns::Column;
pub use job::{Added, Imports, Job, Work, run};

use columns::Columns;

/// Most lines of one list.
pub const MOST_LINES: usize = 1_000;
/// Longest value of a cell that is shown again.
const SHOWN: usize = 60;

/// Why nothing at all can be read from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// There is nothing in it.
    Empty,
    /// Its first line names no column with names of people.
    NoColumns,
    /// More than [`MOST_LINES`] lines.
    Many,
    /// Its name is not one that a list has.
    Name,
    /// It is no text: a spreadsheet's own format, or a picture.
    NoText,
}

/// Somebody on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which line of the file.
    pub line: u64,
    /// Who.
    pub new: NewMember,
}

/// A line that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Which line of the file.
    pub line: u64,
    /// How it begins.
    pub shown: String,
    /// What is wrong, at least one thing.
    pub slips: Vec<Slip>,
}

/// All that a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Who can be added.
    pub rows: Vec<Row>,
    /// What cannot be used.
    pub bad: Vec<Bad>,
    /// Names of columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// Who is there already.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Whose each address is, by what stands before its `@`.
    pub addresses: HashMap<String, String>,
    /// Who has each full name, by [`simple`].
    pub full_names: HashMap<String, String>,
}

/// Whether a list may be in a file of this name.
#[must_use]
pub fn is_called(file: &str) -> bool {
    let ending = Path::new(file).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ["csv", "txt", "tsv", "tab"].contains(&ending.as_str()))
}

/// A full name in small letters without marks, so that two spellings of one name are the same.
#[must_use]
pub fn simple(full_name: &str) -> String {
    any_ascii::any_ascii(full_name).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a list for the organisation of `domain`, where `known` are those who are there already.
///
/// # Errors
/// When nothing can be read from it at all.
pub fn read(bytes: &[u8], domain: &str, known: &Known) -> Result<Reading, FileFault> {
    let text = decode::text(bytes)?;
    let (text, separator, skipped) = decode::separator(&text);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut records = reader.records();
    let Some(Ok(first)) = records.next() else { return Err(FileFault::Empty) };
    let columns = Columns::of(&first).ok_or(FileFault::NoColumns)?;
    let mut reading = Reading { ignored: columns.ignored.clone(), ..Reading::default() };
    let mut claims = Claims { known, lines: HashMap::new() };
    for (number, record) in records.enumerate() {
        if number >= MOST_LINES {
            return Err(FileFault::Many);
        }
        let Ok(record) = record else { return Err(FileFault::NoText) };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line) + skipped;
        match read_row(&record, &columns, domain, line, &mut claims) {
            Ok(new) => reading.rows.push(Row { line, new }),
            Err(slips) => reading.bad.push(Bad { line, shown: shown(&record), slips }),
        }
    }
    if reading.rows.is_empty() && reading.bad.is_empty() { Err(FileFault::Empty) } else { Ok(reading) }
}

/// Whose an address is, in the directory and on the lines before.
struct Claims<'a> {
    known: &'a Known,
    lines: HashMap<String, u64>,
}

impl Claims<'_> {
    /// Refuses a name that a member has; who wants two of one name says what each signs in with.
    fn is_new(&self, full_name: &str) -> Result<(), Slip> {
        match self.known.full_names.get(&simple(full_name)) {
            Some(by) => Err(Slip::ThereAlready { full_name: full_name.to_owned(), by: by.clone() }),
            None => Ok(()),
        }
    }

    fn claim(&mut self, address: &str, line: u64) -> Result<(), Slip> {
        if let Some(first) = self.lines.get(address) {
            return Err(Slip::TwiceInFile { address: address.to_owned(), line: *first });
        }
        self.lines.insert(address.to_owned(), line);
        match self.known.addresses.get(address) {
            Some(by) => Err(Slip::Taken { address: address.to_owned(), by: by.clone() }),
            None => Ok(()),
        }
    }
}

fn read_row(
    record: &csv::StringRecord,
    columns: &Columns,
    domain: &str,
    line: u64,
    claims: &mut Claims<'_>,
) -> Result<NewMember, Vec<Slip>> {
    let mut slips: Vec<Slip> = record.iter().filter_map(formula).collect();
    if record.iter().skip(columns.count).any(|cell| !cell.trim().is_empty()) {
        slips.push(Slip::Columns);
    }
    if !slips.is_empty() {
        return Err(slips);
    }
    let cell = |column| columns.cell(record, column);
    let full_name = note(slip::full_name(&columns.full_name(record)), &mut slips);
    let name = match (cell(Column::Login), &full_name) {
        ("", Some(full_name)) => {
            note(claims.is_new(full_name.as_str()), &mut slips);
            note(slip::login_of(full_name), &mut slips)
        }
        ("", None) => None,
        (login, _) => note(slip::login(login, domain), &mut slips),
    };
    let addresses = note(slip::addresses(cell(Column::Addresses), domain), &mut slips).unwrap_or_default();
    let forward = note(slip::forward(cell(Column::Forward), domain), &mut slips).flatten();
    let recovery = note(slip::recovery(cell(Column::Recovery), domain), &mut slips).flatten();
    let quota_mib = note(slip::quota(cell(Column::Quota)), &mut slips).flatten();
    let own = name.as_ref().map(MemberName::as_str);
    for address in own.into_iter().chain(addresses.iter().map(|address| address.as_str()).filter(|it| Some(*it) != own))
    {
        note(claims.claim(address, line), &mut slips);
    }
    match (full_name, name) {
        (Some(full_name), Some(name)) if slips.is_empty() => {
            Ok(NewMember { name, full_name, addresses, forward, recovery, quota_mib })
        }
        _ => Err(slips),
    }
}

fn note<T>(checked: Result<T, Slip>, slips: &mut Vec<Slip>) -> Option<T> {
    checked
        .map_err(|slip| {
            if !slips.contains(&slip) {
                slips.push(slip)
            }
        })
        .ok()
}

/// What a spreadsheet would calculate when it opens the list again (OWASP, CSV injection).
fn formula(cell: &str) -> Option<Slip> {
    let cell = cell.trim();
    let dashes = cell.chars().all(|char| char == '-');
    (cell.starts_with(['=', '+', '-', '@']) && !dashes).then(|| Slip::Formula(cut(cell)))
}

fn shown(record: &csv::StringRecord) -> String {
    let cells: Vec<&str> = record.iter().map(str::trim).filter(|cell| !cell.is_empty()).collect();
    cut(&cells.join(" · "))
}

fn cut(text: &str) -> String {
    let mut shown: String =
        text.chars().filter(|char| !char.is_control() && !crate::form::is_odd(*char)).take(SHOWN).collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

/// The rows as a list that [`read`] reads again.
#[must_use]
pub fn write(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put = |cells: [&str; 6]| {
        // Writing into memory does not fail.
        let _ = writer.write_record(cells);
    };
    put(["full name", "login", "address elsewhere", "forward", "further addresses", "quota"]);
    for Row { new, .. } in rows {
        let addresses: Vec<&str> = new.addresses.iter().map(|address| address.as_str()).collect();
        put([
            new.full_name.as_str(),
            new.name.as_str(),
            new.recovery.as_ref().map_or("", |address| address.as_str()),
            new.forward.as_ref().map_or("", |address| address.as_str()),
            &addresses.join(" "),
            &new.quota_mib.map(|mib| mib.to_string()).unwrap_or_default(),
        ]);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
