const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Reading {
        const NAME: &'static __pubsub::str = "json";
        const NAMESPACE: &'static __pubsub::str = "urn:xmpp:json:0";
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[
                __pubsub::FieldSchema::new("sensor", __pubsub::KindOf::<String>::JSON),
                __pubsub::FieldSchema::new("celsius", __pubsub::KindOf::<f64>::JSON),
            ],
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            __pubsub::write_json(self, out)
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let _ = namespace;
            __pubsub::read_json(reader)
        }
    }
    const NODE: &__pubsub::str = __pubsub::join![
        "/", __pubsub::crate_of(::core::module_path!()), "/Reading"
    ];
    static MODEL: __pubsub::Descriptor = __pubsub::Descriptor {
        type_name: ::core::concat!(::core::module_path!(), "::Reading"),
        node: NODE,
        schema: <Reading as __pubsub::Payload>::SCHEMA,
        format: __pubsub::Format::Json,
        actions: __pubsub::Actions::ALL,
        config: __pubsub::NodeConfig::new(),
        id: __pubsub::Some("sensor"),
        channels: &[],
        is_stored: true,
    };
    const REGISTRATION: __pubsub::Registration = __pubsub::Registration(&MODEL);
    __pubsub::inventory::submit! {
        REGISTRATION
    }
    #[automatically_derived]
    impl __pubsub::Publish for Reading {
        const NODE: &'static __pubsub::str = NODE;
        const DESCRIPTOR: &'static __pubsub::Descriptor = &MODEL;
        fn item_id(
            &self,
        ) -> __pubsub::Result<
            __pubsub::Option<__pubsub::ItemId>,
            __pubsub::EncodeError,
        > {
            let mut text = __pubsub::String::new();
            let out = &mut text;
            __pubsub::Leaf(&self.sensor).write(out, "sensor", __pubsub::Escape::Plain)?;
            __pubsub::item_id(text, "sensor")
        }
        fn as_any(&self) -> __pubsub::Option<&dyn __pubsub::Any> {
            __pubsub::Some(self)
        }
    }
    __pubsub::require_json!();
};
