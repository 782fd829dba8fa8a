//! The behaviour of a SeaORM entity whose model is published, for those that have none of their own.
//!
//! Knows the shape that SeaORM gives to asynchronous methods of a trait. What they do is in `sea_orm`.

#[cfg(feature = "sea-orm")]
pub use ::sea_orm::{ActiveModelBehavior, ConnectionTrait, DbErr, EntityTrait};

#[cfg(feature = "sea-orm")]
pub use crate::sea_orm::{after_delete, after_save, before_delete, before_save};

/// What a behaviour answers.
#[cfg(feature = "sea-orm")]
pub type Answer<'run, T> = futures_util::future::BoxFuture<'run, Result<T, DbErr>>;

/// Has everything that an active model does published.
#[cfg(feature = "sea-orm")]
#[doc(hidden)]
#[macro_export]
macro_rules! publish_active_model {
    ($model:ident, $active:ident) => {
        #[automatically_derived]
        impl $crate::__private::sea_orm::ActiveModelBehavior for $active {
            fn before_save<'db, 'run, C>(
                self,
                db: &'db C,
                insert: $crate::__private::bool,
            ) -> $crate::__private::sea_orm::Answer<'run, Self>
            where
                C: $crate::__private::sea_orm::ConnectionTrait + 'run,
                'db: 'run,
                Self: 'run,
            {
                ::std::boxed::Box::pin($crate::__private::sea_orm::before_save(self, db, insert))
            }

            fn after_save<'db, 'run, C>(
                model: $model,
                db: &'db C,
                insert: $crate::__private::bool,
            ) -> $crate::__private::sea_orm::Answer<'run, $model>
            where
                C: $crate::__private::sea_orm::ConnectionTrait + 'run,
                'db: 'run,
                Self: 'run,
            {
                ::std::boxed::Box::pin($crate::__private::sea_orm::after_save(model, db, insert))
            }

            fn before_delete<'db, 'run, C>(
                self,
                db: &'db C,
            ) -> $crate::__private::sea_orm::Answer<'run, Self>
            where
                C: $crate::__private::sea_orm::ConnectionTrait + 'run,
                'db: 'run,
                Self: 'run,
            {
                ::std::boxed::Box::pin($crate::__private::sea_orm::before_delete(self, db))
            }

            fn after_delete<'db, 'run, C>(
                self,
                db: &'db C,
            ) -> $crate::__private::sea_orm::Answer<'run, Self>
            where
                C: $crate::__private::sea_orm::ConnectionTrait + 'run,
                'db: 'run,
                Self: 'run,
            {
                ::std::boxed::Box::pin($crate::__private::sea_orm::after_delete(self, db))
            }
        }
    };
}

/// Stops the compiler where a model belongs to SeaORM and the feature is off.
#[cfg(not(feature = "sea-orm"))]
#[doc(hidden)]
#[macro_export]
macro_rules! publish_active_model {
    ($model:ident, $active:ident) => {
        ::core::compile_error! {
            "`sea_orm` needs the feature `sea-orm` of pubsub-core; write pubsub-core = { version = \"...\", features = [\"sea-orm\"] }"
        }
    };
}
