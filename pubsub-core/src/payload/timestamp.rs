//! Points in time as RFC 3339 text, which is also `xs:dateTime` and what Atom's `<updated/>` holds.
//!
//! Knows the Gregorian calendar and UTC. Does not know local time or leap seconds. Years 1 to 9999, to the nanosecond.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::error::TextError;
use super::text::{Escape, Text};
use crate::schema::Kind;

const DAY: i64 = 86_400;
/// Seconds from the first moment of year 1 to 1970, and from 1970 to the last moment of year 9999.
const EARLIEST: i64 = -62_135_596_800;
const LATEST: i64 = 253_402_300_799;

impl Text for SystemTime {
    const KIND: Kind = Kind::Timestamp;

    fn write_text(&self, out: &mut String, _: Escape) -> Result<(), TextError> {
        let (seconds, nanoseconds) = since_epoch(*self).ok_or_else(out_of_range)?;
        let (year, month, day) = civil(seconds.div_euclid(DAY));
        let second_of_day = seconds.rem_euclid(DAY);
        push(out, year, 4);
        for (mark, number) in [
            ('-', month),
            ('-', day),
            ('T', second_of_day / 3600),
            (':', second_of_day / 60 % 60),
            (':', second_of_day % 60),
        ] {
            out.push(mark);
            push(out, number, 2);
        }
        if nanoseconds > 0 {
            out.push('.');
            push(out, i64::from(nanoseconds), 9);
            out.truncate(out.trim_end_matches('0').len());
        }
        out.push('Z');
        Ok(())
    }

    fn read_text(text: Cow<'_, str>) -> Result<Self, TextError> {
        let (seconds, nanoseconds) = parse(text.trim_ascii()).ok_or_else(|| {
            TextError::invalid("expected a time such as 2024-02-29T12:30:00.5Z (RFC 3339)")
        })?;
        at(seconds, nanoseconds).ok_or_else(out_of_range)
    }
}

fn out_of_range() -> TextError {
    TextError::invalid("the time is outside the years 1 to 9999")
}

/// Whole seconds, rounded down, and the nanoseconds on top of them.
fn since_epoch(time: SystemTime) -> Option<(i64, u32)> {
    let (seconds, nanoseconds) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (i64::try_from(after.as_secs()).ok()?, after.subsec_nanos()),
        Err(error) => {
            let before = error.duration();
            let seconds = i64::try_from(before.as_secs()).ok()?.checked_neg()?;
            match before.subsec_nanos() {
                0 => (seconds, 0),
                nanoseconds => (seconds - 1, 1_000_000_000 - nanoseconds),
            }
        }
    };
    (EARLIEST..=LATEST)
        .contains(&seconds)
        .then_some((seconds, nanoseconds))
}

fn at(seconds: i64, nanoseconds: u32) -> Option<SystemTime> {
    if !(EARLIEST..=LATEST).contains(&seconds) {
        return None;
    }
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 {
        UNIX_EPOCH.checked_sub(whole)?
    } else {
        UNIX_EPOCH.checked_add(whole)?
    };
    whole.checked_add(Duration::from_nanos(u64::from(nanoseconds)))
}

/// Year, month and day of a number of days since 1970-01-01. Years are counted from March, so that a leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn push(out: &mut String, number: i64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    for _ in digits.len()..width {
        out.push('0');
    }
    out.push_str(digits);
}

/// Seconds since 1970 and nanoseconds, from `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)`.
fn parse(text: &str) -> Option<(i64, u32)> {
    let mut rest = text;
    let year = digits(&mut rest, 4)?;
    let month = marked(&mut rest, '-')?;
    let day = marked(&mut rest, '-')?;
    rest = rest.strip_prefix(['T', 't', ' '])?;
    let hour = digits(&mut rest, 2)?;
    let minute = marked(&mut rest, ':')?;
    let second = marked(&mut rest, ':')?;
    let nanoseconds = fraction(&mut rest)?;
    let offset = offset(rest)?;
    let day_number = days(year, month, day);
    let is_real = (1..=12).contains(&month) && civil(day_number) == (year, month, day);
    if !is_real || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((
        day_number * DAY + hour * 3600 + minute * 60 + second - offset,
        nanoseconds,
    ))
}

fn digits(rest: &mut &str, count: usize) -> Option<i64> {
    let (number, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| number.parse().ok())?
}

fn marked(rest: &mut &str, mark: char) -> Option<i64> {
    *rest = rest.strip_prefix(mark)?;
    digits(rest, 2)
}

fn fraction(rest: &mut &str) -> Option<u32> {
    let Some(tail) = rest.strip_prefix('.') else {
        return Some(0);
    };
    let end = tail
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(tail.len());
    let (given, tail) = tail.split_at_checked(end)?;
    *rest = tail;
    let kept = given.get(..given.len().min(9))?;
    let scale = 10_u32.pow(u32::try_from(9 - kept.len()).ok()?);
    Some(kept.parse::<u32>().ok()? * scale)
}

fn offset(rest: &str) -> Option<i64> {
    if rest == "Z" || rest == "z" {
        return Some(0);
    }
    let (sign, mut rest) = match rest.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, rest.strip_prefix('+')?),
    };
    let hours = digits(&mut rest, 2)?;
    let minutes = marked(&mut rest, ':')?;
    (rest.is_empty() && hours <= 23 && minutes <= 59)
        .then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(time: SystemTime) -> Result<String, TextError> {
        let mut out = String::new();
        time.write_text(&mut out, Escape::Element).map(|()| out)
    }

    fn read(text: &str) -> Result<SystemTime, TextError> {
        SystemTime::read_text(Cow::Borrowed(text))
    }

    #[test]
    fn known_moments() {
        for (seconds, nanoseconds, text) in [
            (0, 0, "1970-01-01T00:00:00Z"),
            (951_782_400, 500_000_000, "2000-02-29T00:00:00.5Z"),
            (1_709_210_096, 7, "2024-02-29T12:34:56.000000007Z"),
            (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
            (EARLIEST, 0, "0001-01-01T00:00:00Z"),
            (LATEST, 0, "9999-12-31T23:59:59Z"),
        ] {
            let time = at(seconds, nanoseconds).unwrap();
            assert_eq!(written(time).as_deref(), Ok(text));
            assert_eq!(read(text), Ok(time));
        }
    }

    #[test]
    fn other_spellings_of_the_same_moment_are_read() {
        let time = read("2024-02-29T12:30:00Z");
        assert!(time.is_ok());
        for text in [
            "2024-02-29T13:30:00+01:00",
            "2024-02-29t07:00:00-05:30",
            " 2024-02-29 12:30:00.000z ",
        ] {
            assert_eq!(read(text), time, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2024",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+1:00",
            "+024-01-01T00:00:00Z",
            "2024-01-01T00:00:00Zx",
            "0000-01-01T00:00:00Z",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(
            written(UNIX_EPOCH + Duration::from_secs(LATEST as u64 + 1)),
            Err(out_of_range())
        );
    }
}
