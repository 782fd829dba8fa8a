const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Status {
        const NAME: &'static __pubsub::str = "django-objects";
        const NAMESPACE: &'static __pubsub::str = "http://www.w3.org/2005/Atom";
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[
                __pubsub::FieldSchema::new("id", __pubsub::KindOf::<i64>::TEXT),
                __pubsub::FieldSchema::new("message", __pubsub::KindOf::<String>::TEXT),
                __pubsub::FieldSchema::new("is_public", __pubsub::KindOf::<bool>::TEXT),
                __pubsub::FieldSchema::new("mood", __pubsub::KindOf::<String>::TEXT)
                    .optional(),
            ],
        );
        fn write_attributes(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str(" version=\"1.0\"");
            __pubsub::Ok(())
        }
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            const MODEL: &__pubsub::str = __pubsub::join![
                __pubsub::crate_of(::core::module_path!()), ".status"
            ];
            out.push_str("<object model=\"");
            out.push_str(MODEL);
            out.push_str("\" pk=\"");
            __pubsub::Leaf(&self.id).write(out, "id", __pubsub::Escape::Attribute)?;
            out.push_str("\">");
            {
                let kind = __pubsub::KindOf::<String>::TEXT;
                let start = __pubsub::open_field(out, "message", &kind);
                __pubsub::Leaf(&self.message)
                    .write(out, "message", __pubsub::Escape::Element)?;
                __pubsub::close_field(out, start, &kind);
            }
            {
                let kind = __pubsub::KindOf::<bool>::TEXT;
                let start = __pubsub::open_field(out, "is_public", &kind);
                __pubsub::Leaf(&self.is_public)
                    .write(out, "is_public", __pubsub::Escape::Element)?;
                __pubsub::close_field(out, start, &kind);
            }
            {
                let kind = __pubsub::KindOf::<String>::TEXT;
                let start = __pubsub::open_field(out, "mood", &kind);
                match &self.mood {
                    __pubsub::Some(value) => {
                        __pubsub::Leaf(value)
                            .write(out, "mood", __pubsub::Escape::Element)?;
                    }
                    __pubsub::None => out.push_str("<None></None>"),
                }
                __pubsub::close_field(out, start, &kind);
            }
            out.push_str("</object>");
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            __pubsub::enter_row(reader, namespace)?;
            let field_id = __pubsub::Slot::<i64>::FREE.attribute(reader, "pk")?;
            let mut field_message: __pubsub::Option<String> = __pubsub::None;
            let mut field_is_public: __pubsub::Option<bool> = __pubsub::None;
            let mut field_mood: __pubsub::Option<String> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_field(reader, namespace)? {
                match &*name {
                    "message" => {
                        field_message = __pubsub::Slot(&field_message)
                            .text(reader, "message")?;
                    }
                    "is_public" => {
                        field_is_public = __pubsub::Slot(&field_is_public)
                            .text(reader, "is_public")?;
                    }
                    "mood" => {
                        if let __pubsub::Some(text) = __pubsub::nullable(reader)? {
                            field_mood = __pubsub::Slot(&field_mood)
                                .value(text, "mood")?;
                        }
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                id: __pubsub::required(field_id, "id")?,
                message: __pubsub::required(field_message, "message")?,
                is_public: __pubsub::required(field_is_public, "is_public")?,
                mood: field_mood,
            })
        }
    }
    const NODE: &__pubsub::str = __pubsub::join![
        "/", __pubsub::crate_of(::core::module_path!()), "/Status"
    ];
    static MODEL: __pubsub::Descriptor = __pubsub::Descriptor {
        type_name: ::core::concat!(::core::module_path!(), "::Status"),
        node: NODE,
        schema: <Status as __pubsub::Payload>::SCHEMA,
        format: __pubsub::Format::Django,
        actions: __pubsub::Actions::ALL,
        config: __pubsub::NodeConfig::new(),
        id: __pubsub::Some("id"),
        channels: &[],
        is_stored: true,
    };
    const REGISTRATION: __pubsub::Registration = __pubsub::Registration(&MODEL);
    __pubsub::inventory::submit! {
        REGISTRATION
    }
    #[automatically_derived]
    impl __pubsub::Publish for Status {
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
        fn as_any(&self) -> __pubsub::Option<&dyn __pubsub::Any> {
            __pubsub::Some(self)
        }
    }
};
