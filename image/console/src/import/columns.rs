//! What the first line of a list calls its columns, in English and German.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The full name.
    FullName,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The name to sign in with.
    Login,
    /// An address elsewhere.
    Recovery,
    /// Where mail goes on to.
    Forward,
    /// Further addresses here.
    Addresses,
    /// Room for mail, in MB.
    Quota,
}

/// Which column is what.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    known: Vec<(Column, usize)>,
    /// How many the first line names.
    pub(super) count: usize,
    /// Names that mean nothing here.
    pub(super) ignored: Vec<String>,
}

impl Columns {
    /// Reads the first line; nothing when no column has names of people.
    pub(super) fn of(first: &csv::StringRecord) -> Option<Self> {
        let mut columns = Self { count: first.len(), ..Self::default() };
        let mut bare = None;
        for (at, name) in first.iter().enumerate() {
            let simple = simplify(name);
            match column(&simple) {
                Some(column) if !columns.has(column) => columns.known.push((column, at)),
                None if simple == "name" && bare.is_none() => bare = Some(at),
                _ if simple.is_empty() => {}
                _ => columns.ignored.push(super::cut(name.trim())),
            }
        }
        if let Some(at) = bare {
            // «Name» is what is lacking: beside a full name it is what one signs in with, beside a first name it is
            // the last name.
            let column = if columns.has(Column::FullName) {
                Column::Login
            } else if columns.has(Column::FirstName) {
                Column::LastName
            } else {
                Column::FullName
            };
            if columns.has(column) {
                columns.ignored.push("name".into());
            } else {
                columns.known.push((column, at));
            }
        }
        (columns.has(Column::FullName) || columns.has(Column::FirstName) || columns.has(Column::LastName))
            .then_some(columns)
    }

    fn has(&self, column: Column) -> bool {
        self.known.iter().any(|(known, _)| *known == column)
    }

    /// What stands in a column, or nothing.
    pub(super) fn cell<'a>(&self, record: &'a csv::StringRecord, column: Column) -> &'a str {
        let at = self.known.iter().find(|(known, _)| *known == column).map(|(_, at)| *at);
        at.and_then(|at| record.get(at)).unwrap_or_default().trim()
    }

    /// The full name, from one column or two.
    pub(super) fn full_name(&self, record: &csv::StringRecord) -> String {
        match self.cell(record, Column::FullName) {
            "" => {
                let (first, last) = (self.cell(record, Column::FirstName), self.cell(record, Column::LastName));
                format!("{first} {last}").trim().to_owned()
            }
            full => full.to_owned(),
        }
    }
}

/// `E-Mail (privat)` → `emailprivat`.
fn simplify(name: &str) -> String {
    any_ascii::any_ascii(name).to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}

fn column(simple: &str) -> Option<Column> {
    Some(match simple {
        "fullname" | "vollername" | "vollstandigername" | "vorundnachname" | "vornamenachname" | "member"
        | "mitglied" => Column::FullName,
        "firstname" | "givenname" | "forename" | "vorname" | "rufname" => Column::FirstName,
        "lastname" | "surname" | "familyname" | "nachname" | "familienname" | "zuname" => Column::LastName,
        "login" | "loginname" | "user" | "username" | "signinname" | "benutzer" | "benutzername" | "anmeldename"
        | "kennung" => Column::Login,
        "email"
        | "mail"
        | "emailaddress"
        | "mailaddress"
        | "addresselsewhere"
        | "recovery"
        | "recoveryaddress"
        | "privateemail"
        | "emailprivate"
        | "emailadresse"
        | "mailadresse"
        | "adresseanderswo"
        | "adressanderswo"
        | "emailprivat"
        | "privateemailadresse" => Column::Recovery,
        "forward" | "forwardto" | "forwarding" | "weiterleitung" | "weiterleitenan" => Column::Forward,
        "furtheraddresses" | "addresses" | "alias" | "aliases" | "weitereadressen" | "adressen" => Column::Addresses,
        "quota" | "quotamib" | "quotamb" | "mailboxsize" | "room" | "platz" | "speicherplatz" | "postfachgrosse"
        | "postfachgroesse" => Column::Quota,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_row(header: &[&str], row: &[&str]) -> (String, String) {
        let columns = Columns::of(&csv::StringRecord::from(header.to_vec())).unwrap();
        let record = csv::StringRecord::from(row.to_vec());
        (columns.full_name(&record), columns.cell(&record, Column::Login).to_owned())
    }

    #[test]
    fn name_is_what_is_lacking() {
        assert_eq!(first_row(&["Name"], &["Jill Archer"]).0, "Jill Archer");
        assert_eq!(first_row(&["Name", "Vorname"], &["Archer", "Jill"]).0, "Jill Archer");
        let both = first_row(&["name", "full_name"], &["jill", "Jill Archer"]);
        assert_eq!(both, ("Jill Archer".into(), "jill".into()));
        assert!(Columns::of(&csv::StringRecord::from(vec!["phone", "e-mail"])).is_none());
    }
}
