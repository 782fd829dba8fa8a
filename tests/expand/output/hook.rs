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
        id: __pubsub::None,
        channels: &[],
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
        fn as_any(&self) -> __pubsub::Option<&dyn __pubsub::Any> {
            __pubsub::Some(self)
        }
    }
};
fn not_empty(tweet: &Tweet) -> Result<(), String> {
    if tweet.text.is_empty() { Err("say something".to_owned()) } else { Ok(()) }
}
const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    const _: () = __pubsub::check_hook::<Tweet>();
    fn model() -> __pubsub::TypeId {
        __pubsub::TypeId::of::<Tweet>()
    }
    fn call(
        value: &dyn __pubsub::Any,
        action: __pubsub::Action,
    ) -> __pubsub::Result<(), __pubsub::HookFailure> {
        {
            let _ = action;
            __pubsub::call_hook::<Tweet, _>(value, not_empty)
        }
    }
    const HOOK: __pubsub::Hook = __pubsub::Hook::new(
        ::core::concat!(::core::module_path!(), "::not_empty"),
        model,
        call,
    );
    __pubsub::inventory::submit! {
        HOOK
    }
};
fn count(_: &Tweet, action: Action) {
    println!("{action}");
}
const _: () = {
    use ::pubsub_core::__private as __pubsub;
    #[allow(unused_imports, reason = "not every type needs all of them")]
    use __pubsub::{
        AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _,
    };
    const _: () = __pubsub::check_hook::<Tweet>();
    fn model() -> __pubsub::TypeId {
        __pubsub::TypeId::of::<Tweet>()
    }
    fn call(
        value: &dyn __pubsub::Any,
        action: __pubsub::Action,
    ) -> __pubsub::Result<(), __pubsub::HookFailure> {
        __pubsub::call_action_hook::<Tweet, _>(value, action, count)
    }
    const HOOK: __pubsub::Hook = __pubsub::Hook::new(
            ::core::concat!(::core::module_path!(), "::count"),
            model,
            call,
        )
        .order(10)
        .on(
            __pubsub::Actions::NONE
                .and(__pubsub::Action::Create)
                .and(__pubsub::Action::Delete),
        );
    __pubsub::inventory::submit! {
        HOOK
    }
};
