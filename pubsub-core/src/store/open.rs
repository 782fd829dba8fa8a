//! Opening.
use super::{Store, StoreError, StoreErrorKind, StoreUrl};
use std::sync::Arc;
/// Opens.
pub async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    let _ = url;
    Err(StoreError::new(StoreErrorKind::Configuration, "x"))
}
