//! Numbers as JSON: a number where JavaScript reads it exactly as it is, and otherwise a string that its `BigInt()` or `Number()` reads.
//!
//! Knows the spellings of numbers in payloads, and makes one of each.

use std::borrow::Cow;

use crate::payload::{Text as _, TextError};

/// The digits of 2⁵³−1: up to there JavaScript holds every whole number.
const SAFE: &str = "9007199254740991";

/// Writes a whole number that is spelled plainly: `-` or nothing, and digits without leading zeros.
pub(super) fn push_whole(out: &mut String, plain: &str) {
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    let is_safe = (digits.len(), digits) <= (SAFE.len(), SAFE);
    if is_safe {
        out.push_str(plain);
    } else {
        out.extend(["\"", plain, "\""]);
    }
}

/// Writes a whole number of a payload.
pub(super) fn integer(
    text: &str,
    bits: u16,
    signed: bool,
    out: &mut String,
) -> Result<(), TextError> {
    push_whole(out, &plain(text, bits, signed)?);
    Ok(())
}

/// The one spelling of a whole number.
pub(super) fn plain(text: &str, bits: u16, signed: bool) -> Result<Cow<'_, str>, TextError> {
    let text = text.trim_ascii();
    let (is_negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TextError::invalid("expected a whole number"));
    }
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(Cow::Borrowed("0"));
    }
    if is_negative && !signed || !fits(significant, is_negative, bits, signed) {
        return Err(TextError::invalid(format_args!(
            "expected a whole number of {bits} bits{}",
            if signed { "" } else { ", not a negative one" }
        )));
    }
    Ok(
        if significant.len() == digits.len() && is_negative == (text.len() > digits.len()) {
            Cow::Borrowed(text)
        } else if is_negative {
            Cow::Owned(format!("-{significant}"))
        } else {
            Cow::Borrowed(significant)
        },
    )
}

/// Whether it is no larger than numbers of so many bits are; wider ones than 128 are not looked at.
fn fits(digits: &str, is_negative: bool, bits: u16, signed: bool) -> bool {
    if bits == 0 || bits > 128 {
        return bits > 128;
    }
    // 39 digits may be too many for 128 bits, which the parser sees.
    let Ok(magnitude) = digits.parse::<u128>() else {
        return false;
    };
    let most = u128::MAX >> (128 - bits);
    match (signed, is_negative) {
        (false, _) => magnitude <= most,
        (true, false) => magnitude <= most >> 1,
        (true, true) => magnitude <= (most >> 1) + 1,
    }
}

/// Writes a floating-point number of a payload.
pub(super) fn float(text: &str, bits: u16, out: &mut String) -> Result<(), TextError> {
    let text = text.trim_ascii();
    let number = if bits <= 32 {
        f32::read_text(Cow::Borrowed(text))?.into()
    } else {
        f64::read_text(Cow::Borrowed(text))?
    };
    if number.is_nan() {
        out.push_str("\"NaN\"");
    } else if number == f64::INFINITY {
        out.push_str("\"Infinity\"");
    } else if number == f64::NEG_INFINITY {
        out.push_str("\"-Infinity\"");
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push_str(ryu::Buffer::new().format_finite(number));
    }
    Ok(())
}

/// Whether a number is spelled as in JSON.
fn is_plain(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent
            .is_none_or(|exponent| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{float, integer};

    fn whole(text: &str, bits: u16, signed: bool) -> Option<String> {
        let mut out = String::new();
        integer(text, bits, signed, &mut out).ok().map(|()| out)
    }

    fn real(text: &str) -> Option<String> {
        let mut out = String::new();
        float(text, 64, &mut out).ok().map(|()| out)
    }

    #[test]
    fn whole_numbers_are_numbers_as_far_as_javascript_goes() {
        for (text, bits, signed, expected) in [
            ("0", 8, true, Some("0")),
            (" -0 ", 8, false, Some("0")),
            ("007", 8, true, Some("7")),
            ("+007", 8, true, Some("7")),
            ("-007", 8, true, Some("-7")),
            ("+5", 8, false, Some("5")),
            ("127", 8, true, Some("127")),
            ("128", 8, true, None),
            ("-128", 8, true, Some("-128")),
            ("-129", 8, true, None),
            ("255", 8, false, Some("255")),
            ("256", 8, false, None),
            ("-1", 8, false, None),
            ("9007199254740991", 64, true, Some("9007199254740991")),
            ("9007199254740992", 64, true, Some("\"9007199254740992\"")),
            ("-9007199254740991", 64, true, Some("-9007199254740991")),
            ("-9007199254740992", 64, true, Some("\"-9007199254740992\"")),
            (
                "18446744073709551615",
                64,
                false,
                Some("\"18446744073709551615\""),
            ),
            ("18446744073709551616", 64, false, None),
            ("340282366920938463463374607431768211456", 128, false, None),
            (
                "340282366920938463463374607431768211456",
                256,
                false,
                Some("\"340282366920938463463374607431768211456\""),
            ),
            ("", 8, true, None),
            ("-", 8, true, None),
            ("+-1", 8, true, None),
            ("1.0", 8, true, None),
            ("1e2", 8, true, None),
            ("١", 8, true, None),
        ] {
            assert_eq!(
                whole(text, bits, signed).as_deref(),
                expected,
                "{text} {bits}"
            );
        }
    }

    #[test]
    fn other_numbers_are_spelled_as_json_does() {
        for (text, expected) in [
            ("1.5", Some("1.5")),
            ("-0.0", Some("-0.0")),
            ("1e300", Some("1e300")),
            ("1E+2", Some("1E+2")),
            (" 7 ", Some("7")),
            ("+1.5", Some("1.5")),
            ("01", Some("1.0")),
            (".5", Some("0.5")),
            ("5.", Some("5.0")),
            ("1e999", Some("\"Infinity\"")),
            ("INF", Some("\"Infinity\"")),
            ("-INF", Some("\"-Infinity\"")),
            ("NaN", Some("\"NaN\"")),
            ("", None),
            ("one", None),
            ("0x1", None),
        ] {
            assert_eq!(real(text).as_deref(), expected, "{text}");
        }
        let mut out = String::new();
        float("1e39", 32, &mut out).unwrap();
        assert_eq!(out, "\"Infinity\"", "as an f32 reads it");
    }

    proptest! {
        #[test]
        fn any_whole_number_reads_back(number in any::<i128>()) {
            let json = whole(&number.to_string(), 128, true).unwrap();
            let digits = json.trim_matches('"');
            prop_assert_eq!(digits.parse::<i128>().unwrap(), number);
            prop_assert_eq!(json.starts_with('"'), number.unsigned_abs() >= 1 << 53);
        }

        #[test]
        fn any_spelling_of_a_number_becomes_json(text in "[+-]?[0-9]{0,4}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,2})?") {
            match (real(&text), text.parse::<f64>()) {
                (Some(json), Ok(number)) => prop_assert_eq!(serde_json::from_str::<f64>(&json).unwrap().to_bits(), number.to_bits()),
                (json, number) => prop_assert!(json.is_none() && number.is_err(), "{:?} {:?}", json, number),
            }
        }
    }
}
