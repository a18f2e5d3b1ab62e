//! Best known values from a CSV file.

use std::path::Path;

use crate::fault::Fault;

/// What the best plan known costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub set: String,
    /// Where fewer vehicles count before cost.
    pub vehicles: Option<usize>,
    pub cost: f64,
}

struct Row {
    instance: String,
    known: Known,
}

/// All rows of the file.
pub struct Table(Vec<Row>);

impl Table {
    pub fn read(path: &Path) -> Result<Table, Fault> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Fault::File { path: path.to_owned(), source })?;
        Table::parse(&text).map_err(|problem| Fault::Usage(format!("{}: {problem}", path.display())))
    }

    fn parse(text: &str) -> Result<Table, String> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let head = fields(lines.next().map_or("", |(_, line)| line));
        let column = |name: &str| {
            head.iter()
                .position(|h| h.trim() == name)
                .ok_or_else(|| format!("line 1: no column `{name}`; expected set, instance and best_known"))
        };
        let (set, instance, best) = (column("set")?, column("instance")?, column("best_known")?);
        let mut rows = Vec::new();
        for (number, line) in lines {
            let fields = fields(line);
            let field = |k: usize| fields.get(k).map_or("", |f| f.trim());
            let (vehicles, cost) = value(field(best)).ok_or_else(|| {
                let value = field(best);
                format!("line {}: best_known `{value}`; expected COST or VEHICLES/COST", number + 1)
            })?;
            let known = Known { set: field(set).to_owned(), vehicles, cost };
            rows.push(Row { instance: field(instance).to_owned(), known });
        }
        Ok(Table(rows))
    }

    /// The value of an instance: in the set that is named, else in the set that its folder names, else in the only set
    /// that has it. A file's name may go on behind the instance's (`a9-72hetIUY` is a9-72).
    pub fn find(&self, set: Option<&str>, folders: &[String], file: &str) -> Option<Known> {
        let here = |row: &&Row| match set {
            Some(set) => row.known.set == set,
            None => folders.contains(&row.known.set),
        };
        let named = self.longest(self.0.iter().filter(here), file);
        if named.is_some() || set.is_some() {
            return named;
        }
        let all: Vec<&Row> = self.0.iter().filter(|row| row.instance == file).collect();
        if let [row] = all[..] { Some(row.known.clone()) } else { None }
    }

    /// The row whose name is the longest beginning of the file's; a number must not be cut in two.
    fn longest<'a>(&self, rows: impl Iterator<Item = &'a Row>, file: &str) -> Option<Known> {
        let begins = |row: &&Row| {
            file.strip_prefix(&*row.instance)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        rows.filter(begins).max_by_key(|row| row.instance.len()).map(|row| row.known.clone())
    }
}

fn value(text: &str) -> Option<(Option<usize>, f64)> {
    let (vehicles, cost) = match text.split_once('/') {
        Some((vehicles, cost)) => (Some(vehicles.trim().parse().ok()?), cost.trim()),
        None => (None, text),
    };
    cost.parse().ok().filter(|cost: &f64| cost.is_finite() && *cost >= 0.0).map(|cost| (vehicles, cost))
}

/// The fields of a line; quotes hold commas, and a doubled quote within them is a quote.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                fields.last_mut().into_iter().for_each(|f| f.push('"'));
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields.last_mut().into_iter().for_each(|f| f.push(letter)),
        }
    }
    fields
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TABLE: &str = "set,instance,best_known,objective_definition,source
hdarp_u,a2-16,294.25,\"total, in double \"\"precision\"\"\",Malheiros
mdhdarp_u,a2-16,284.18,x,y
malheiros_2021,a9-7,1.5,x,y
malheiros_2021,a9-72,828.81,x,y
li_lim_100,lc101,10/828.9369,x,y
";

    #[test]
    fn values_are_found_by_folder_by_name_or_because_they_are_the_only_ones() {
        let table = Table::parse(TABLE).unwrap();
        let find = |set, folder: &str, file| {
            table.find(set, &[folder.to_owned()], file).map(|known| (known.vehicles, known.cost))
        };
        assert_eq!(find(None, "mdhdarp_u", "a2-16"), Some((None, 284.18)));
        assert_eq!(find(Some("hdarp_u"), "cordeau_2006", "a2-16"), Some((None, 294.25)));
        assert_eq!(find(None, "cordeau_2006", "a2-16"), None, "two sets have it");
        assert_eq!(find(None, "malheiros_2021", "a9-72hetIUY"), Some((None, 828.81)));
        assert_eq!(find(None, "somewhere", "lc101"), Some((Some(10), 828.9369)));
        assert_eq!(find(Some("hdarp_u"), "li_lim_100", "lc101"), None);
    }

    #[test]
    fn wrong_tables_are_refused_by_line() {
        let wrong = |text: &str| Table::parse(text).err().unwrap();
        assert_eq!(wrong("a,b"), "line 1: no column `set`; expected set, instance and best_known");
        let line = "line 2: best_known `ten`; expected COST or VEHICLES/COST";
        assert_eq!(wrong("set,instance,best_known\na,b,ten"), line);
        assert!(Table::parse("set,instance,best_known\na,b,x/3").is_err());
        assert_eq!(fields("a,\"b,\"\"c\"\"\",,d"), ["a", "b,\"c\"", "", "d"]);
    }
}
