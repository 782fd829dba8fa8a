const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl<'a, T, U> __pubsub::Payload for Page<'a, T, U>
    where
        T: __pubsub::Text,
        U: __pubsub::Payload,
        Vec<U>: __pubsub::Collection<Item = U> + __pubsub::Default,
    {
        const NAME: &'static __pubsub::str = "Page";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[
                __pubsub::FieldSchema::new(
                    "heading",
                    __pubsub::KindOf::<Cow<'a, str>>::TEXT,
                ),
                __pubsub::FieldSchema::new("note", __pubsub::KindOf::<T>::TEXT),
                __pubsub::FieldSchema::new("rows", __pubsub::KindOf::<U>::NESTED).many(),
            ],
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<heading>");
            __pubsub::Leaf(&self.heading)
                .write(out, "heading", __pubsub::Escape::Element)?;
            out.push_str("</heading><note>");
            __pubsub::Leaf(&self.note).write(out, "note", __pubsub::Escape::Element)?;
            out.push_str("</note>");
            for value in &self.rows {
                out.push_str("<rows");
                __pubsub::Child(value).write(out, "rows")?;
                out.push_str("</rows>");
            }
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut field_heading: __pubsub::Option<Cow<'a, str>> = __pubsub::None;
            let mut field_note: __pubsub::Option<T> = __pubsub::None;
            let mut field_rows: Vec<U> = __pubsub::Default::default();
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    "heading" => {
                        field_heading = __pubsub::Slot(&field_heading)
                            .text(reader, "heading")?;
                    }
                    "note" => {
                        field_note = __pubsub::Slot(&field_note).text(reader, "note")?;
                    }
                    "rows" => {
                        __pubsub::Collection::put(
                            &mut field_rows,
                            __pubsub::Slot::<U>::FREE.child(reader, namespace, "rows")?,
                        )
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                heading: __pubsub::required(field_heading, "heading")?,
                note: __pubsub::required(field_note, "note")?,
                rows: field_rows,
            })
        }
    }
};
const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl<'a> __pubsub::Payload for Headline<'a> {
        const NAME: &'static __pubsub::str = "Headline";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[__pubsub::FieldSchema::new("text", __pubsub::KindOf::<Cow<'a, str>>::TEXT)],
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<text>");
            __pubsub::Leaf(&self.text).write(out, "text", __pubsub::Escape::Element)?;
            out.push_str("</text>");
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut field_text: __pubsub::Option<Cow<'a, str>> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    "text" => {
                        field_text = __pubsub::Slot(&field_text).text(reader, "text")?;
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                text: __pubsub::required(field_text, "text")?,
            })
        }
    }
    const NODE: &__pubsub::str = __pubsub::join![
        "/", __pubsub::crate_of(::core::module_path!()), "/Headline"
    ];
    static MODEL: __pubsub::Descriptor = __pubsub::Descriptor {
        type_name: ::core::concat!(::core::module_path!(), "::Headline"),
        node: NODE,
        schema: <Headline<'static> as __pubsub::Payload>::SCHEMA,
        format: __pubsub::Format::Entry,
        actions: __pubsub::Actions::ALL,
        config: __pubsub::NodeConfig::new(),
        id: __pubsub::None,
        channels: &[],
        is_stored: true,
    };
    const REGISTRATION: __pubsub::Registration = __pubsub::Registration(&MODEL);
    __pubsub::inventory::submit! {
        REGISTRATION
    }
    #[automatically_derived]
    impl<'a> __pubsub::Publish for Headline<'a> {
        const NODE: &'static __pubsub::str = NODE;
        const DESCRIPTOR: &'static __pubsub::Descriptor = &MODEL;
        const IS_OWNED: __pubsub::bool = false;
    }
};
