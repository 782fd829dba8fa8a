//! The types that people put into SeaORM models, through a payload and back.

use pubsub_core::Publish;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, Schema};
use serde_json::json;

use crate::outbox::Outbox;

mod rfc3339 {
    use std::str::FromStr;

    use sea_orm::prelude::ChronoDateTimeUtc;

    pub fn to_text(moment: &ChronoDateTimeUtc) -> String {
        moment.to_rfc3339()
    }

    pub fn from_text(text: &str) -> Result<ChronoDateTimeUtc, <ChronoDateTimeUtc as FromStr>::Err> {
        text.parse()
    }
}

/// A word in the column, and in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum, pubsub_core::Payload)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
#[publish(rename_all = "lowercase")]
pub enum State {
    #[sea_orm(string_value = "open")]
    Open,
    #[sea_orm(string_value = "done")]
    Done,
}

mod job {
    use sea_orm::prelude::{ChronoDate, ChronoDateTimeUtc, ChronoTime, Json, Uuid};

    use super::*;

    #[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
    #[sea_orm(table_name = "job")]
    #[publish(sea_orm)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub state: State,
        pub price: f64,
        pub done: Option<bool>,
        #[publish(with = super::rfc3339)]
        pub created_at: ChronoDateTimeUtc,
        #[publish(with = pubsub_core::payload::display)]
        pub day: ChronoDate,
        #[publish(with = pubsub_core::payload::display)]
        pub hour: Option<ChronoTime>,
        #[publish(with = pubsub_core::payload::display)]
        pub more: Json,
        #[publish(with = pubsub_core::payload::base64)]
        pub bytes: Vec<u8>,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

#[tokio::test]
async fn common_types_come_back_as_they_were() {
    let outbox = Outbox::new().await;
    let db = outbox.connect().await;
    let table = Schema::new(db.get_database_backend()).create_table_from_entity(job::Entity);
    db.execute(&table).await.unwrap();
    let job = job::ActiveModel {
        id: Set(Uuid::from_u128(7)),
        state: Set(State::Done),
        price: Set(0.1),
        done: Set(None),
        created_at: Set("2026-11-21T12:00:00.125Z".parse().unwrap()),
        day: Set("2026-11-21".parse().unwrap()),
        hour: Set(Some("12:34:56.789".parse().unwrap())),
        more: Set(json!({"a": ["<b>", null, 1.5]})),
        bytes: Set(vec![0, 255, 7]),
    };
    let job = job.insert(&db).await.unwrap();
    let told = outbox.told().await;
    let (read, _) = job::Model::decode_entry(&told[0].payload).unwrap();
    assert_eq!(read, job);
    assert_eq!(told[0].item, "00000000-0000-0000-0000-000000000007");
    assert!(
        told[0]
            .payload
            .contains("<state>done</state><price>0.1</price><created_at>2026-11-21T12:00:00.125+00:00</created_at>"),
        "{}",
        told[0].payload
    );
}
