const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Model {
        const NAME: &'static __pubsub::str = "BlogPost";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[
                __pubsub::FieldSchema::new("id", __pubsub::KindOf::<i64>::TEXT),
                __pubsub::FieldSchema::new("author", __pubsub::KindOf::<String>::TEXT),
                __pubsub::FieldSchema::new("text", __pubsub::KindOf::<String>::TEXT),
            ],
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<id>");
            __pubsub::Leaf(&self.id).write(out, "id", __pubsub::Escape::Element)?;
            out.push_str("</id><author>");
            __pubsub::Leaf(&self.author)
                .write(out, "author", __pubsub::Escape::Element)?;
            out.push_str("</author><text>");
            __pubsub::Leaf(&self.text).write(out, "text", __pubsub::Escape::Element)?;
            out.push_str("</text>");
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut field_id: __pubsub::Option<i64> = __pubsub::None;
            let mut field_author: __pubsub::Option<String> = __pubsub::None;
            let mut field_text: __pubsub::Option<String> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    "id" => field_id = __pubsub::Slot(&field_id).text(reader, "id")?,
                    "author" => {
                        field_author = __pubsub::Slot(&field_author)
                            .text(reader, "author")?;
                    }
                    "text" => {
                        field_text = __pubsub::Slot(&field_text).text(reader, "text")?;
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                id: __pubsub::required(field_id, "id")?,
                author: __pubsub::required(field_author, "author")?,
                text: __pubsub::required(field_text, "text")?,
            })
        }
    }
    const NODE: &__pubsub::str = __pubsub::join![
        "/", __pubsub::crate_of(::core::module_path!()), "/BlogPost"
    ];
    static MODEL: __pubsub::Descriptor = __pubsub::Descriptor {
        type_name: ::core::concat!(::core::module_path!(), "::Model"),
        node: NODE,
        schema: <Model as __pubsub::Payload>::SCHEMA,
        format: __pubsub::Format::Entry,
        actions: __pubsub::Actions::ALL,
        config: __pubsub::NodeConfig::new(),
        id: __pubsub::Some("id"),
        channels: &["blog-{author}"],
    };
    const REGISTRATION: __pubsub::Registration = __pubsub::Registration(&MODEL);
    __pubsub::inventory::submit! {
        REGISTRATION
    }
    #[automatically_derived]
    impl __pubsub::Publish for Model {
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
            __pubsub::Leaf(&self.id).write(out, "id", __pubsub::Escape::Plain)?;
            __pubsub::item_id(text, "id")
        }
        fn channels(
            &self,
        ) -> __pubsub::Result<__pubsub::Vec<__pubsub::NodeName>, __pubsub::EncodeError> {
            let mut channels = __pubsub::Vec::with_capacity(1usize);
            {
                let mut text = __pubsub::String::new();
                let out = &mut text;
                out.push_str("blog-");
                __pubsub::Leaf(&self.author)
                    .write(out, "author", __pubsub::Escape::Plain)?;
                channels.push(__pubsub::channel(text, "blog-{author}")?);
            }
            __pubsub::Ok(channels)
        }
        fn as_any(&self) -> __pubsub::Option<&dyn __pubsub::Any> {
            __pubsub::Some(self)
        }
    }
    __pubsub::publish_active_model! {
        Model, ActiveModel
    }
};
