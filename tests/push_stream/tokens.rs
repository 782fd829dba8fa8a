//! Who may listen and publish: rules, tokens, revocation, and a hook.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pubsub_gateway::settings::Audience;
use pubsub_gateway::{
    Access, AccessRequest, ChannelName, Claims, Deciding, Denied, Gateway, Grant, Intent,
    Revocation, Settings, TokenKey,
};
use tokio::sync::Semaphore;

use crate::browser::Frame;
use crate::gateway::{Running, settings};

fn key() -> TokenKey {
    TokenKey::hs256(b"a secret of thirty-two bytes....").unwrap()
}

fn with_key(change: impl FnOnce(&mut Settings)) -> Settings {
    settings(|settings| {
        settings.access.keys = vec![key()];
        change(settings);
    })
}

fn within(seconds: u64) -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        + seconds
}

fn token(claims: &Claims) -> String {
    key().sign(claims).unwrap()
}

#[tokio::test]
async fn channels_that_name_a_user_are_private() {
    let gateway = Running::start().await;
    for door in ["ev", "sub", "lp"] {
        for channels in ["user-5", "global/user-5", "user-5.b3"] {
            let answer = gateway.get(&format!("/{door}/{channels}"), &[]).await;
            assert_eq!(
                (answer.status, answer.explain()),
                (
                    403,
                    "Subscribing to a private channel needs a token for it."
                )
            );
        }
    }
    let mut socket = gateway.websocket("/ws/user-5").await;
    assert!(matches!(socket.frame().await, Frame::Close(Some(1008), _)));
    let open = Running::with(settings(|settings| settings.access.private.clear())).await;
    let _stream = open.stream("/ev/user-5", &[]).await;
}

#[tokio::test]
async fn a_token_opens_the_channels_that_it_names() {
    let gateway = Running::with(with_key(|_| {})).await;
    let ann = token(
        &Claims::until("ann", within(60))
            .subscribe("user-5")
            .subscribe("user-7*"),
    );
    let bearer = format!("Bearer {ann}");
    for (channel, status) in [
        ("user-5", 200),
        ("user-77", 200),
        ("user-6", 403),
        ("global", 200),
        ("user-5/user-6", 403),
    ] {
        let mut client = crate::browser::Client::connect(gateway.address).await;
        client
            .send(
                "GET",
                &format!("/ev/{channel}"),
                &[("Authorization", &bearer)],
                "",
            )
            .await;
        assert_eq!(client.head().await.status, status, "{channel}");
    }
    let answer = gateway.get("/ev/user-5", &[]).await;
    assert_eq!(
        (answer.status, answer.header("www-authenticate")),
        (401, "Bearer")
    );
    // Browsers cannot set headers on a WebSocket.
    let mut socket = gateway.websocket(&format!("/ws/user-5?token={ann}")).await;
    gateway.publish("user-5", "for you").await;
    assert_eq!(socket.json().await["text"], "for you");
}

