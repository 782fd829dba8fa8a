//! The chunked stream and the event stream (contract 2.3.8).

use std::time::Duration;

use crate::browser::Client;
use crate::gateway::{Running, raw, settings};

#[tokio::test]
async fn c_str_1_header_messages_pings_deletion_and_footer() {
    let gateway = Running::with(settings(|settings| {
        settings.stream.message =
            raw("<script>p(~id~,'~channel~','~text~','~event-id~','~time~','~tag~');</script>");
        settings.stream.header = Some("<HDR>".to_owned());
        settings.stream.footer = Some("</FTR>".to_owned());
        settings.stream.ping_interval = Some(Duration::from_millis(100));
    }))
    .await;
    let mut client = Client::connect(gateway.address).await;
    client.send("GET", "/sub/s1", &[], "").await;
    let head = client.head().await;
    assert_eq!(
        (head.status, head.header("transfer-encoding")),
        (200, "chunked")
    );
    assert_eq!(head.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(head.header("expires"), "Thu, 01 Jan 1970 00:00:01 GMT");
    assert_eq!(client.text_until(">").await, "<HDR>");
    let ping = "<script>p(-1,'',' ','','Thu, 01 Jan 1970 00:00:00 GMT','0');</script>";
    assert_eq!(client.text_until("</script>").await, ping);
    gateway.post("/pub?id=s1", &[("Event-Id", "k")], "hi").await;
    let text = client.text_until("</script>").await;
    assert!(
        text.replace(ping, "")
            .starts_with("<script>p(1,'s1','hi','k','"),
        "{text}"
    );
    gateway.ask("DELETE", "/pub?id=s1", &[], "gone!").await;
    let text = client.text_until("</FTR>").await;
    assert!(
        text.ends_with(
            "<script>p(-2,'s1','gone!','','Thu, 01 Jan 1970 00:00:00 GMT','0');</script></FTR>"
        ),
        "{text}"
    );
    assert_eq!(client.chunk().await, None);
    client.closed().await;
}

#[tokio::test]
async fn c_str_2_the_default_is_a_page_for_a_hidden_frame() {
    let gateway = Running::start().await;
    let mut client = gateway
        .stream("/sub/a?streamid=0&_=1&tag=&time=&eventid=", &[])
        .await;
    let page = client.text_until("</script>\n").await;
    assert!(page.contains("parent.PushStream.register"), "{page}");
    gateway.publish("a", "it's </script><b> 100%").await;
    let call = client.text_until("</script>\n").await;
    assert!(
        call.starts_with(
            "<script>p(1,\"a\",\"it\\u0027s \\u003c/script\\u003e\\u003cb\\u003e 100%25\",\"\",\""
        ),
        "{call}"
    );
}

#[tokio::test]
async fn c_str_3_a_connection_lives_as_long_as_it_may() {
    let gateway = Running::with(settings(|settings| {
        for endpoint in [
            &mut settings.stream,
            &mut settings.event_stream,
            &mut settings.websocket,
        ] {
            endpoint.header = None;
            endpoint.footer = Some("bye".to_owned());
            endpoint.connection_ttl = Some(Duration::from_millis(300));
        }
    }))
    .await;
    let mut stream = gateway.stream("/sub/a", &[]).await;
    assert_eq!(stream.text_until("bye").await, "bye");
    stream.closed_after_body().await;
    let mut events = gateway.stream("/ev/a", &[]).await;
    assert!(events.text_until("bye\n").await.ends_with("\n\n: bye\n"));
    events.closed_after_body().await;
    let mut socket = gateway.websocket("/ws/a").await;
    assert_eq!(
        socket.frame().await,
        crate::browser::Frame::Text("bye".to_owned())
    );
    assert_eq!(
        socket.frame().await,
        crate::browser::Frame::Close(None, String::new())
    );
    socket.closed().await;
    let info = gateway.get("/pub?id=a", &[]).await;
    assert!(
        info.text().contains("\"subscribers\": 0"),
        "{}",
        info.text()
    );
}

#[tokio::test]
async fn c_sse_1_a_message_is_an_event_of_its_type() {
    let gateway = Running::with(settings(|settings| {
        settings.event_stream.message = raw("~text~");
    }))
    .await;
    let mut client = Client::connect(gateway.address).await;
    client.send("GET", "/ev/e1", &[], "").await;
    let head = client.head().await;
    assert_eq!(
        head.header("content-type"),
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(head.header("transfer-encoding"), "chunked");
    let headers = [("Event-Id", "42"), ("Event-Type", "upd")];
    gateway.post("/pub?id=e1", &headers, "plain").await;
    let text = client.event().await;
    let (opening, event) = text.split_once("\n\n").unwrap();
    assert!(
        opening.starts_with(": \nid: ") && opening.ends_with("\nretry: 2000"),
        "{opening}"
    );
    assert_eq!(event, "id: 42\nevent: upd\ndata: plain\n\n");
}

#[tokio::test]
async fn c_sse_2_every_line_of_a_text_is_a_line_of_data() {
    let gateway = Running::with(settings(|settings| {
        settings.event_stream.message = raw("[~text~]");
    }))
    .await;
    let mut client = gateway.stream("/ev/e1", &[]).await;
    gateway
        .post(
            "/pub?id=e1",
            &[("Event-Id", "1")],
            "one\r\ntwo\rthree\n\nfour\\nfour",
        )
        .await;
    let event = client.event().await;
    assert!(
        event.ends_with(
            "id: 1\ndata: [one]\ndata: [two]\ndata: [three]\ndata: []\ndata: [four\\nfour]\n\n"
        ),
        "{event}"
    );
}

#[tokio::test]
async fn c_sse_3_an_event_always_has_an_id_to_go_on_from() {
    let gateway = Running::start().await;
    let mut client = gateway.stream("/ev/e1", &[]).await;
    gateway.publish("e1", "one").await;
    gateway.publish("e1", "two").await;
    let first = client.event().await;
    let id = first
        .lines()
        .rfind(|line| line.starts_with("id: "))
        .unwrap();
    let mut again = gateway
        .stream("/ev/e1", &[("Last-Event-ID", &id[4..])])
        .await;
    let event = again.event().await;
    assert!(
        event.contains("\"text\":\"two\"") && !event.contains("one"),
        "{event}"
    );
}

#[tokio::test]
async fn c_sse_4_pings_are_comments_and_templates_too() {
    let gateway = Running::with(settings(|settings| {
        settings.event_stream.ping_interval = Some(Duration::from_millis(50));
        settings.event_stream.header = Some("hello\nthere".to_owned());
    }))
    .await;
    let mut client = gateway.stream("/ev/e1", &[]).await;
    let text = client.text_until(": -1\n").await;
    assert!(text.starts_with(": hello\n: there\nid: "), "{text}");
}

#[tokio::test]
async fn c_sse_5_nobody_writes_events_by_an_id_or_a_type() {
    let gateway = Running::with(settings(|settings| {
        settings.event_stream.message = raw("~text~");
    }))
    .await;
    let mut client = gateway.stream("/ev/e1", &[]).await;
    let xml = "<message xmlns='urn:pubsub:push:1' event-id='1&#xA;data: forged' \
               event-type='x&#xD;&#xA;&#xD;&#xA;data: forged'>real</message>";
    let node = pubsub_core::NodeName::new("e1").unwrap();
    gateway
        .pubsub
        .publish(&node, pubsub_core::Xml(xml))
        .await
        .unwrap();
    let event = client.event().await;
    let data: Vec<_> = event
        .lines()
        .filter(|line| line.starts_with("data:"))
        .collect();
    assert_eq!(data, ["data: real"], "{event}");
}

#[tokio::test]
async fn streams_are_only_read() {
    let gateway = Running::start().await;
    for path in ["/sub/a", "/ev/a", "/lp/a", "/ws/a"] {
        for method in ["POST", "HEAD", "PUT", "DELETE"] {
            let answer = gateway.ask(method, path, &[], "").await;
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, "GET"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn old_clients_are_served_without_chunks() {
    let gateway = Running::with(settings(|settings| {
        settings.event_stream.message = raw("~text~");
    }))
    .await;
    let mut client = Client::connect(gateway.address).await;
    client.write(b"GET /ev/a HTTP/1.0\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!((head.status, head.header("transfer-encoding")), (200, ""));
    gateway.publish("a", "x").await;
    let expected = "data: x\n\n";
    let mut text = String::new();
    while !text.ends_with(expected) {
        text.push(char::from(client.exactly(1).await[0]));
    }
    assert!(text.starts_with(": \n"), "{text}");
}
