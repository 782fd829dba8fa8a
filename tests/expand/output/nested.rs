const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Order {
        const NAME: &'static __pubsub::str = "Order";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = {
            __pubsub::check_inline(
                &["address", "lines", "prices"],
                &["number"],
                __pubsub::KindOf::<Audit>::SHAPE,
            );
            __pubsub::Shape::Fields(
                &[
                    __pubsub::FieldSchema::new("number", __pubsub::KindOf::<u32>::TEXT)
                        .attribute(),
                    __pubsub::FieldSchema::new(
                        "address",
                        __pubsub::KindOf::<Address>::NESTED,
                    ),
                    __pubsub::FieldSchema::new("lines", __pubsub::KindOf::<Line>::NESTED)
                        .many(),
                    __pubsub::FieldSchema::new(
                            "audit",
                            __pubsub::KindOf::<Audit>::NESTED,
                        )
                        .inline(__pubsub::KindOf::<Audit>::SHAPE),
                    __pubsub::FieldSchema::new("prices", __pubsub::KindOf::<f64>::TEXT)
                        .keyed(&__pubsub::KindOf::<String>::TEXT),
                ],
            )
        };
        fn write_attributes(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str(" number=\"");
            __pubsub::Leaf(&self.number)
                .write(out, "number", __pubsub::Escape::Attribute)?;
            out.push('"');
            __pubsub::Child(&self.audit).write_attributes(out, "audit")?;
            __pubsub::Ok(())
        }
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<address");
            __pubsub::Child(&self.address).write(out, "address")?;
            out.push_str("</address>");
            for value in &self.lines {
                out.push_str("<lines");
                __pubsub::Child(value).write(out, "lines")?;
                out.push_str("</lines>");
            }
            __pubsub::Child(&self.audit).write_content(out, "audit")?;
            for (key, value) in &self.prices {
                out.push_str("<prices key=\"");
                __pubsub::Leaf(key).write(out, "prices", __pubsub::Escape::Attribute)?;
                out.push_str("\">");
                __pubsub::Leaf(value).write(out, "prices", __pubsub::Escape::Element)?;
                out.push_str("</prices>");
            }
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let field_number = __pubsub::Slot::<u32>::FREE.attribute(reader, "number")?;
            let mut field_address: __pubsub::Option<Address> = __pubsub::None;
            let mut field_lines: Vec<Line> = __pubsub::Default::default();
            let field_audit = __pubsub::Slot::<Audit>::FREE.inline(reader, namespace)?;
            let mut field_prices: BTreeMap<String, f64> = __pubsub::Default::default();
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    "address" => {
                        field_address = __pubsub::Slot(&field_address)
                            .child(reader, namespace, "address")?;
                    }
                    "lines" => {
                        __pubsub::Collection::put(
                            &mut field_lines,
                            __pubsub::Slot::<Line>::FREE
                                .child(reader, namespace, "lines")?,
                        )
                    }
                    "prices" => {
                        let key = __pubsub::Slot::<String>::FREE
                            .attribute(reader, "key")?;
                        let value = __pubsub::Slot::<f64>::FREE.text(reader, "prices")?;
                        __pubsub::Collection::put(
                            &mut field_prices,
                            __pubsub::pair(key, value, "prices")?,
                        );
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                number: __pubsub::required(field_number, "number")?,
                address: __pubsub::required(field_address, "address")?,
                lines: field_lines,
                audit: field_audit,
                prices: field_prices,
            })
        }
    }
    const _: __pubsub::Shape = <Order as __pubsub::Payload>::SHAPE;
};
const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Address {
        const NAME: &'static __pubsub::str = "Address";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[__pubsub::FieldSchema::new("city", __pubsub::KindOf::<String>::TEXT)],
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<city>");
            __pubsub::Leaf(&self.city).write(out, "city", __pubsub::Escape::Element)?;
            out.push_str("</city>");
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut field_city: __pubsub::Option<String> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    "city" => {
                        field_city = __pubsub::Slot(&field_city).text(reader, "city")?;
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                city: __pubsub::required(field_city, "city")?,
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
    impl __pubsub::Payload for Line {
        const NAME: &'static __pubsub::str = "Line";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[__pubsub::FieldSchema::new("text", __pubsub::KindOf::<String>::TEXT)],
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
            let mut field_text: __pubsub::Option<String> = __pubsub::None;
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
};
const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    #[automatically_derived]
    impl __pubsub::Payload for Audit {
        const NAME: &'static __pubsub::str = "Audit";
        const NAMESPACE: &'static __pubsub::str = __pubsub::join![
            "urn:pubsub:", __pubsub::crate_of(::core::module_path!())
        ];
        const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(
            &[__pubsub::FieldSchema::new("changed_by", __pubsub::KindOf::<String>::TEXT)],
        );
        fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
            out.push_str("<changed_by>");
            __pubsub::Leaf(&self.changed_by)
                .write(out, "changed_by", __pubsub::Escape::Element)?;
            out.push_str("</changed_by>");
            __pubsub::Ok(())
        }
        fn read(
            reader: &mut __pubsub::Reader<'_>,
            namespace: &__pubsub::str,
        ) -> __pubsub::ReadAs<Self> {
            let mut field_changed_by: __pubsub::Option<String> = __pubsub::None;
            while let __pubsub::Some(name) = __pubsub::next_child(reader, namespace)? {
                match name {
                    "changed_by" => {
                        field_changed_by = __pubsub::Slot(&field_changed_by)
                            .text(reader, "changed_by")?;
                    }
                    _ => reader.skip()?,
                }
            }
            __pubsub::Ok(Self {
                changed_by: __pubsub::required(field_changed_by, "changed_by")?,
            })
        }
    }
};
