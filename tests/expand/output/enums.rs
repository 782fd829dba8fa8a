const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for State {
        const NAME: &'static __pubsub::str = "State";
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
    impl __pubsub::Text for State {
        const KIND: __pubsub::Kind = __pubsub::Kind::Choice(&["open", "closed"]);
        fn write_text(
            &self,
            out: &mut __pubsub::String,
            escape: __pubsub::Escape,
        ) -> __pubsub::Result<(), __pubsub::TextError> {
            escape
                .push(
                    out,
                    match self {
                        Self::Open => "open",
                        Self::Closed => "closed",
                    },
                )
        }
        fn read_text(
            text: __pubsub::Cow<'_, __pubsub::str>,
        ) -> __pubsub::Result<Self, __pubsub::TextError> {
            match &*text {
                "open" => __pubsub::Ok(Self::Open),
                "closed" => __pubsub::Ok(Self::Closed),
                _ => {
                    __pubsub::Err(
                        __pubsub::TextError::invalid("expected one of `open`, `closed`"),
                    )
                }
            }
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
    impl __pubsub::Payload for Media {
        const NAME: &'static __pubsub::str = "Media";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Variants(
            &[
                __pubsub::VariantSchema {
                    rust_name: "Photo",
                    name: "Photo",
                    content: __pubsub::VariantContent::Fields(
                        &[
                            __pubsub::FieldSchema::new(
                                    "width",
                                    __pubsub::KindOf::<u32>::TEXT,
                                )
                                .attribute(),
                            __pubsub::FieldSchema::new(
                                "url",
                                __pubsub::KindOf::<String>::TEXT,
                            ),
                        ],
                    ),
                },
                __pubsub::VariantSchema {
                    rust_name: "Link",
                    name: "Link",
                    content: __pubsub::VariantContent::Value(
                        __pubsub::KindOf::<String>::TEXT,
                    ),
                },
                __pubsub::VariantSchema {
                    rust_name: "Nothing",
                    name: "Nothing",
                    content: __pubsub::VariantContent::Fields(&[]),
                },
            ],
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            match self {
                Self::Photo { width: field_width, url: field_url } => {
                    out.push_str("<Photo width=\"");
                    __pubsub::Leaf(field_width)
                        .write(out, "width", __pubsub::Escape::Attribute)?;
                    out.push_str("\"><url>");
                    __pubsub::Leaf(field_url)
                        .write(out, "url", __pubsub::Escape::Element)?;
                    out.push_str("</url></Photo>");
                }
                Self::Link(value) => {
                    out.push_str("<Link>");
                    __pubsub::Leaf(value).write(out, "0", __pubsub::Escape::Element)?;
                    out.push_str("</Link>");
                }
                Self::Nothing => {
                    out.push_str("<Nothing/>");
                }
            }
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut found: __pubsub::Option<Self> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                let value = match name {
                    "Photo" => {
                        let field_width = __pubsub::Slot::<u32>::FREE
                            .attribute(reader, "width")?;
                        let mut field_url: __pubsub::Option<String> = __pubsub::None;
                        while let __pubsub::Some(name) = __pubsub::next_child(
                            reader,
                            namespace,
                        )? {
                            match name {
                                "url" => {
                                    field_url = __pubsub::Slot(&field_url).text(reader, "url")?;
                                }
                                _ => reader.skip()?,
                            }
                        }
                        Self::Photo {
                            width: __pubsub::required(field_width, "width")?,
                            url: __pubsub::required(field_url, "url")?,
                        }
                    }
                    "Link" => {
                        Self::Link(
                            __pubsub::required(
                                __pubsub::Slot::<String>::FREE.text(reader, "Link")?,
                                "Link",
                            )?,
                        )
                    }
                    "Nothing" => {
                        reader.skip()?;
                        Self::Nothing
                    }
                    _ => {
                        reader.skip()?;
                        continue;
                    }
                };
                __pubsub::only_variant(&found, name)?;
                found = __pubsub::Some(value);
            }
            __pubsub::any_variant(found)
        }
    }
};
