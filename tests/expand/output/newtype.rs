const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for UserId {
        const NAME: &'static __pubsub::str = "UserId";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Text(
            <Self as __pubsub::Text>::KIND,
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            __pubsub::Leaf(self).write(out, "0", __pubsub::Escape::Element)
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let _ = namespace;
            let value = __pubsub::Slot::<Self>::FREE.text(reader, "0")?;
            __pubsub::required(value, "0")
        }
    }
    #[automatically_derived]
    impl __pubsub::Text for UserId {
        const KIND: __pubsub::Kind = { __pubsub::KindOf::<i64>::TEXT };
        fn write_text(
            &self,
            out: &mut __pubsub::String,
            escape: __pubsub::Escape,
        ) -> __pubsub::Result<(), __pubsub::TextError> {
            __pubsub::Leaf(&self.0).write_bare(out, escape)
        }
        fn read_text(
            text: __pubsub::Cow<'_, __pubsub::str>,
        ) -> __pubsub::Result<Self, __pubsub::TextError> {
            __pubsub::Slot::<i64>::FREE.bare(text).map(Self)
        }
    }
};