#[tokio::test]
async fn forged_and_expired_tokens_are_refused_even_where_none_is_needed() {
    let gateway = Running::with(with_key(|_| {})).await;
    let forged = TokenKey::hs256(&[7; 32])
        .unwrap()
        .sign(&Claims::until("ann", within(60)).subscribe("*"))
        .unwrap();
    let none =
        "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTksInB1YnN1YiI6eyJzdWJzY3JpYmUiOlsiKiJdfX0.";
    let expired = token(&Claims::until("ann", within(0) - 100).subscribe("*"));
    for (token, explain) in [
        (
            &*forged,
            "The token is not signed by a key that is known here.",
        ),
        (none, "The token is not signed by a key that is known here."),
        (&*expired, "The token has expired."),
        ("garbage", "The token cannot be read."),
    ] {
        for path in ["/ev/global", "/ev/user-5", "/lp/global", "/sub/global"] {
            let answer = gateway.get(&format!("{path}?token={token}"), &[]).await;
            assert_eq!((answer.status, answer.explain()), (401, explain), "{path}");
        }
        let mut socket = gateway
            .websocket(&format!("/ws/global?token={token}"))
            .await;
        let frame = socket.frame().await;
        assert!(
            matches!(&frame, Frame::Close(Some(1008), reason) if reason.contains(explain)),
            "{frame:?}"
        );
        let answer = gateway
            .post(&format!("/pub?id=global&token={token}"), &[], "x")
            .await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test]
async fn publishing_is_for_callers_of_this_machine_or_with_a_token() {
    let gateway = Running::with(with_key(|_| {})).await;
    let proxied = ("X-Forwarded-For", "203.0.113.9");
    for method in ["POST", "PUT", "GET", "DELETE"] {
        let answer = gateway
            .ask(
                method,
                "/pub?id=a",
                &[proxied],
                if method == "GET" { "" } else { "x" },
            )
            .await;
        assert_eq!(answer.status, 401, "{method}");
    }
    let bearer = |claims: &Claims| format!("Bearer {}", token(claims));
    let other = bearer(&Claims::until("ann", within(60)).publish("b").subscribe("a"));
    assert_eq!(
        gateway
            .post("/pub?id=a", &[proxied, ("Authorization", &other)], "x")
            .await
            .status,
        403
    );
    assert_eq!(
        gateway
            .post("/pub?id=b/a", &[proxied, ("Authorization", &other)], "x")
            .await
            .status,
        403
    );
    let right = bearer(&Claims::until("ann", within(60)).publish("a"));
    assert_eq!(
        gateway
            .post("/pub?id=a", &[proxied, ("Authorization", &right)], "x")
            .await
            .status,
        200
    );
    let all = gateway.get("/stats?id=ALL", &[]).await;
    assert!(
        all.text().contains("\"channels\": 1,"),
        "who is refused makes no channel: {}",
        all.text()
    );
    for path in ["/stats", "/stats?id=a", "/metrics"] {
        assert_eq!(gateway.get(path, &[proxied]).await.status, 401, "{path}");
        assert_eq!(gateway.get(path, &[]).await.status, 200, "{path}");
    }
    let open = Running::with(settings(|settings| {
        settings.access.publishing = Audience::Anyone;
        settings.access.inspection = Audience::Nobody;
    }))
    .await;
    assert_eq!(open.post("/pub?id=a", &[proxied], "x").await.status, 200);
    assert_eq!(open.get("/stats", &[]).await.status, 403);
}

#[tokio::test]
async fn a_connection_ends_when_its_token_expires() {
    let gateway = Running::with(with_key(|settings| {
        settings.long_polling.connection_ttl = Some(Duration::from_mins(1));
    }))
    .await;
    let brief = token(&Claims::until("ann", within(2)).subscribe("user-5"));
    let mut socket = gateway
        .websocket(&format!("/ws/user-5?token={brief}"))
        .await;
    let mut events = gateway
        .stream(&format!("/ev/user-5?token={brief}"), &[])
        .await;
    let mut poll = crate::browser::Client::connect(gateway.address).await;
    poll.send("GET", &format!("/lp/user-5?token={brief}"), &[], "")
        .await;
    assert_eq!(
        socket.frame().await,
        Frame::Close(Some(1008), "the token has expired".to_owned())
    );
    assert!(events.event().await.contains("event: expired\n"));
    events.closed_after_body().await;
    assert_eq!(poll.answer().await.status, 304);
}

#[tokio::test]
async fn revoking_ends_open_connections_and_keeps_tokens_out() {
    let gateway = Running::with(with_key(|_| {})).await;
    let claims = |subject: &str, id: &str| Claims {
        id: Some(id.to_owned()),
        ..Claims::until(subject, within(60)).subscribe("*")
    };
    let (ann, phone, bob) = (
        token(&claims("ann", "1")),
        token(&claims("ann", "2")),
        token(&claims("bob", "3")),
    );
    let mut of_ann = gateway.websocket(&format!("/ws/a?token={ann}")).await;
    let mut of_phone = gateway
        .stream(&format!("/ev/user-5?token={phone}"), &[])
        .await;
    let mut of_bob = gateway.websocket(&format!("/ws/a?token={bob}")).await;
    let mut poll = crate::browser::Client::connect(gateway.address).await;
    poll.send("GET", &format!("/lp/polled?token={ann}"), &[], "")
        .await;
    let channel = |name: &str| ChannelName::new(name).unwrap();
    support::eventually(crate::gateway::SOON, async || {
        (gateway.gateway.presence(&channel("polled")).connections == 1).then_some(())
    })
    .await;
    let present = gateway.gateway.presence(&channel("a"));
    assert_eq!(
        (present.connections, present.subjects),
        (2, vec!["ann".into(), "bob".into()])
    );

    gateway.gateway.revoke(&Revocation::Id("1".to_owned()));
    assert_eq!(
        of_ann.frame().await,
        Frame::Close(Some(1008), "access was revoked".to_owned())
    );
    assert_eq!(poll.answer().await.status, 403);
    assert_eq!(
        gateway
            .get(&format!("/ev/a?token={ann}"), &[])
            .await
            .explain(),
        "The token was revoked."
    );
    gateway.publish("user-5", "still").await;
    assert!(of_phone.event().await.contains("still"));

    gateway
        .gateway
        .revoke(&Revocation::Subject("ann".to_owned()));
    assert!(of_phone.event().await.contains("event: revoked\n"));
    assert_eq!(
        gateway
            .get(&format!("/ev/a?token={phone}"), &[])
            .await
            .status,
        401
    );
    gateway.publish("a", "for bob").await;
    assert_eq!(of_bob.json().await["text"], "for bob");
}

/// Lets those in whose cookie says who they are.
struct Cookies;

impl Access for Cookies {
    fn decide<'r>(&'r self, request: AccessRequest<'r>) -> Deciding<'r> {
        Box::pin(async move {
            if request.intent != Intent::Subscribe {
                return request.by_rules();
            }
            tokio::task::yield_now().await;
            let cookie = request
                .headers
                .get("cookie")
                .and_then(|cookie| cookie.to_str().ok());
            let user = cookie.and_then(|cookie| cookie.strip_prefix("user="));
            match user {
                Some(user)
                    if request
                        .channels
                        .iter()
                        .all(|channel| channel.as_str().ends_with(user)) =>
                {
                    Ok(Grant::to(user))
                }
                Some(_) => Err(Denied::forbidden("Not yours.")),
                None => Err(Denied::unauthorized("Sign in first.")),
            }
        })
    }
}

#[tokio::test]
async fn a_hook_decides_instead_of_the_rules() {
    let pubsub = pubsub_core::PubSub::builder()
        .without_models()
        .connect()
        .await
        .unwrap();
    let gateway = Gateway::builder(pubsub.clone())
        .access(Cookies)
        .build()
        .unwrap();
    let gateway = Running::serving(pubsub, gateway).await;
    for (cookie, path, status, explain) in [
        ("none=1", "/ev/user-5", 401, "Sign in first."),
        ("user=5", "/ev/user-6", 403, "Not yours."),
        ("user=5", "/ev/global", 403, "Not yours."),
    ] {
        let answer = gateway.get(path, &[("Cookie", cookie)]).await;
        assert_eq!(
            (answer.status, answer.explain()),
            (status, explain),
            "{cookie} {path}"
        );
    }
    let mut stream = gateway.stream("/ev/user-5", &[("Cookie", "user=5")]).await;
    gateway.publish("user-5", "hello").await;
    assert!(stream.event().await.contains("hello"));
    gateway.gateway.revoke(&Revocation::Subject("5".to_owned()));
    assert!(stream.event().await.contains("event: revoked\n"));
}

/// Lets everybody in whom the rules let in, but not before it is told to.
struct Slow(Arc<Semaphore>, Arc<Semaphore>);

impl Access for Slow {
    fn decide<'r>(&'r self, request: AccessRequest<'r>) -> Deciding<'r> {
        Box::pin(async move {
            self.0.add_permits(1);
            self.1.acquire().await.unwrap().forget();
            request.by_rules()
        })
    }
}

#[tokio::test]
async fn what_is_revoked_while_somebody_is_let_in_is_revoked() {
    for by_id in [false, true] {
        for path in ["/ws/user-5", "/ev/user-5", "/sub/user-5", "/lp/user-5"] {
            let (asked, may) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
            let pubsub = pubsub_core::PubSub::builder().without_models();
            let pubsub = pubsub.connect().await.unwrap();
            let builder = Gateway::builder(pubsub.clone())
                .settings(with_key(|_| {}))
                .access(Slow(Arc::clone(&asked), Arc::clone(&may)));
            let gateway = Running::serving(pubsub, builder.build().unwrap()).await;
            let mut claims = Claims::until("ann", within(60)).subscribe("user-5");
            claims.id = Some("t7".to_owned());
            let path = format!("{path}?token={}", token(&claims));
            let mut client = crate::browser::Client::connect(gateway.address).await;
            let handshake = crate::gateway::HANDSHAKE;
            let is_websocket = path.starts_with("/ws");
            let headers = if is_websocket { &handshake[..] } else { &[] };
            client.send("GET", &path, headers, "").await;
            // Its token was looked at, and it waits.
            let seen = support::within(crate::gateway::SOON, asked.acquire()).await;
            seen.unwrap().forget();
            gateway.gateway.revoke(&if by_id {
                Revocation::Id("t7".to_owned())
            } else {
                Revocation::Subject("ann".to_owned())
            });
            may.add_permits(10);
            let head = client.head().await;
            if is_websocket {
                let frame = client.frame().await;
                assert!(matches!(frame, Frame::Close(Some(1008), _)), "{frame:?}");
            } else if path.starts_with("/lp") {
                assert_eq!((head.status, head.explain()), (403, "Access was revoked."));
            } else {
                // It ends, whatever is said last.
                client.rest().await;
            }
        }
    }
}
