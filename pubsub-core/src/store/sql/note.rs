//! What is noted of the columns of a table: which there are, how each is read from a payload, and whether it says what the payloads say.
//!
//! Knows the text of a note. Several versions of a model may share a table: none of them sees to the columns of another, so each notes which
//! columns it leaves behind, and who needs such a column makes it anew. A column is only ever of one kind: what is retyped gets another.

use crate::store::Column;

/// The table of a model as it was last made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Its name.
    pub(crate) table: String,
    /// Its columns; those that no model has any more, too.
    columns: Vec<Known>,
}

/// A column that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    name: String,
    kind: String,
    /// Where its values were read; `None` when they are not those of the payloads.
    path: Option<String>,
}

impl Noted {
    /// Reads what [`write`](Self::write) wrote.
    pub(crate) fn read(table: &str, columns: &str) -> Self {
        let columns = columns.lines().filter_map(|line| {
            let mut words = line.split(' ');
            Some(Known {
                name: words.next()?.to_owned(),
                kind: words.next()?.to_owned(),
                path: words.next().map(str::to_owned),
            })
        });
        Self {
            table: table.to_owned(),
            columns: columns.collect(),
        }
    }

    /// A line a column: name, kind, and the path unless it is stale.
    pub(crate) fn write(&self) -> String {
        let line = |known: &Known| match &known.path {
            Some(path) => format!("{} {} {path}\n", known.name, known.kind),
            None => format!("{} {}\n", known.name, known.kind),
        };
        self.columns.iter().map(line).collect()
    }

    /// A table that is made with these columns.
    pub(crate) fn new(table: &str, columns: &[Column]) -> Self {
        let mut noted = Self::read(table, "");
        noted.made(columns);
        noted
    }

    /// The same columns under the names that they have, or are to have, in the table.
    pub(crate) fn named(&self, columns: Vec<Column>) -> Vec<Column> {
        let rename = |mut column: Column| {
            let kind = column.kind.as_str();
            let is_another = |name: &str| {
                let known = self.columns.iter().find(|known| known.name == name);
                known.is_some_and(|known| known.kind != kind)
            };
            if is_another(&column.name) {
                // No field has a colon in its name.
                let start = column.name.floor_char_boundary(LONGEST - kind.len() - 1);
                column.name.truncate(start);
                column.name = format!("{}:{kind}", column.name);
            }
            column
        };
        columns.into_iter().map(rename).collect()
    }

    /// Whether the table has a column of this name.
    pub(crate) fn has(&self, column: &Column) -> bool {
        self.columns.iter().any(|known| known.name == column.name)
    }

    /// Whether the column is there and says what the payloads say.
    pub(crate) fn is_current(&self, column: &Column) -> bool {
        let path = path(column);
        self.columns
            .iter()
            .any(|known| known.name == column.name && known.path.as_ref() == Some(&path))
    }

    /// The columns have been made of the payloads.
    pub(crate) fn made(&mut self, columns: &[Column]) {
        for column in columns {
            let path = Some(path(column));
            let mut same = self.columns.iter_mut();
            match same.find(|known| known.name == column.name) {
                Some(known) => known.path = path,
                None => self.columns.push(Known {
                    name: column.name.clone(),
                    kind: column.kind.as_str().to_owned(),
                    path,
                }),
            }
        }
    }

    /// A row is written with these columns and no others. Whether that leaves a column behind which was current.
    pub(crate) fn written(&mut self, columns: &[Column]) -> bool {
        let mut is_changed = false;
        for known in &mut self.columns {
            let own = columns.iter().find(|column| column.name == known.name);
            let same = own.map(path);
            if known.path.is_some() && known.path != same {
                known.path = None;
                is_changed = true;
            }
        }
        is_changed
    }
}

/// PostgreSQL cuts off what is longer.
const LONGEST: usize = 63;

/// How the value of a column is found in a payload, without blanks.
fn path(column: &Column) -> String {
    let mark = if column.path.is_attribute { "@" } else { "/" };
    format!(
        "{mark}{}",
        column.path.name.replace(char::is_whitespace, "_")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ColumnKind;
    use crate::store::column::ColumnPath;

    fn column(name: &str, kind: ColumnKind, path: &'static str) -> Column {
        let path = ColumnPath {
            name: path,
            is_attribute: false,
        };
        Column {
            field: name.to_owned(),
            name: name.to_owned(),
            kind,
            path,
        }
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let columns = [
            column("a", ColumnKind::Text, "a"),
            column("b", ColumnKind::Integer, "bee"),
        ];
        let mut noted = Noted::new("t", &columns);
        assert_eq!(noted.write(), "a text /a\nb integer /bee\n");
        assert!(!noted.written(&columns));
        assert!(noted.written(&columns[..1]));
        assert_eq!(noted.write(), "a text /a\nb integer\n");
        assert_eq!(Noted::read("t", &noted.write()), noted);
        assert!(noted.is_current(&columns[0]) && !noted.is_current(&columns[1]));
        noted.made(&columns);
        assert!(noted.is_current(&columns[1]));
    }

    #[test]
    fn what_is_read_elsewhere_is_not_current() {
        let noted = Noted::new("t", &[column("a", ColumnKind::Text, "a")]);
        assert!(!noted.is_current(&column("a", ColumnKind::Text, "b")));
    }

    #[test]
    fn a_column_of_another_kind_has_a_name_of_its_own() {
        let noted = Noted::new("t", &[column("a", ColumnKind::Text, "a")]);
        let named = noted.named(vec![column("a", ColumnKind::Integer, "a")]);
        assert_eq!(named[0].name, "a:integer");
        let again = Noted::new("t", &named).named(vec![column("a", ColumnKind::Integer, "a")]);
        assert_eq!(again[0].name, "a");
        let long = "ä".repeat(31);
        let noted = Noted::new("t", &[column(&long, ColumnKind::Text, "a")]);
        let named = noted.named(vec![column(&long, ColumnKind::Integer, "a")]);
        assert!(named[0].name.len() <= LONGEST && named[0].name.ends_with(":integer"));
    }
}
