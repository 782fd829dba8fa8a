const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Tweet {
        const NAME: &'static __pubsub::str = "Tweet";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[
                __pubsub::FieldSchema::new("id", __pubsub::KindOf::<i64>::TEXT),
                __pubsub::FieldSchema::new("author", __pubsub::KindOf::<String>::TEXT),
                __pubsub::FieldSchema::new("text", __pubsub::KindOf::<String>::TEXT),
                __pubsub::FieldSchema::new("reply_to", __pubsub::KindOf::<i64>::TEXT)
                    .optional(),
                __pubsub::FieldSchema::new("tags", __pubsub::KindOf::<String>::TEXT)
                    .many(),
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
            if let __pubsub::Some(value) = &self.reply_to {
                out.push_str("<reply_to>");
                __pubsub::Leaf(value).write(out, "reply_to", __pubsub::Escape::Element)?;
                out.push_str("</reply_to>");
            }
            for value in &self.tags {
                out.push_str("<tags>");
                __pubsub::Leaf(value).write(out, "tags", __pubsub::Escape::Element)?;
                out.push_str("</tags>");
            }
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut field_id: __pubsub::Option<i64> = __pubsub::None;
            let mut field_author: __pubsub::Option<String> = __pubsub::None;
            let mut field_text: __pubsub::Option<String> = __pubsub::None;
            let mut field_reply_to: __pubsub::Option<i64> = __pubsub::None;
            let mut field_tags: Vec<String> = __pubsub::Default::default();
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
                    "reply_to" => {
                        field_reply_to = __pubsub::Slot(&field_reply_to)
                            .text(reader, "reply_to")?;
                    }
                    "tags" => {
                        __pubsub::Collection::put(
                            &mut field_tags,
                            __pubsub::Slot::<String>::FREE.text(reader, "tags")?,
                        )
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                id: __pubsub::required(field_id, "id")?,
                author: __pubsub::required(field_author, "author")?,
                text: __pubsub::required(field_text, "text")?,
                reply_to: field_reply_to,
                tags: field_tags,
                draft: __pubsub::Default::default(),
            })
        }
    }
    const NODE: &__pubsub::str = __pubsub::join![
        "/", __pubsub::crate_of(::core::module_path!()), "/Tweet"
    ];
    static MODEL: __pubsub::Descriptor = __pubsub::Descriptor {
        type_name: ::core::concat!(::core::module_path!(), "::Tweet"),
        node: NODE,
        schema: <Tweet as __pubsub::Payload>::SCHEMA,
        format: __pubsub::Format::Entry,
        actions: __pubsub::Actions::ALL,
        config: __pubsub::NodeConfig::new(),
        id: __pubsub::Some("id"),
        channels: &["user-{author}", "global"],
        is_stored: true,
    };
    const REGISTRATION: __pubsub::Registration = __pubsub::Registration(&MODEL);
    __pubsub::inventory::submit! {
        REGISTRATION
    }
    #[automatically_derived]
    impl __pubsub::Publish for Tweet {
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
            let mut channels = __pubsub::Vec::with_capacity(2usize);
            {
                let mut text = __pubsub::String::new();
                let out = &mut text;
                out.push_str("user-");
                __pubsub::Leaf(&self.author)
                    .write(out, "author", __pubsub::Escape::Plain)?;
                channels.push(__pubsub::channel(text, "user-{author}")?);
            }
            {
                let mut text = __pubsub::String::new();
                let out = &mut text;
                out.push_str("global");
                channels.push(__pubsub::channel(text, "global")?);
            }
            __pubsub::Ok(channels)
        }
        fn as_any(&self) -> __pubsub::Option<&dyn __pubsub::Any> {
            __pubsub::Some(self)
        }
    }
};
