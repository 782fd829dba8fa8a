//! What is read back from a disk that holds anything.

use super::codec::{self, Unreadable};
use super::loading::Loading;

/// One record: a kind, and what the record holds. What can be read is written as it was read.
///
/// # Panics
///
/// When it is not.
pub fn record(bytes: &[u8]) {
    let Some((kind, value)) = bytes.split_first() else {
        return;
    };
    match kind % 7 {
        0 => {
            if let Ok((node, subject)) = codec::read_key(value) {
                assert_eq!(codec::key(node, &subject), value);
            }
        }
        1 => {
            let read =
                |value: &[u8]| codec::read_node(value).map(|(who, when)| (who.to_owned(), when));
            stable(value, read, |(who, when)| codec::write_node(who, *when));
        }
        2 => stable(value, codec::read_config, codec::write_config),
        3 => stable(value, codec::read_affiliation, |affiliation| {
            codec::write_affiliation(*affiliation)
        }),
        4 => {
            let read = |value: &[u8]| codec::read_subscription(value).map(str::to_owned);
            stable(value, read, |id| codec::write_subscription(id));
        }
        5 => stable(value, codec::read_terms, codec::write_terms),
        _ => stable(
            value,
            |value| codec::read_item("i", value, |text| text.into()),
            |(place, item)| codec::write_item(*place, item),
        ),
    }
}

fn stable<T: PartialEq + std::fmt::Debug>(
    value: &[u8],
    read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    write: impl Fn(&T) -> Vec<u8>,
) {
    if let Ok(one) = read(value) {
        let written = write(&one);
        assert_eq!(read(&written), Ok(one));
    }
}

/// A whole directory: records of a length, then a name, a length, then a value. What is read makes writes, or is refused.
///
/// # Panics
///
/// Never, it is to be hoped.
pub fn loading(mut bytes: &[u8]) {
    let mut writes = 0_usize;
    let mut count = |_| writes += 1;
    let mut loading = Loading::new(&mut count);
    while !bytes.is_empty() {
        let (Some(key), Some(value)) = (take(&mut bytes), take(&mut bytes)) else {
            break;
        };
        if loading.record(key, value).is_err() {
            return;
        }
    }
    let _ = loading.end();
}

/// As many bytes as the first one says.
fn take<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (&length, rest) = bytes.split_first()?;
    let (taken, rest) = rest.split_at_checked(usize::from(length))?;
    *bytes = rest;
    Some(taken)
}
