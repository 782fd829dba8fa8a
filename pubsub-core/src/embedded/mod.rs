//! The server inside the process: started when no other is named, if the feature `embedded` is on.

#[cfg(not(feature = "embedded"))]
mod absent;
#[cfg(feature = "embedded")]
mod present;
mod sole;

#[cfg(not(feature = "embedded"))]
pub(crate) use self::absent::Embedded;
#[cfg(feature = "embedded")]
pub(crate) use self::present::Embedded;
pub(crate) use self::sole::Sole;
