//! The `id` of a request: a number in base 36, so that the answer finds its request without a table of strings.

/// Which slot of the window a request sits in, and the how-manieth request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::session) struct RequestId {
    pub(in crate::session) slot: u16,
    pub(in crate::session) serial: u64,
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl RequestId {
    /// Appends it.
    pub(in crate::session) fn write(self, out: &mut String) {
        let mut rest = (self.serial << 16) | u64::from(self.slot);
        let mut digits = ['0'; 13];
        let mut length = 0;
        for place in digits.iter_mut().rev() {
            let digit = usize::try_from(rest % 36).unwrap_or_default();
            *place = DIGITS.get(digit).copied().unwrap_or(b'0').into();
            length += 1;
            rest /= 36;
            if rest == 0 {
                break;
            }
        }
        out.extend(digits.iter().skip(digits.len() - length));
    }

    /// Reads it back; another sender's id gives `None` or an id that no request has.
    pub(in crate::session) fn read(id: &str) -> Option<Self> {
        let number = u64::from_str_radix(id, 36).ok()?;
        let slot = u16::try_from(number & 0xffff).ok()?;
        Some(Self {
            slot,
            serial: number >> 16,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        for (slot, serial) in [
            (0, 0),
            (63, 1),
            (4095, 123_456_789),
            (u16::MAX, (1 << 48) - 1),
        ] {
            let id = RequestId { slot, serial };
            let mut text = String::new();
            id.write(&mut text);
            assert_eq!(RequestId::read(&text), Some(id), "{text}");
        }
        for id in ["", "bind-1", "é", "zzzzzzzzzzzzzzzzzz"] {
            assert_eq!(RequestId::read(id), None);
        }
    }
}
