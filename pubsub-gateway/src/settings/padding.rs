//! Filling messages up for browsers that hold small ones back.

use regex::Regex;

/// Fills up what browsers of some kind are sent (`push_stream_padding_by_user_agent`). Only browsers that nobody should use any more need it.
#[derive(Debug, Clone)]
pub struct Padding {
    /// Matches the `User-Agent` of such browsers.
    pub user_agent: Regex,
    /// How many bytes the header has at least.
    pub header: usize,
    /// How many bytes a message has at least.
    pub message: usize,
}

/// A list of paddings that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a padding: write `regex,header,message`, and `:` between several")]
pub struct PaddingError(String);

impl Padding {
    /// Reads paddings as the directive of nginx-push-stream-module has them: `[T|t]est 1,0,508:[T|t]est 2,4097,0`.
    ///
    /// # Errors
    ///
    /// [`PaddingError`] names the one that cannot be read.
    pub fn list(text: &str) -> Result<Vec<Self>, PaddingError> {
        text.split(':').map(Self::read).collect()
    }

    fn read(text: &str) -> Result<Self, PaddingError> {
        let error = || PaddingError(text.to_owned());
        let (rest, message) = text.rsplit_once(',').ok_or_else(error)?;
        let (user_agent, header) = rest.rsplit_once(',').ok_or_else(error)?;
        let number = |digits: &str| digits.trim().parse().map_err(|_| error());
        Ok(Self {
            user_agent: Regex::new(user_agent).map_err(|_| error())?,
            header: number(header)?,
            message: number(message)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Padding;

    #[test]
    fn lists_are_read() {
        let list = Padding::list("[T|t]est 1,0,508:[T|t]est 2,4097,0").unwrap();
        let sizes: Vec<_> = list
            .iter()
            .map(|padding| (padding.header, padding.message))
            .collect();
        assert_eq!(sizes, [(0, 508), (4097, 0)]);
        assert!(
            list[0].user_agent.is_match("a test 1 b") && !list[1].user_agent.is_match("a test 1 b")
        );
        for wrong in ["", "a,1", "a,x,1", "(,1,1"] {
            assert!(Padding::list(wrong).is_err(), "{wrong}");
        }
    }
}
