//! Entities of SeaORM, as people write them.

/// In the short form.
pub mod post {
    use pubsub_core::Publish;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
    #[sea_orm(table_name = "blog_post")]
    #[publish(sea_orm, channels("blog-{author}", "all"))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub author: String,
        pub text: String,
        pub parent: Option<i64>,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// In the long form of SeaORM 2, with related rows, and a key that is text.
pub mod blog {
    use pubsub_core::Publish;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
    #[sea_orm(table_name = "blog")]
    #[publish(sea_orm, on(create, delete), when = Model::is_public)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub is_public: bool,
        #[sea_orm(has_many)]
        pub entries: HasMany<super::entry::Entity>,
    }

    impl Model {
        fn is_public(&self) -> bool {
            self.is_public
        }
    }
}

/// With nothing but its key.
pub mod tag {
    use pubsub_core::Publish;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
    #[sea_orm(table_name = "tag")]
    #[publish(sea_orm)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// With a behaviour of its own, which calls ours.
pub mod entry {
    use pubsub_core::Publish;
    use sea_orm::ActiveValue::Set;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
    #[sea_orm(table_name = "entry")]
    #[publish(node = "/entries", xml(name = "entry", namespace = "urn:entry"))]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[publish(id)]
        pub id: i64,
        pub blog: String,
        pub text: String,
        #[sea_orm(belongs_to, from = "blog", to = "name")]
        #[publish(skip)]
        pub owner: HasOne<super::blog::Entity>,
    }

    #[async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        async fn before_save<C: ConnectionTrait>(
            mut self,
            db: &C,
            insert: bool,
        ) -> Result<Self, DbErr> {
            if let Some(text) = self.text.try_as_ref() {
                self.text = Set(text.trim().to_owned());
            }
            pubsub_core::sea_orm::before_save(self, db, insert).await
        }

        async fn after_save<C: ConnectionTrait>(
            model: Model,
            db: &C,
            insert: bool,
        ) -> Result<Model, DbErr> {
            pubsub_core::sea_orm::after_save(model, db, insert).await
        }

        async fn before_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
            pubsub_core::sea_orm::before_delete(self, db).await
        }

        async fn after_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
            pubsub_core::sea_orm::after_delete(self, db).await
        }
    }
}
