const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Article {
        const NAME: &'static __pubsub::str = "article";
        const NAMESPACE: &'static __pubsub::str = "urn:example:news";
        const SHAPE: __pubsub::Shape = {
            __pubsub::check_timestamp(&__pubsub::KindOf::<SystemTime>::TEXT);
            __pubsub::Shape::Fields(
                &[
                    __pubsub::FieldSchema::new("key", __pubsub::KindOf::<String>::TEXT)
                        .named("slug"),
                    __pubsub::FieldSchema::new(
                        "headline",
                        __pubsub::KindOf::<String>::TEXT,
                    ),
                    __pubsub::FieldSchema::new(
                            "changed_at",
                            __pubsub::KindOf::<SystemTime>::TEXT,
                        )
                        .named("changed-at"),
                    __pubsub::FieldSchema::new("colour", __pubsub::Kind::Text),
                    __pubsub::FieldSchema::new("weight", __pubsub::KindOf::<u32>::TEXT)
                        .with_default(),
                    __pubsub::FieldSchema::new("views", __pubsub::KindOf::<u64>::TEXT)
                        .with_default(),
                ],
            )
        };
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<slug>");
            __pubsub::Leaf(&self.key).write(out, "key", __pubsub::Escape::Element)?;
            out.push_str("</slug><headline>");
            __pubsub::Leaf(&self.headline)
                .write(out, "headline", __pubsub::Escape::Element)?;
            out.push_str("</headline><changed-at>");
            __pubsub::Leaf(&self.changed_at)
                .write(out, "changed_at", __pubsub::Escape::Element)?;
            out.push_str("</changed-at><colour>");
            __pubsub::write_converted(
                &hexadecimal::to_text(&self.colour),
                out,
                "colour",
                __pubsub::Escape::Element,
            )?;
            out.push_str("</colour>");
            if !is_one(&self.weight) {
                out.push_str("<weight>");
                __pubsub::Leaf(&self.weight)
                    .write(out, "weight", __pubsub::Escape::Element)?;
                out.push_str("</weight>");
            }
            out.push_str("<views>");
            __pubsub::Leaf(&self.views).write(out, "views", __pubsub::Escape::Element)?;
            out.push_str("</views>");
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut field_key: __pubsub::Option<String> = __pubsub::None;
            let mut field_headline: __pubsub::Option<String> = __pubsub::None;
            let mut field_changed_at: __pubsub::Option<SystemTime> = __pubsub::None;
            let mut field_colour: __pubsub::Option<u32> = __pubsub::None;
            let mut field_weight: __pubsub::Option<u32> = __pubsub::None;
            let mut field_views: __pubsub::Option<u64> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    "slug" => {
                        field_key = __pubsub::Slot(&field_key).text(reader, "slug")?;
                    }
                    "headline" => {
                        field_headline = __pubsub::Slot(&field_headline)
                            .text(reader, "headline")?;
                    }
                    "changed-at" => {
                        field_changed_at = __pubsub::Slot(&field_changed_at)
                            .text(reader, "changed-at")?;
                    }
                    "colour" => {
                        field_colour = __pubsub::Slot(&field_colour)
                            .parse(reader, "colour", hexadecimal::from_text)?;
                    }
                    "weight" => {
                        field_weight = __pubsub::Slot(&field_weight)
                            .text(reader, "weight")?;
                    }
                    "views" => {
                        field_views = __pubsub::Slot(&field_views).text(reader, "views")?;
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                key: __pubsub::required(field_key, "slug")?,
                headline: __pubsub::required(field_headline, "headline")?,
                changed_at: __pubsub::required(field_changed_at, "changed-at")?,
                colour: __pubsub::required(field_colour, "colour")?,
                weight: match field_weight {
                    __pubsub::Some(value) => value,
                    __pubsub::None => one(),
                },
                views: __pubsub::Option::unwrap_or_default(field_views),
            })
        }
    }
    const _: __pubsub::Shape = <Article as __pubsub::Payload>::SHAPE;
    const NODE: &__pubsub::str = "/news";
    static MODEL: __pubsub::Descriptor = __pubsub::Descriptor {
        type_name: ::core::concat!(::core::module_path!(), "::Article"),
        node: NODE,
        schema: <Article as __pubsub::Payload>::SCHEMA,
        format: __pubsub::Format::Entry,
        actions: __pubsub::Actions::NONE
            .and(__pubsub::Action::Create)
            .and(__pubsub::Action::Delete),
        config: __pubsub::NodeConfig::new()
            .access(__pubsub::AccessModel::Whitelist)
            .max_items(__pubsub::MaxItems::Count(50u32))
            .title("News")
            .send_last(__pubsub::SendLast::Never),
        id: __pubsub::Some("key"),
        channels: &[],
        is_stored: true,
    };
    const REGISTRATION: __pubsub::Registration = __pubsub::Registration(&MODEL);
    __pubsub::inventory::submit! {
        REGISTRATION
    }
    #[automatically_derived]
    impl __pubsub::Publish for Article {
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
            __pubsub::Leaf(&self.key).write(out, "key", __pubsub::Escape::Plain)?;
            __pubsub::item_id(text, "key")
        }
        fn is_published(&self) -> __pubsub::bool {
            Article::is_public(self)
        }
        fn write_head(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<title>");
            __pubsub::Leaf(&self.headline)
                .write(out, "headline", __pubsub::Escape::Element)?;
            out.push_str("</title>");
            out.push_str("<updated>");
            __pubsub::Leaf(&self.changed_at)
                .write(out, "changed_at", __pubsub::Escape::Element)?;
            out.push_str("</updated>");
            __pubsub::Ok(())
        }
        fn as_any(&self) -> __pubsub::Option<&dyn __pubsub::Any> {
            __pubsub::Some(self)
        }
    }
};
